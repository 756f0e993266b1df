package pixel

import "fmt"

// GaussianBlur weighs the k x k neighbourhood by [1 2 1]/4 (k = 3) or
// [1 4 6 4 1]/16 (k = 5) in either direction and rounds once, halves upwards.
// Outside the picture it is reflected (cv2.GaussianBlur with sigma 0).
func GaussianBlur(w *Workspace, dst, src *Picture, k int) {
	if k != 3 && k != 5 {
		panic(fmt.Sprintf("pixel: gaussian: kernel of %d", k))
	}
	apart(dst, src, "gaussian")
	dst.Reset(src.Width, src.Height)
	if len(dst.Pix) == 0 {
		return
	}
	t, half := active(), k/2
	down, across := t.gaussianDown3, t.gaussianAcross3
	if k == 5 {
		down, across = t.gaussianDown5, t.gaussianAcross5
	}
	sums := w.filter.sums(half, src.Width)
	ends := newEnds(half, src.Width, reflect101)
	rows := &w.filter.taps
	for y := range src.Height {
		for i := range k {
			rows[i] = src.Row(reflect101(y+i-half, src.Height))
		}
		down(sums[4*half:4*(half+src.Width)], rows)
		fillEnds(sums, &ends)
		across(dst.Row(y), sums)
	}
}

func gaussianDown3Ref(sums []uint16, rows *[5][]uint8) {
	a, b, c := rows[0], rows[1], rows[2]
	for i := range sums {
		sums[i] = uint16(a[i]) + 2*uint16(b[i]) + uint16(c[i])
	}
}

func gaussianDown5Ref(sums []uint16, rows *[5][]uint8) {
	a, b, c, d, e := rows[0], rows[1], rows[2], rows[3], rows[4]
	for i := range sums {
		sums[i] = uint16(a[i]) + uint16(e[i]) + 4*(uint16(b[i])+uint16(d[i])) + 6*uint16(c[i])
	}
}

func gaussianAcross3Ref(dst []uint8, sums []uint16) {
	for i := range dst {
		s := sums[i:]
		dst[i] = uint8((s[0] + 2*s[4] + s[8] + 8) >> 4)
	}
}

// gaussianAcross5Ref: a sum is at most 255*256 + 128 and fits.
func gaussianAcross5Ref(dst []uint8, sums []uint16) {
	for i := range dst {
		s := sums[i:]
		dst[i] = uint8((s[0] + s[16] + 4*(s[4]+s[12]) + 6*s[8] + 128) >> 8)
	}
}
