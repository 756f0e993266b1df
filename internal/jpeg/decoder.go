package jpeg

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
)

// Decoder decodes files one after the other and uses its memory again. The
// zero value is ready; it serves one goroutine at a time.
type Decoder struct {
	frame      frame
	tables     [2][4]huffman // by class: DC, AC
	known      [2]uint8      // tables that this file has defined, a bit each
	quantizers [4][64]int16  // in rows
	quantizing uint8         // those that this file has defined, a bit each
	interval   int           // MCUs between restart markers, 0: none
	jfif       bool
	adobe      int // colour transform of the Adobe segment, -1: no such segment

	ctx     context.Context
	pixel   int // bytes
	bits    bitReader
	scan    scan
	kernel  *table
	pix     []uint8
	written int // rows of pix
	memory  [4]memory
}

// memory is what a component uses, kept from file to file.
type memory struct {
	plane []uint8
	coef  []int16
	row   []uint8 // upsampled
}

// RGB decodes a file as it is stored: its EXIF orientation is not applied.
// The pixels are three bytes each, R, G, B, row by row; they are the
// decoder's and last until it is used again. A cancelled ctx ends it within a
// few rows.
func (d *Decoder) RGB(ctx context.Context, content []byte) (pix []uint8, width, height int, err error) {
	if err = d.decode(ctx, content, 3); err != nil {
		return nil, 0, 0, err
	}
	return d.pix, d.frame.width, d.frame.height, nil
}

// NRGBA does the same with a fourth byte of 255.
func (d *Decoder) NRGBA(ctx context.Context, content []byte) (*image.NRGBA, error) {
	if err := d.decode(ctx, content, 4); err != nil {
		return nil, err
	}
	return &image.NRGBA{Pix: d.pix, Stride: 4 * d.frame.width, Rect: image.Rect(0, 0, d.frame.width, d.frame.height)}, nil
}

// decode reads the segments of a file and fills pix.
func (d *Decoder) decode(ctx context.Context, content []byte, pixel int) error {
	if len(content) < 2 || content[0] != 0xff || content[1] != markerSOI {
		return errors.New("no JPEG: it does not start with FF D8")
	}
	d.ctx, d.pixel = ctx, pixel
	defer func() { d.ctx = nil }()
	d.frame.components, d.known, d.quantizing, d.interval, d.jfif, d.adobe = nil, [2]uint8{}, 0, 0, false, -1
	d.kernel = active()
	for pos := 2; ; {
		marker, body, end, err := next(content, pos)
		if errors.Is(err, ErrTruncated) && pos == len(content) && d.finished() { // libjpeg takes that for an end
			marker, err = markerEOI, nil
		}
		if err != nil {
			return err
		}
		if marker == markerEOI {
			return d.finish()
		}
		if marker == markerSOS {
			end, err = d.readScan(content, body, end)
		} else {
			err = d.readSegment(marker, body, len(content))
		}
		if err != nil {
			return err
		}
		if pos = end; marker == markerSOS && !d.frame.progressive && d.finished() {
			return d.finish()
		}
	}
}

// readSegment reads any segment but a scan.
func (d *Decoder) readSegment(marker byte, b []byte, size int) error {
	switch {
	case marker == markerDHT:
		return d.readHuffman(b)
	case marker == markerDQT:
		return d.readQuantizers(b)
	case marker == markerDRI:
		if len(b) != 2 {
			return errors.New("damaged JPEG: a restart interval of another size than two bytes")
		}
		d.interval = int(binary.BigEndian.Uint16(b))
	case marker == markerAPP0:
		d.jfif = d.jfif || len(b) >= 12 && string(b[:5]) == "JFIF\x00"
	case marker == markerAPP14:
		if len(b) >= 12 && string(b[:5]) == "Adobe" {
			d.adobe = int(b[11])
		}
	case isFrame(marker):
		return d.readFrame(marker, b, size)
	}
	return nil
}

// readFrame reads the frame header.
func (d *Decoder) readFrame(marker byte, b []byte, size int) error {
	if d.frame.components != nil {
		return errors.New("damaged JPEG: two frame headers")
	}
	if err := d.frame.parse(marker, b); err != nil {
		return err
	}
	return d.frame.plausible(size)
}

// makeRoom allocates for the picture when its first scan begins.
func (d *Decoder) makeRoom(parts int) {
	f := &d.frame
	f.plan(parts)
	for i := range f.components {
		c, m := &f.components[i], &d.memory[i]
		m.plane = grow(m.plane, c.planeSize())
		m.coef = grow(m.coef, c.coefficients(f.progressive))
		m.row = grow(m.row, int64(c.stride)*int64(f.maxH))
		clear(m.coef)
		c.plane, c.coef = m.plane, m.coef
		for k := range c.precision {
			c.precision[k] = -1
		}
	}
	n := int64(f.width) * int64(f.height) * int64(d.pixel)
	d.pix = grow(d.pix, n+slack)[:n]
	d.written = 0
}

// readQuantizers reads a DQT segment (T.81, B.2.4.1).
func (d *Decoder) readQuantizers(b []byte) error {
	for len(b) > 0 {
		size, number := 1+int(b[0]>>4), b[0]&15
		if size > 2 || number > 3 || len(b) < 1+64*size {
			return fmt.Errorf("damaged JPEG: quantisation table %d of %d bytes a number", number, size)
		}
		q := &d.quantizers[number]
		for k := range 64 {
			if size == 1 {
				q[natural(k)] = int16(b[1+k])
			} else {
				q[natural(k)] = int16(binary.BigEndian.Uint16(b[1+2*k:]))
			}
		}
		d.quantizing |= 1 << number
		b = b[1+64*size:]
	}
	return nil
}

// finished reports whether every coefficient of the picture is known.
func (d *Decoder) finished() bool {
	if d.frame.components == nil {
		return false
	}
	for i := range d.frame.components {
		for _, bit := range d.frame.components[i].precision {
			if bit != 0 {
				return false
			}
		}
	}
	return true
}

// finish returns the picture once the last scan has been read. libjpeg
// guesses the coefficients 1 to 9 where a progressive file leaves them open
// ("block smoothing"); we refuse such files.
func (d *Decoder) finish() error {
	f := &d.frame
	if f.components == nil {
		return errors.New("damaged JPEG: no frame header")
	}
	for i := range f.components {
		c := &f.components[i]
		if !c.scanned {
			return fmt.Errorf("damaged JPEG: no scan of component %d", i)
		}
		for k, bit := range c.precision[:10] {
			if bit != 0 {
				return fmt.Errorf("a progressive JPEG without its last scans: coefficient %d of component %d is not complete", k, i)
			}
		}
	}
	if f.progressive {
		d.complete()
	}
	return d.output(f.mcuRows)
}
