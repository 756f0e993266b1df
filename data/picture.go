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
	size   int
	memory *budget
	kept   sync.Pool // of *decoding
}

// decoding is memory that is used again from file to file.
type decoding struct {
	jpeg    jpeg.Decoder
	resized augment.Resampler
}

// decodeMemory bounds the bytes of pictures being decoded at any time. One of
// 24 million pixels, the largest of ISIC 2020, takes 100 to 300 MiB.
const decodeMemory = 384 << 20

// keptMemory is the most that the decoding of a file may need for its memory
// to be kept for the next. Large files are rare, and what is kept belongs to
// no budget.
const keptMemory = 16 << 20

// NewDecoder returns a decoder to pictures of size x size pixels; 0 leaves
// each as large as it is.
func NewDecoder(size int) *Decoder {
	return &Decoder{size: size, memory: newBudget(decodeMemory), kept: sync.Pool{New: func() any { return new(decoding) }}}
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
func (d *Decoder) Decode(ctx context.Context, content []byte) (Picture, error) {
	kept := d.kept.Get().(*decoding)
	defer d.kept.Put(kept)
	return d.decode(ctx, kept, nil, content)
}

// decode is Decode into memory that the picture then has, if it is large
// enough.
func (d *Decoder) decode(ctx context.Context, kept *decoding, memory []uint8, content []byte) (p Picture, err error) {
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
	if h.cost > keptMemory {
		kept = new(decoding)
	}
	im, err := kept.decode(ctx, content, h)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return p, err
	}
	p = Picture{Image: augment.Image{Width: d.size, Height: d.size}, SourceWidth: h.width, SourceHeight: h.height, File: content}
	if d.size == 0 {
		p.Image.Width, p.Image.Height = im.Width, im.Height
	}
	n := 3 * p.Image.Width * p.Image.Height
	p.Image.Pix = slices.Grow(memory[:0], n)[:n]
	kept.resized.Resize(p.Image.Pix, p.Image.Width, p.Image.Height, im.Pix, im.Width, im.Height)
	return p, nil
}

// decode returns a picture, upright, that may lie in k's memory.
func (k *decoding) decode(ctx context.Context, content []byte, h header) (augment.Image, error) {
	if h.png {
		src, err := png.Decode(&cancellable{ctx, bytes.NewReader(content)})
		if err != nil {
			return augment.Image{}, err
		}
		return augment.FromImage(src), nil
	}
	if h.orientation == 1 {
		pix, width, height, err := k.jpeg.RGB(ctx, content)
		return augment.Image{Pix: pix, Width: width, Height: height}, err
	}
	src, err := k.jpeg.NRGBA(ctx, content)
	if err != nil {
		return augment.Image{}, err
	}
	return augment.FromImage(orient(src, h.orientation)), nil
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
	b.mu.Lock()
	now := b.free >= n && ctx.Err() == nil
	if now {
		b.free -= n
	}
	b.mu.Unlock()
	if now {
		return nil
	}
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
