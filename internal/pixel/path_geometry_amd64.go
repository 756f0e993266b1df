//go:build amd64 && !noasm

package pixel

var (
	geometryAVX2 = geometryKernels{
		taps: [...]tapsKernel{
			Reflect101: tapsReflectAVX2,
			Black:      tapsBlackAVX2,
			Replicate:  tapsReplicateAVX2,
		},
		blend:       blendAVX2,
		affineRow:   affineRowAVX2,
		mapRow:      mapRowAVX2,
		distortRow:  distortRowAVX2,
		resizeRow:   resizeRowAVX2,
		resizeBlend: resizeBlendAVX2,
		halveRow:    halveRowAVX2,
		pixels:      8,
	}
	geometryAVX512 = geometryKernels{
		taps: [...]tapsKernel{
			Reflect101: tapsReflectAVX512,
			Black:      tapsBlackAVX512,
			Replicate:  tapsReplicateAVX512,
		},
		blend:       blendAVX512,
		blendNear:   blendNearAVX512,
		affineRow:   affineRowAVX512,
		mapRow:      mapRowAVX512,
		distortRow:  distortRowAVX512,
		resizeRow:   resizeRowAVX512,
		resizeNear:  resizeRowNearAVX512,
		resizeBlend: resizeBlendAVX512,
		halveRow:    halveRowAVX512,
		pixels:      16,
	}
)

type tapsKernel func(offsets, weights *uint32, x, y *int32, n, width, height, limitX, limitY int) uint32

// geometryKernels are a path's functions in assembly; see
// sample_stubs_amd64.go and resize_stubs_amd64.go.
type geometryKernels struct {
	taps        [Replicate + 1]tapsKernel
	blend       func(dst, src *uint8, stride int, offsets, weights *uint32, rowWeights uint32, n int)
	blendNear   func(dst, src *uint8, stride int, bases, offsets, weights *uint32, rowWeights uint32, n int) // may be nil
	affineRow   func(x, y, columnX, columnY []int32, rowX, rowY int32)
	mapRow      func(x []int32, m []float32)
	distortRow  func(x, y *int32, dx, dx2 *float64, n int, k, left, dy, dy2, top float64)
	resizeRow   func(dst *int16, src *uint8, offsets, weights *uint32, n int)
	resizeNear  func(dst *int16, src *uint8, bases, offsets, weights *uint32, n int) // may be nil
	resizeBlend func(dst *uint8, upper, lower *int16, a, b int16, n int)
	halveRow    func(dst, upper, lower *uint8, vectors int)
	pixels      int // of a vector
}

func (k *geometryKernels) table() geometryTable {
	return geometryTable{
		sample:          k.sampleRow,
		sampleSeparable: k.samplePicture,
		affineRow:       k.affineRow,
		mapRow:          k.mapRow,
		distortRow:      k.distort,
		resizeRow:       k.scaleRow,
		resizeBlend: func(dst []uint8, upper, lower []int16, a, b int16) {
			k.resizeBlend(&dst[0], &upper[0], &lower[0], a, b, len(dst)/4)
		},
		halveRow: k.halve,
	}
}

// sampleRow leaves to the reference what the kernels cannot do: pictures of
// one column or row, and reflections beyond the third.
func (k *geometryKernels) sampleRow(g *geometryMemory, dst []uint8, src *Picture, x, y []int32, border Border) {
	g.offsets, g.weights = grown(g.offsets, len(x)), grown(g.weights, len(x))
	if !k.setTaps(g.offsets, g.weights, src, x, y, border) {
		sampleRef(g, dst, src, x, y, border)
		return
	}
	k.blend(&dst[0], &src.Pix[0], 4*src.Width, &g.offsets[0], &g.weights[0], 0, len(x))
}

// setTaps computes the taps of len(x) > 0 places. It returns false where it
// cannot.
func (k *geometryKernels) setTaps(offsets, weights []uint32, src *Picture, x, y []int32, border Border) bool {
	if min(src.Width, src.Height) < 2 {
		return false
	}
	far := k.taps[border](&offsets[0], &weights[0], &x[0], &y[0], len(x), src.Width, src.Height, reflectLimit(src.Width), reflectLimit(src.Height))
	return far == 0
}

// reflectLimit is how far from zero a coordinate may lie so that it is inside
// n places after three reflections, and not cut to 16 bits.
func reflectLimit(n int) int { return min(3*steps*(n-1), 1<<(15+stepBits)-1) }

// samplePicture computes the columns' taps once: as those of a row at the
// source's first, whose weights are then taken away.
func (k *geometryKernels) samplePicture(g *geometryMemory, dst, src *Picture, x, y []int32, border Border) {
	if len(x)*len(y) == 0 {
		return
	}
	g.offsets, g.weights = grown(g.offsets, len(x)), grown(g.weights, len(x))
	g.rowOffsets, g.rowWeights = grown(g.rowOffsets, len(y)), grown(g.rowWeights, len(y))
	g.columnX = grown(g.columnX, max(len(x), len(y)))
	zeros := g.columnX
	clear(zeros)
	if !k.setTaps(g.offsets, g.weights, src, x, zeros[:len(x)], border) || !k.setTaps(g.rowOffsets, g.rowWeights, src, zeros[:len(y)], y, border) {
		sampleSeparableRef(g, dst, src, x, y, border)
		return
	}
	for i := range g.weights {
		g.weights[i] &= 0xffff
	}
	g.setBases(src.Width)
	for j, offset := range g.rowOffsets {
		to, from, stride, weights := &dst.Row(j)[0], &src.Pix[4*offset], 4*src.Width, g.rowWeights[j]&^0xffff
		if k.blendNear != nil && len(g.bases) > 0 {
			k.blendNear(to, from, stride, &g.bases[0], &g.offsets[0], &g.weights[0], weights, len(x))
			continue
		}
		k.blend(to, from, stride, &g.offsets[0], &g.weights[0], weights, len(x))
	}
}

func (k *geometryKernels) distort(x, y []int32, d *distortion, row int) {
	dy, dy2 := d.row(row)
	k.distortRow(&x[0], &y[0], &d.dx[0], &d.dx2[0], len(x), d.k, d.left, dy, dy2, d.top)
}

func (k *geometryKernels) scaleRow(g *geometryMemory, dst []int16, src []uint8) {
	if k.resizeNear != nil && len(g.bases) > 0 {
		k.resizeNear(&dst[0], &src[0], &g.bases[0], &g.offsets[0], &g.weights[0], len(g.offsets))
		return
	}
	k.resizeRow(&dst[0], &src[0], &g.offsets[0], &g.weights[0], len(g.offsets))
}

// halve leaves the pixels behind the last whole vector to the reference.
func (k *geometryKernels) halve(dst, upper, lower []uint8) {
	vectors := len(dst) / 4 / k.pixels
	whole := 4 * k.pixels * vectors
	if vectors > 0 {
		k.halveRow(&dst[0], &upper[0], &lower[0], vectors)
	}
	halveRowRef(dst[whole:], upper[2*whole:], lower[2*whole:])
}
