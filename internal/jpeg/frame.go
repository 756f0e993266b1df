package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	blockSize = 8
	// quadBlocks blocks side by side lie together, row by row: coefficient
	// (row, column) of block i is at row*quadRow + i*blockSize + column. A
	// vector then holds the same row of several blocks.
	quadBlocks = 4
	quadRow    = quadBlocks * blockSize
	quadSize   = quadRow * blockSize // coefficients
	// margin lies before, between and behind the rows of a plane. A row's
	// neighbours left and right are written there, so that upsampling knows
	// no edges.
	margin = 32
	// slack is what kernels may write behind the last pixel.
	slack = 128
)

// quad holds the coefficients of quadBlocks blocks.
type quad = [quadSize]int16

// frame is a frame header and what follows from it (ITU-T T.81, A.1, B.2.2).
type frame struct {
	width, height int
	progressive   bool
	components    []component
	store         [4]component
	maxH, maxV    int
	mcus, mcuRows int  // across and down, of interleaved scans
	whole         bool // a sequential frame of one scan: rows are written as they come
}

// component is one colour plane of a frame.
type component struct {
	id, h, v, quantizer int
	width, height       int // samples that stand for pixels
	blocks, blockRows   int // that hold them: those of scans of this component alone
	quads, rows         int // quads across, rows of blocks: with the padding of interleaved scans
	stride              int // of plane
	upsample            upsampling

	quant     [64]int16 // in rows, as it was when the first scan began
	scanned   bool      // a scan has begun, so that quant is set
	precision [64]int8  // by zigzag index: the lowest bit that is known, -1 none (progressive)

	coef   []int16 // quads: one row of MCUs, of progressive files all
	plane  []uint8 // margin, then window rows of samples of stride bytes
	window int     // row y is kept at y modulo window
}

// parse reads a frame header.
func (f *frame) parse(marker byte, b []byte) error {
	if kind := refusedFrames[marker]; kind != "" {
		return fmt.Errorf("a %s JPEG: only baseline, extended and progressive files with Huffman codes are decoded", kind)
	}
	if len(b) < 6 || len(b) < 6+3*int(b[5]) {
		return errors.New("damaged JPEG: the frame header is too short")
	}
	if b[0] != 8 {
		return fmt.Errorf("a JPEG of %d bits a sample: only 8 are decoded", b[0])
	}
	*f = frame{height: int(binary.BigEndian.Uint16(b[1:])), width: int(binary.BigEndian.Uint16(b[3:])), progressive: marker == markerSOF2}
	if f.width == 0 || f.height == 0 {
		return fmt.Errorf("a picture of %d x %d pixels", f.width, f.height)
	}
	if n := b[5]; n != 1 && n != 3 && n != 4 {
		return fmt.Errorf("a JPEG of %d components: only 1, 3 and 4 have a known meaning", n)
	}
	f.components = f.store[:b[5]]
	for i := range f.components {
		c, p := &f.components[i], b[6+3*i:]
		c.id, c.h, c.v, c.quantizer = int(p[0]), int(p[1]>>4), int(p[1]&15), int(p[2])
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.quantizer > 3 {
			return fmt.Errorf("damaged JPEG: component %d has sampling factors %d x %d and quantisation table %d", i, c.h, c.v, c.quantizer)
		}
		for _, other := range f.components[:i] {
			if other.id == c.id {
				return fmt.Errorf("damaged JPEG: two components are number %d", c.id)
			}
		}
	}
	return f.measure()
}

// measure computes the sizes of the components.
func (f *frame) measure() error {
	if len(f.components) == 1 { // its factors mean nothing then
		f.components[0].h, f.components[0].v = 1, 1
	}
	f.maxH, f.maxV = 1, 1
	for i := range f.components {
		f.maxH, f.maxV = max(f.maxH, f.components[i].h), max(f.maxV, f.components[i].v)
	}
	f.mcus, f.mcuRows = ceil(f.width, blockSize*f.maxH), ceil(f.height, blockSize*f.maxV)
	for i := range f.components {
		c := &f.components[i]
		c.width, c.height = ceil(f.width*c.h, f.maxH), ceil(f.height*c.v, f.maxV)
		c.blocks, c.blockRows = ceil(c.width, blockSize), ceil(c.height, blockSize)
		c.quads, c.rows = ceil(f.mcus*c.h, quadBlocks), f.mcuRows*c.v
		c.stride = c.quads*quadRow + margin
		if f.maxH%c.h != 0 || f.maxV%c.v != 0 {
			return fmt.Errorf("a JPEG whose components have %d and %d columns and %d and %d rows: such ratios are not decoded", f.maxH, c.h, f.maxV, c.v)
		}
		c.upsample = chooseUpsampling(f.maxH/c.h, f.maxV/c.v, c.width)
	}
	return nil
}

// plausible refuses a file of so few bytes that its blocks cannot all be
// there: each takes two codes in sequential files, one in progressive ones.
func (f *frame) plausible(bytes int) error {
	blocks := 0
	for i := range f.components {
		blocks += f.components[i].blocks * f.components[i].blockRows
	}
	bits := 2 * blocks
	if f.progressive {
		bits = blocks
	}
	if bits/8 > bytes {
		return ErrTruncated
	}
	return nil
}

// plan decides, once the first scan and its number of components are known,
// how many rows of samples are kept.
func (f *frame) plan(parts int) {
	f.whole = !f.progressive && parts == len(f.components)
	for i := range f.components {
		c := &f.components[i]
		c.window = c.rows * blockSize
		if f.whole { // upsampling looks at the row before an MCU's
			c.window = min(c.window, 2*c.v*blockSize)
		}
	}
}

// memory is what decoding a file of so many bytes allocates at most.
func (f *frame) memory(bytes int) int64 {
	total := int64(bytes) + segmentSlack + int64(f.width)*int64(f.height)*4 + slack
	for i := range f.components {
		c := &f.components[i]
		total += c.planeSize() + 2*c.coefficients(f.progressive) + int64(c.stride)*int64(f.maxH)
	}
	return total
}

func (c *component) planeSize() int64 {
	return margin + int64(c.stride)*int64(c.window)
}

// coefficients is the length of coef.
func (c *component) coefficients(progressive bool) int64 {
	rows := c.v
	if progressive {
		rows = c.rows
	}
	return int64(rows) * int64(c.quads) * quadSize
}

// row returns sample row y: its samples, with one neighbour before and what
// lies behind up to the next row's neighbour.
func (c *component) row(y int) []uint8 {
	at := margin + y%c.window*c.stride
	return c.plane[at-1 : at+c.stride-1]
}

// block returns the quad and the lane offset of a block; row counts from the
// first that coef holds.
func (c *component) block(row, column int) (*quad, uint8) {
	at := (row*c.quads + column/quadBlocks) * quadSize
	return (*quad)(c.coef[at : at+quadSize]), uint8(column % quadBlocks * blockSize)
}

func ceil(a, b int) int { return (a + b - 1) / b }

// grow returns a slice of n elements, which are undefined.
func grow[T any](s []T, n int64) []T {
	if int64(cap(s)) < n {
		return make([]T, n)
	}
	return s[:n]
}
