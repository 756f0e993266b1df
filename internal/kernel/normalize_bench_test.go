package kernel

import (
	"fmt"
	"slices"
	"testing"
)

// BenchmarkNormalize has each Normalize kernel beside the kernels that it
// stands for, on activations of EfficientNet-B0. Bytes are those that a
// kernel's operands take, not those of the passes between.
func BenchmarkNormalize(b *testing.B) {
	swish := Activation{Kind: SwishActivation}
	relu6 := Activation{Kind: ClipActivation, Hi: 6}
	for _, shape := range [][2]int{{3136, 96}, {784, 144}, {196, 672}} {
		rows, c := shape[0], shape[1]
		x, dy, y := slices.Clone(normals(stream(1), rows*c).data), slices.Clone(normals(stream(2), rows*c).data), make([]float32, rows*c)
		p := make([][]float32, 8)
		for i := range p {
			p[i] = slices.Clone(normals(stream(3+i), c).data)
		}
		u, v := make([]float32, c), make([]float32, c)
		z := make([]float32, rows*c)
		for _, k := range []struct {
			name    string
			tensors int
			run     func()
		}{
			{"sumThenSquares", 1, func() { ChannelSum(u, x, rows, c); ChannelCenteredSquares(v, x, p[0], rows, c) }},
			{"moments", 1, func() { ChannelMoments(u, v, x, p[0], rows, c) }},
			{"swishAlone", 2, func() { Swish(y, x) }},
			{"affineThenSwish", 2, func() { ChannelAffine(y, x, p[0], p[1], rows, c); Swish(y, y) }},
			{"activate-swish", 2, func() { NormalizeActivate(y, x, p[0], p[1], rows, c, swish) }},
			{"activate-relu6", 2, func() { NormalizeActivate(y, x, p[0], p[1], rows, c, relu6) }},
			{"activateScale-swish", 2, func() { NormalizeActivateScale(y, x, p[0], p[1], p[2], rows, c, swish) }},
			{"sum-swish", 1, func() { NormalizeActivateSum(u, x, p[0], p[1], rows, c, swish) }},
			{"dot-swish", 2, func() { NormalizeActivateDot(u, dy, x, p[0], p[1], rows, c, swish) }},
			{"swishBackwardAlone", 3, func() { SwishBackward(y, dy, x) }},
			{"swishBackwardThenDot2", 2, func() { SwishBackward(y, dy, z); ChannelDot2(u, v, y, x, p[0], p[1], rows, c) }},
			{"backwardSums-swish", 2, func() {
				NormalizeActivateBackwardSums(u, v, dy, x, p[0], p[1], p[2], nil, nil, rows, c, swish)
			}},
			{"backwardSums-swishGate", 2, func() {
				NormalizeActivateBackwardSums(u, v, dy, x, p[0], p[1], p[2], p[3], p[4], rows, c, swish)
			}},
			{"backwardSums-relu6", 2, func() {
				NormalizeActivateBackwardSums(u, v, dy, x, p[0], p[1], p[2], nil, nil, rows, c, relu6)
			}},
			{"swishThenBatchNormBackward", 3, func() { SwishBackward(y, dy, z); BatchNormBackward(y, y, x, p[0], p[1], p[2], rows, c) }},
			{"backward-swish", 3, func() {
				NormalizeActivateBackward(y, dy, x, p[0], p[1], p[2], p[3], p[4], nil, nil, rows, c, swish)
			}},
			{"backward-swishGate", 3, func() {
				NormalizeActivateBackward(y, dy, x, p[0], p[1], p[2], p[3], p[4], p[5], p[6], rows, c, swish)
			}},
			{"backward-relu6", 3, func() {
				NormalizeActivateBackward(y, dy, x, p[0], p[1], p[2], p[3], p[4], nil, nil, rows, c, relu6)
			}},
		} {
			benchPaths(b, fmt.Sprintf("%s/%dx%d", k.name, rows, c), 0, k.tensors*4*rows*c, k.run)
		}
	}
}
