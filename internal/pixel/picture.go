package pixel

import "fmt"

// Picture is an 8-bit picture of Height rows of Width pixels of four bytes:
// R, G, B and one that means nothing. The zero value is an empty picture.
type Picture struct {
	Pix           []uint8 // 4*Width*Height
	Width, Height int
}

// Reset gives the picture a size. Its pixels are undefined afterwards; memory
// is allocated only where it never was that large. Negative sizes panic.
func (p *Picture) Reset(width, height int) {
	if width < 0 || height < 0 {
		panic(fmt.Sprintf("pixel: picture of %d x %d pixels", width, height))
	}
	n := 4 * width * height
	if cap(p.Pix) < n {
		p.Pix = make([]uint8, n)
	}
	p.Pix, p.Width, p.Height = p.Pix[:n], width, height
}

// Row returns the pixels of row y.
func (p *Picture) Row(y int) []uint8 {
	n := 4 * p.Width
	return p.Pix[y*n : (y+1)*n : (y+1)*n]
}

// Workspace is memory that kernels use again from picture to picture. The
// zero value is ready; it serves one goroutine at a time.
type Workspace struct {
	clahe    claheMemory
	hsv      hsvShift
	filter   filterMemory
	geometry geometryMemory
	resample resampleMemory
	smooth   smoothMemory
}

// Border says what a picture shows outside its edges.
type Border int

// The borders of OpenCV that the kernels know.
const (
	Reflect101 Border = iota // dcb|abcd|cba, as often as needed; of one pixel: that pixel
	Black                    // zeros (BORDER_CONSTANT)
	Replicate                // aaa|abcd|ddd
)

// reflect101 returns the pixel of n that [Reflect101] shows at place i.
func reflect101(i, n int) int {
	if n == 1 {
		return 0
	}
	i = max(i, -i) % (2*n - 2)
	return min(i, 2*n-2-i)
}
