package report

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
)

// EncodeThumbnail shrinks an RGB image (row-major, three bytes a pixel) until
// its longer side is at most edge pixels and returns it as a JPEG. Each pixel
// is the mean of the source pixels that it covers, in whole numbers, so that
// the bytes are the same everywhere; a smaller image keeps its size.
func EncodeThumbnail(pix []uint8, width, height, edge int) ([]byte, error) {
	if width < 1 || height < 1 || edge < 1 || len(pix) != 3*width*height {
		return nil, fmt.Errorf("report: thumbnail of %d bytes as %d x %d with edge %d", len(pix), width, height, edge)
	}
	w, h := width, height
	if longer := max(width, height); longer > edge {
		w, h = max(1, width*edge/longer), max(1, height*edge/longer)
	}
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			at := small.PixOffset(x, y)
			for c := range 3 {
				small.Pix[at+c] = blockMean(pix, width, c, x*width/w, (x+1)*width/w, y*height/h, (y+1)*height/h)
			}
			small.Pix[at+3] = 255
		}
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, small, &jpeg.Options{Quality: 85}); err != nil {
		return nil, fmt.Errorf("report: encode a thumbnail: %w", err)
	}
	return buf.Bytes(), nil
}

// blockMean is the rounded mean of one channel over x0 <= x < x1, y0 <= y < y1.
func blockMean(pix []uint8, width, channel, x0, x1, y0, y1 int) uint8 {
	sum, n := 0, (x1-x0)*(y1-y0)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			sum += int(pix[3*(y*width+x)+channel])
		}
	}
	return uint8((sum + n/2) / n)
}
