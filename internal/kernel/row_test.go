package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// Two rows of five, the second far from zero, with results of torch 2.15 in
// float64 (layer_norm with eps 1e-5, softmax).
var (
	torchRows  = []float32{1.5, -0.25, 3, 0.5, -2, 1000.5, 1000.25, 999, 1001, 1002}
	torchDy    = []float32{0.5, -1, 2, 0.25, 1, -0.75, 1.5, 0.125, -2, 1}
	torchGamma = []float32{1, 0.5, -2, 1.25, 0.75}
	torchBeta  = []float32{0, 0.1, -0.2, 0.3, 1}

	torchNorm      = []float32{0.566721479, -0.13861957, -3.12308973, 0.262715692, -0.140899819, -0.0510307705, -0.0530923116, 2.96390777, 0.874096168, 2.10991926}
	torchNormDx    = []float32{1.08651757, -0.316450909, -0.906735827, 0.513853474, -0.377184309, -0.355487807, 1.18407324, 0.206647484, -2.15884064, 1.12360772}
	torchDgamma    = []float32{0.321633817, 0.0179622051, 2.7253455, -0.926010731, -0.0413074131}
	torchDbeta     = []float32{-0.25, 0.5, 2.125, -1.75, 2}
	torchSoftmax   = []float32{0.165192602, 0.02870617, 0.740341881, 0.0607709623, 0.00498838436, 0.122965818, 0.0957658755, 0.0274373827, 0.20273636, 0.551094564}
	torchSoftmaxDx = []float32{-0.174237726, -0.0733372318, 0.329633507, -0.079291218, -0.00276733125, -0.116876055, 0.124450057, -0.00207086296, -0.446116488, 0.440613349}
)

func TestRowKernelsAgreeWithTorch(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		y, u, v := make([]float32, 10), make([]float32, 5), make([]float32, 5)
		LayerNorm(y, torchRows, torchGamma, torchBeta, 2, 5, 1e-5)
		near(t, "layer norm", y, torchNorm, 4e-7, nil)
		LayerNormBackward(y, torchDy, torchRows, torchGamma, 2, 5, 1e-5)
		near(t, "layer norm backward", y, torchNormDx, 4e-7, nil)
		LayerNormBackwardSums(u, v, torchDy, torchRows, 2, 5, 1e-5)
		near(t, "gradient of gamma", u, torchDgamma, 4e-7, nil)
		near(t, "gradient of beta", v, torchDbeta, 0, nil)
		Softmax(y, torchRows, 2, 5)
		near(t, "softmax", y, torchSoftmax, 1e-7, nil)
		SoftmaxBackward(y, torchDy, y, 2, 5)
		near(t, "softmax backward", y, torchSoftmaxDx, 2e-7, nil)
	})
}

// TestLayerNormKeepsItsDigitsFarFromZero has rows of deviation 1 around means
// up to 4096, whose own rounding would show as 2^-12 if the mean's did.
func TestLayerNormKeepsItsDigitsFarFromZero(t *testing.T) {
	const rows, c = 5, 1000
	one, zero, y := make([]float32, c), make([]float32, c), make([]float32, rows*c)
	Fill(one, 1)
	for _, mean := range []float32{0, 1, 100, 4096} {
		x := normals(stream(int(mean)), rows*c).data
		AddScalar(x, x, mean)
		want, scale := make([]float32, rows*c), make([]float32, rows*c)
		layerNormRef(want, x, one, zero, rows, c, 1e-5)
		for i, w := range want {
			scale[i] = max(w, -w, 1)
		}
		eachPath(t, func(t *testing.T) {
			LayerNorm(y, x, one, zero, rows, c, 1e-5)
			near(t, fmt.Sprintf("around %v", mean), y, want, 4*eps, scale)
		})
	}
}

func TestSoftmaxAtTheEnds(t *testing.T) {
	for _, k := range []struct {
		name    string
		x, want []float32
	}{
		{"large numbers", []float32{3e38, 1, -3e38}, []float32{1, 0, 0}},
		{"-Inf is left out", []float32{-inf, 2, 2}, []float32{0, 0.5, 0.5}},
		{"nothing but -Inf", []float32{-inf, -inf, -inf}, []float32{nan, nan, nan}},
		{"+Inf", []float32{0, inf, 0}, []float32{nan, nan, nan}},
		{"NaN", []float32{0, nan, 0}, []float32{nan, nan, nan}},
		{"one value", []float32{-7}, []float32{1}},
	} {
		eachPath(t, func(t *testing.T) {
			y := make([]float32, len(k.x))
			Softmax(y, k.x, 1, len(k.x))
			near(t, k.name, y, k.want, 0, nil)
		})
	}
}

// TestRowsDoNotDependOnTheirNeighbours: a row with NaN leaves others alone.
func TestRowsDoNotDependOnTheirNeighbours(t *testing.T) {
	const rows, c = 3, 37
	x := normals(stream(3), rows*c).data
	odd := slices.Clone(x)
	odd[c+5] = nan
	ones, y, z := make([]float32, c), make([]float32, rows*c), make([]float32, rows*c)
	Fill(ones, 1)
	eachPath(t, func(t *testing.T) {
		for name, f := range map[string]func(y, x []float32){
			"layer norm": func(y, x []float32) { LayerNorm(y, x, ones, ones, rows, c, 1e-5) },
			"backward":   func(y, x []float32) { LayerNormBackward(y, x, x, ones, rows, c, 1e-5) },
			"softmax":    func(y, x []float32) { Softmax(y, x, rows, c) },
		} {
			f(y, x)
			f(z, odd)
			sameBits(t, name, z[:c], y[:c])
			sameBits(t, name, z[2*c:], y[2*c:])
			for _, v := range z[c : 2*c] {
				if !math.IsNaN(float64(v)) {
					t.Fatalf("%s of a row with NaN has %v", name, v)
				}
			}
		}
	})
}

// BenchmarkRows has the shapes of ConvNeXt-Tiny at 224 px, an image each.
func BenchmarkRows(b *testing.B) {
	for _, shape := range [][2]int{{3136, 96}, {784, 192}, {196, 384}, {49, 768}, {3136, 8}} {
		rows, c := shape[0], shape[1]
		n := rows * c
		x, dy, y := slices.Clone(normals(stream(1), n).data), slices.Clone(normals(stream(2), n).data), make([]float32, n)
		u, v := make([]float32, c), make([]float32, c)
		for _, k := range []struct {
			name string
			run  func()
		}{
			{"layerNorm", func() { LayerNorm(y, x, u, v, rows, c, 1e-6) }},
			{"layerNormBackward", func() { LayerNormBackward(y, dy, x, u, rows, c, 1e-6) }},
			{"layerNormBackwardSums", func() { LayerNormBackwardSums(u, v, dy, x, rows, c, 1e-6) }},
			{"softmax", func() { Softmax(y, x, rows, c) }},
			{"softmaxBackward", func() { SoftmaxBackward(y, dy, x, rows, c) }},
		} {
			benchElements(b, fmt.Sprintf("%s/%dx%d", k.name, rows, c), n, k.run)
		}
	}
}
