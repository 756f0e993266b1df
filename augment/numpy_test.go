package augment

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"melanoma/internal/pixel"
)

// CRC-32 of the float32 kernels that MotionBlur makes of cv2.line (OpenCV
// 4.5.5) for every pair of different points of a k x k square, in the order
// x1, y1, x2, y2.
func TestLinesEqualOpenCV(t *testing.T) {
	for k, want := range map[int]uint32{3: 0x309cf3d7, 5: 0xcf05e78e, 7: 0xd13a41d5} {
		crc := crc32.NewIEEE()
		for i := range k * k {
			for j := range k * k {
				if i == j {
					continue
				}
				kernel := make([][]float32, k)
				for y := range kernel {
					kernel[y] = make([]float32, k)
				}
				line(kernel, i/k, i%k, j/k, j%k)
				for _, row := range kernel {
					binary.Write(crc, binary.LittleEndian, row)
				}
			}
		}
		if got := crc.Sum32(); got != want {
			t.Errorf("lines of %d x %d pixels have CRC %#x, want %#x", k, k, got, want)
		}
	}
}

// np.random.RandomState(seed).rand() of NumPy 1.23.
func TestNumpyRandomEqualsNumPy(t *testing.T) {
	var r numpyRandom
	for seed, want := range map[uint32][]float64{
		469:   {0.6911534, 0.08533349, 0.53741006, 0.39902675},
		10000: {0.54547015, 0.17186532, 0.5 + 35.29318095/100, 0.5 - 31.97765892/100},
	} {
		r.seed(seed)
		for i, w := range want {
			if got := r.double(); math.Abs(got-w) > 5e-9 {
				t.Errorf("seed %d: number %d is %v, want %v", seed, i, got, w)
			}
		}
	}
}

// np.float32(scipy.ndimage.gaussian_filter(r.rand(9, 14)*2 - 1, 2.5) * 30)
// with r = RandomState(7) after r.rand(6); scipy 1.10.1. The kernel is wider
// than the field, so its mirroring is tested, too.
func TestFieldEqualsSciPy(t *testing.T) {
	var m elasticMemory
	m.random.seed(7)
	for range 6 {
		m.random.double()
	}
	m.weights = gaussianWeights(nil, 2.5)
	field := m.displacement(new(pixel.Workspace), nil, 14, 9, 30)
	for i, want := range map[int]float32{0: -1.0897596, 4*14 + 7: 0.37204513, 8*14 + 13: 2.1994617} {
		if field[i] != want {
			t.Errorf("element %d is %v, want %v", i, field[i], want)
		}
	}
	crc := crc32.NewIEEE()
	binary.Write(crc, binary.LittleEndian, field)
	if got := crc.Sum32(); got != 0xdb0b7d10 {
		t.Errorf("the field has CRC %#x", got)
	}
}

// map_x of grid_distortion (albumentations 0.4.6) for widths whose cells do
// not fill the picture: NumPy 1.23.
func TestGridOfAwkwardWidthsEqualsAlbumentations(t *testing.T) {
	factors := []float64{0.5, 1.5, 0.25, 2, 1, 0.75}
	for n, want := range map[int][]float32{
		3:  {0, 0, 0},
		5:  {0, 0.5, 2, 2.25, 4.25},
		9:  {0, 0.5, 2, 2.25, 4.25, 5.25, 0, 0, 0},
		13: {0, 1, 1, 4, 4, 4.5, 4.5, 8.5, 8.5, 10.5, 10.5, 12, 0},
		19: {0, 0.75, 1.5, 1.5, 3.75, 6, 6, 6.375, 6.75, 6.75, 9.75, 12.75, 12.75, 14.25, 15.75, 15.75, 16.875, 18, 0},
	} {
		if got := gridRamp(nil, n, 5, factors); !slices.Equal(got, want) {
			t.Errorf("%d columns come from %v, want %v", n, got, want)
		}
	}
}
