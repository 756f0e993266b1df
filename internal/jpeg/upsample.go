package jpeg

// upsampling is how a component's samples become those of all pixels.
type upsampling struct {
	kind         upsamplingKind
	across, down int // pixels a sample
}

type upsamplingKind int

// Ways of upsampling. The filters weigh the nearer sample 3/4 and the farther
// 1/4, in each direction that is halved; libjpeg calls that "fancy".
const (
	full       upsamplingKind = iota // as many samples as pixels
	replicated                       // each sample several times
	halfAcross                       // 4:2:2
	halfDown                         // 4:4:0
	halfBoth                         // 4:2:0
)

// chooseUpsampling is libjpeg's choice: too narrow components are replicated.
func chooseUpsampling(across, down, width int) upsampling {
	u := upsampling{replicated, across, down}
	switch {
	case across == 1 && down == 1:
		u.kind = full
	case across == 2 && down == 1 && width > 2:
		u.kind = halfAcross
	case across == 1 && down == 2:
		u.kind = halfDown
	case across == 2 && down == 2 && width > 2:
		u.kind = halfBoth
	}
	return u
}

// pixels returns row y of a component with a sample for every pixel. It uses
// buffer where that is not a row of the plane.
func (d *Decoder) pixels(c *component, y int, buffer []uint8) []uint8 {
	switch u := c.upsample; u.kind {
	case full:
		return c.row(y)[1:]
	case halfAcross:
		d.kernel.doubleAcross(buffer, c.row(y), c.width)
	case halfDown:
		d.kernel.doubleDown(buffer, c.row(y / 2)[1:], c.row(c.beside(y))[1:], c.width, 1+y%2)
	case halfBoth:
		d.kernel.doubleBoth(buffer, c.row(y/2), c.row(c.beside(y)), c.width)
	case replicated:
		row := c.row(y / u.down)[1:]
		for i := range c.width {
			for j := range u.across {
				buffer[i*u.across+j] = row[i]
			}
		}
	}
	return buffer
}

// beside is the farther of the two sample rows next to pixel row y, in a
// component of half as many rows.
func (c *component) beside(y int) int {
	return min(max(y/2-1+y%2*2, 0), c.height-1)
}

// doubleAcrossRef filters a row whose sample i is at src[i+1]; one more lies
// at each end. Vectors write up to margin bytes more than 2n.
func doubleAcrossRef(dst, src []uint8, n int) {
	dst, src = dst[:2*n], src[:n+2]
	for i := range n {
		v := 3 * int(src[i+1])
		dst[2*i] = uint8((v + int(src[i]) + 1) >> 2)
		dst[2*i+1] = uint8((v + int(src[i+2]) + 2) >> 2)
	}
}

// doubleDownRef filters two rows; bias is 1 where far lies above, else 2.
func doubleDownRef(dst, near, far []uint8, n, bias int) {
	dst, near, far = dst[:n], near[:n], far[:n]
	for i := range dst {
		dst[i] = uint8((3*int(near[i]) + int(far[i]) + bias) >> 2)
	}
}

// doubleBothRef filters two rows whose sample i is at index i+1.
func doubleBothRef(dst, near, far []uint8, n int) {
	dst, near, far = dst[:2*n], near[:n+2], far[:n+2]
	before, here := 3*int(near[0])+int(far[0]), 3*int(near[1])+int(far[1])
	for i := range n {
		after := 3*int(near[i+2]) + int(far[i+2])
		dst[2*i] = uint8((3*here + before + 8) >> 4)
		dst[2*i+1] = uint8((3*here + after + 7) >> 4)
		before, here = here, after
	}
}
