package augment

import (
	"fmt"
	"image"

	"github.com/disintegration/imaging"
)

// Image is an 8-bit RGB picture: Pix holds Height rows of Width pixels of
// three bytes (R, G, B), without padding.
type Image struct {
	Pix    []uint8
	Width  int
	Height int
}

// NewImage returns a black picture. Negative sizes panic.
func NewImage(width, height int) Image {
	if width < 0 || height < 0 {
		panic(fmt.Sprintf("augment: image of %dx%d pixels", width, height))
	}
	return Image{Pix: make([]uint8, 3*width*height), Width: width, Height: height}
}

// FromImage copies any decoded picture into an Image: colours are taken
// without alpha premultiplication and the alpha channel is dropped.
func FromImage(src image.Image) Image {
	if im, ok := src.(*image.NRGBA); ok {
		return fromNRGBA(im)
	}
	return fromNRGBA(imaging.Clone(src))
}

// Resize returns the picture at width x height pixels, as a [Resampler]
// makes it. A picture of that size already is copied unchanged. Sizes below 1
// panic.
func Resize(im Image, width, height int) Image {
	im.check()
	out := NewImage(width, height)
	new(Resampler).Resize(out.Pix, width, height, im.Pix, im.Width, im.Height)
	return out
}

func (im Image) check() {
	if im.Width < 0 || im.Height < 0 || len(im.Pix) != 3*im.Width*im.Height {
		panic(fmt.Sprintf("augment: image of %dx%d pixels holds %d bytes", im.Width, im.Height, len(im.Pix)))
	}
}

func fromNRGBA(src *image.NRGBA) Image {
	out := NewImage(src.Rect.Dx(), src.Rect.Dy())
	for y := range out.Height {
		row := src.Pix[y*src.Stride:]
		dst := out.Pix[3*y*out.Width:][:3*out.Width]
		for i, j := 0, 0; i < len(dst); i, j = i+3, j+4 {
			dst[i], dst[i+1], dst[i+2] = row[j], row[j+1], row[j+2]
		}
	}
	return out
}
