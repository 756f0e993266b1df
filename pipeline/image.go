package pipeline

import (
	"image"

	"melanoma/augment"
)

// ToRGBA copies a picture into the standard library's form, to encode it.
func ToRGBA(im augment.Image) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, im.Width, im.Height))
	for i := range im.Width * im.Height {
		copy(out.Pix[4*i:], im.Pix[3*i:3*i+3])
		out.Pix[4*i+3] = 255
	}
	return out
}
