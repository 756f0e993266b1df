package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"sync"

	"github.com/disintegration/imaging"

	"melanoma/augment"
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
}

// decodeMemory bounds the bytes of pictures being decoded at any time. One of
// 24 million pixels, the largest of ISIC 2020, takes 40 to 200 MiB.
const decodeMemory = 384 << 20

// NewDecoder returns a decoder to pictures of size x size pixels.
func NewDecoder(size int) *Decoder {
	return &Decoder{size: size, memory: newBudget(decodeMemory)}
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
	var src image.Image
	if h.png {
		src, err = png.Decode(&cancellable{ctx, bytes.NewReader(content)})
	} else {
		src, err = jpeg.Decode(&cancellable{ctx, bytes.NewReader(content)})
	}
	if err != nil {
		return p, err
	}
	src = standard(src)
	if err := ctx.Err(); err != nil {
		return p, err
	}
	return Picture{Image: resize(orient(src, h.orientation), d.size), SourceWidth: h.width, SourceHeight: h.height, File: content}, nil
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

// standard converts the rare chroma subsamplings that imaging reads wrongly.
func standard(im image.Image) image.Image {
	y, ok := im.(*image.YCbCr)
	if !ok || y.SubsampleRatio != image.YCbCrSubsampleRatio411 && y.SubsampleRatio != image.YCbCrSubsampleRatio410 {
		return im
	}
	out := image.NewRGBA(im.Bounds())
	draw.Draw(out, out.Bounds(), im, im.Bounds().Min, draw.Src)
	return out
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

// resize is augment.Resize(augment.FromImage(im), size, size). For a picture
// without alpha it saves the two full-size copies of that, with the same
// result; a test compares the two.
func resize(im image.Image, size int) augment.Image {
	b := im.Bounds()
	opaque, ok := im.(interface{ Opaque() bool })
	if !ok || !opaque.Opaque() || b.Dx() == size && b.Dy() == size {
		return augment.Resize(augment.FromImage(im), size, size)
	}
	return augment.FromImage(imaging.Resize(im, size, size, imaging.Linear))
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
