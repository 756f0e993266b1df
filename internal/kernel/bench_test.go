package kernel

import (
	"fmt"
	"slices"
	"testing"
)

// benchPaths runs a benchmark on every path and reports GFLOP/s of it.
func benchPaths(b *testing.B, name string, flop, bytes int, f func()) {
	for _, path := range Available() {
		b.Run(name+"/"+path, func(b *testing.B) {
			restore, err := Use(path)
			if err != nil {
				b.Fatal(err)
			}
			defer restore()
			b.SetBytes(int64(bytes))
			for b.Loop() {
				f()
			}
			b.ReportMetric(float64(flop)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

// The pointwise convolutions of EfficientNet-B0 at 224 px: rows, input and
// output channels.
var pointwise = [][3]int{
	{12544, 16, 96}, {12544, 96, 32}, {3136, 144, 24}, {3136, 32, 160}, {784, 256, 64}, {196, 96, 480}, {196, 672, 128}, {49, 192, 1152}, {49, 320, 1280},
}

func BenchmarkGemmPacked(b *testing.B) {
	for _, s := range pointwise {
		m, k, n := s[0], s[1], s[2]
		a, c := slices.Clone(normals(stream(1), m*k).data), make([]float32, m*n)
		packed := make([]float32, PackedLen(k, n))
		PackB(packed, normals(stream(2), k*n).data, k, n, n)
		benchPaths(b, fmt.Sprintf("%dx%dx%d", m, k, n), 2*m*n*k, 4*(m*k+m*n), func() {
			GemmPacked(c, n, a, k, packed, m, n, k, false)
		})
	}
}

// BenchmarkGemmBF16 has the shapes of BenchmarkGemmPacked, with A as bfloat16.
func BenchmarkGemmBF16(b *testing.B) {
	for _, s := range pointwise {
		m, k, n := s[0], s[1], s[2]
		a, c := make([]BFloat16, m*k), make([]float32, m*n)
		ToBFloat16(a, normals(stream(1), m*k).data)
		packed := make([]BFloat16, PackedBF16Len(k, n))
		PackBF16T(packed, normals(stream(2), n*k).data, k, n, k)
		benchPaths(b, fmt.Sprintf("%dx%dx%d", m, k, n), 2*m*n*k, 2*m*k+4*m*n, func() {
			GemmBF16(c, n, a, k, packed, m, n, k, false)
		})
	}
}

func BenchmarkToBFloat16(b *testing.B) {
	const n = 3136 * 144
	x, dst := slices.Clone(normals(stream(1), n).data), make([]BFloat16, n)
	benchPaths(b, fmt.Sprint(n), n, 6*n, func() { ToBFloat16(dst, x) })
}

func BenchmarkGemmTN(b *testing.B) {
	for _, s := range pointwise {
		m, k, n := s[0], s[1], s[2]
		x, dy := slices.Clone(normals(stream(1), m*k).data), slices.Clone(normals(stream(2), m*n).data)
		dw := make([]float32, k*n)
		benchPaths(b, fmt.Sprintf("%dx%dx%d", m, k, n), 2*m*n*k, 4*(m*k+m*n), func() {
			GemmTN(dw, n, x, k, dy, n, m, n, k, false)
		})
	}
}

// Depthwise convolutions of EfficientNet-B0 at 224 px: input size, channels,
// kernel, stride.
var depthwise = [][4]int{
	{112, 32, 3, 1}, {112, 96, 3, 2}, {56, 144, 3, 1}, {56, 144, 5, 2}, {28, 240, 5, 1}, {14, 480, 3, 1}, {14, 672, 5, 1}, {14, 672, 5, 2}, {7, 1152, 5, 1},
}

func BenchmarkDepthwise(b *testing.B) {
	for _, s := range depthwise {
		in, c, k, stride := s[0], s[1], s[2], s[3]
		out := in / stride
		g := Geometry{in, in, out, out, k, k, stride, stride, (k - stride) / 2, (k - stride) / 2}
		d := newDepthwiseCase(g, c)
		d.x.data, d.dy.data, d.w.data = slices.Clone(d.x.data), slices.Clone(d.dy.data), slices.Clone(d.w.data) // aligned
		y, dx, dw := make([]float32, len(d.dy.data)), make([]float32, len(d.x.data)), make([]float32, len(d.w.data))
		flop, bytes := 2*out*out*c*k*k, 4*(len(d.x.data)+len(d.dy.data))
		shape := fmt.Sprintf("%dx%dk%ds%d", in, c, k, stride)
		benchPaths(b, "forward/"+shape, flop, bytes, func() { DepthwiseForward(y, d.x.data, d.w.data, g, c, 0, out) })
		benchPaths(b, "data/"+shape, flop, bytes, func() { DepthwiseBackwardData(dx, d.dy.data, d.w.data, g, c, 0, in) })
		benchPaths(b, "weights/"+shape, flop, bytes, func() { DepthwiseBackwardWeights(dw, d.x.data, d.dy.data, g, c, 0, out) })
	}
}

// BenchmarkMaps reports bytes: these kernels wait for memory, or for the
// cache where a tensor fits.
func BenchmarkMaps(b *testing.B) {
	const rows, c = 3136, 144 // 1.8 MB a tensor
	x, y, z := slices.Clone(normals(stream(1), rows*c).data), slices.Clone(normals(stream(2), rows*c).data), make([]float32, rows*c)
	p, q, s, u := make([]float32, c), make([]float32, c), make([]float32, c), make([]float32, c)
	const tensor = 4 * rows * c
	for _, k := range []struct {
		name          string
		flop, tensors int
		run           func()
	}{
		{"channelSum", 1, 1, func() { ChannelSum(s, x, rows, c) }},
		{"channelCenteredSquares", 3, 1, func() { ChannelCenteredSquares(s, x, p, rows, c) }},
		{"channelMoments", 4, 1, func() { ChannelMoments(s, u, x, p, rows, c) }},
		{"channelDot2", 4, 2, func() { ChannelDot2(s, u, x, y, p, q, rows, c) }},
		{"channelAffine", 2, 2, func() { ChannelAffine(z, x, p, q, rows, c) }},
		{"batchNormBackward", 4, 3, func() { BatchNormBackward(z, y, x, p, q, s, rows, c) }},
		{"add", 1, 3, func() { Add(z, x, y) }},
		{"clip", 2, 2, func() { Clip(z, x, 0, 6) }},
		{"swish", 20, 2, func() { Swish(z, x) }},
		{"swishBackward", 24, 3, func() { SwishBackward(z, y, x) }},
		{"sumSquares", 2, 1, func() { SumSquares(x) }},
	} {
		benchPaths(b, k.name, k.flop*rows*c, k.tensors*tensor, k.run)
	}
}
