package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/disintegration/imaging"

	"melanoma/augment"
	"melanoma/internal/jpeg"
)

// Picture is an image file as the networks see it.
type Picture struct {
	Image                     augment.Image // Size x Size
	SourceWidth, SourceHeight int           // in the file, before its EXIF orientation
	File                      []byte        // its content
}

// Decoder turns image files into pictures, the same way for ingest and for
// new images. It is safe for concurrent use: the pictures being decoded at
// any time fit its memory together.
type Decoder struct {
	size     int
	memory   *budget
	decoders sync.Pool // of *jpeg.Decoder
}

// decodeMemory bounds the bytes of pictures being decoded at any time. One of
// 24 million pixels, the largest of ISIC 2020, takes 40 to 200 MiB.
const decodeMemory = 384 << 20

// keptMemory is the most that the decoding of a JPEG file may need for its
// memory to be kept for the next.
const keptMemory = 16 << 20

// NewDecoder returns a decoder to pictures of size x size pixels; 0 leaves
// each as large as it is.
func NewDecoder(size int) *Decoder {
	return &Decoder{size: size, memory: newBudget(decodeMemory), decoders: sync.Pool{New: func() any { return new(jpeg.Decoder) }}}
}

// File decodes a JPEG or PNG file: the type is read from its first bytes, its
// EXIF orientation is applied, and it is resized by [augment.Resize] whatever
// its shape. Errors say what is wrong with the file without its name.
func (d *Decoder) File(ctx context.Context, path string) (Picture, error) {
	f, err := os.Open(path)
	if err != nil {
		return Picture{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Picture{}, err
	}
	if !info.Mode().IsRegular() {
		return Picture{}, errors.New("not a regular file")
	}
	if err := d.memory.fits(info.Size()); err != nil {
		return Picture{}, err
	}
	if err := d.memory.acquire(ctx, info.Size()); err != nil {
		return Picture{}, err
	}
	content, err := io.ReadAll(io.LimitReader(f, info.Size()))
	d.memory.release(info.Size())
	if err != nil {
		return Picture{}, err
	}
	return d.Decode(ctx, content)
}

// Decode decodes the content of a file; see [Decoder.File]. The picture keeps
// the content. A cancelled ctx ends it before the file is read to its end.
func (d *Decoder) Decode(ctx context.Context, content []byte) (p Picture, err error) {
	h, err := readHeader(content)
	if err != nil {
		return p, err
	}
	if err := d.memory.fits(h.cost); err != nil {
		return p, fmt.Errorf("%d x %d pixels: %w", h.width, h.height, err)
	}
	if err := d.memory.acquire(ctx, h.cost); err != nil {
		return p, err
	}
	defer d.memory.release(h.cost)
	defer func() {
		if r := recover(); r != nil { // of a decoder, on a file that was made to break it
			err = fmt.Errorf("cannot be decoded: %v", r)
		}
	}()
	p = Picture{SourceWidth: h.width, SourceHeight: h.height, File: content}
	if h.png {
		p.Image, err = d.png(ctx, content)
	} else {
		p.Image, err = d.jpeg(ctx, content, h)
	}
	return p, err
}

func (d *Decoder) png(ctx context.Context, content []byte) (augment.Image, error) {
	src, err := png.Decode(&cancellable{ctx, bytes.NewReader(content)})
	if err != nil {
		return augment.Image{}, err
	}
	if err := ctx.Err(); err != nil {
		return augment.Image{}, err
	}
	return d.resize(src), nil
}

// jpeg decodes with memory of an earlier file. That of large files is not
// kept: they are rare, and it belongs to no budget.
func (d *Decoder) jpeg(ctx context.Context, content []byte, h header) (augment.Image, error) {
	decoder := d.decoders.Get().(*jpeg.Decoder)
	if h.cost <= keptMemory {
		defer d.decoders.Put(decoder)
	}
	if h.orientation == 1 && (d.size == 0 || h.width == d.size && h.height == d.size) {
		pix, width, height, err := decoder.RGB(ctx, content)
		return augment.Image{Pix: slices.Clone(pix), Width: width, Height: height}, err
	}
	src, err := decoder.NRGBA(ctx, content)
	if err != nil {
		return augment.Image{}, err
	}
	return d.resize(orient(src, h.orientation)), nil
}

// cancellable reads until its context ends: decoders read in small pieces.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancellable) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}

// orient turns a picture upright (EXIF 2.32, table 6).
func orient(im image.Image, orientation int) image.Image {
	switch orientation {
	case 2:
		return imaging.FlipH(im)
	case 3:
		return imaging.Rotate180(im)
	case 4:
		return imaging.FlipV(im)
	case 5:
		return imaging.Transpose(im)
	case 6:
		return imaging.Rotate270(im)
	case 7:
		return imaging.Transverse(im)
	case 8:
		return imaging.Rotate90(im)
	}
	return im
}

// resize is augment.Resize of augment.FromImage(im) to the decoder's size.
// For a picture without alpha it saves the two full-size copies of that, with
// the same result; a test compares the two.
func (d *Decoder) resize(im image.Image) augment.Image {
	b := im.Bounds()
	if d.size == 0 || b.Dx() == d.size && b.Dy() == d.size {
		return augment.FromImage(im)
	}
	if opaque, ok := im.(interface{ Opaque() bool }); !ok || !opaque.Opaque() {
		return augment.Resize(augment.FromImage(im), d.size, d.size)
	}
	return augment.FromImage(imaging.Resize(im, d.size, d.size, imaging.Linear))
}

// budget is a number of bytes that goroutines share.
type budget struct {
	mu    sync.Mutex
	freed *sync.Cond
	free  int64
	total int64
}

func newBudget(bytes int64) *budget {
	b := &budget{free: bytes, total: bytes}
	b.freed = sync.NewCond(&b.mu)
	return b
}

// fits reports what could never be acquired.
func (b *budget) fits(n int64) error {
	if n > b.total {
		return fmt.Errorf("too large: decoding takes %d MiB, and %d is the most", n>>20, b.total>>20)
	}
	return nil
}

// acquire waits for n bytes.
func (b *budget) acquire(ctx context.Context, n int64) error {
	stop := context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.freed.Broadcast()
	})
	defer stop()
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.free < n && ctx.Err() == nil {
		b.freed.Wait()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b.free -= n
	return nil
}

func (b *budget) release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
	b.freed.Broadcast()
}
