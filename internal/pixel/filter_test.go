package pixel

import (
	"encoding/json"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/internal/numtest"
)

func parse[T any](t *testing.T, params json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(params, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

type filterParams struct {
	Ksize       int
	Kernel      [][]float32
	Alpha, Beta float32
	Rect        [4]int
	Field       string
}

// lookupTable is the recipe's table of brightness and contrast.
func lookupTable(alpha, beta float32) *[256]uint8 {
	var table [256]uint8
	for v := range table {
		table[v] = uint8(min(max(float32(v)*alpha+float32(beta*255), 0), 255))
	}
	return &table
}

func TestFilterGoldens(t *testing.T) {
	var w Workspace
	for transform, apply := range map[string]func(dst, src *Picture, p filterParams){
		"motion_blur": func(dst, src *Picture, p filterParams) {
			Filter(&w, dst, src, slices.Concat(p.Kernel...), len(p.Kernel))
		},
		"median_blur":   func(dst, src *Picture, p filterParams) { MedianBlur(&w, dst, src, p.Ksize) },
		"gaussian_blur": func(dst, src *Picture, p filterParams) { GaussianBlur(&w, dst, src, p.Ksize) },
		"random_brightness": func(dst, src *Picture, p filterParams) {
			Orient(dst, src, Orientation{}, nil)
			Lookup(dst, lookupTable(1, p.Beta))
		},
		"random_contrast": func(dst, src *Picture, p filterParams) {
			Orient(dst, src, Orientation{}, lookupTable(p.Alpha, 0))
		},
		"cutout": func(dst, src *Picture, p filterParams) {
			Orient(dst, src, Orientation{}, nil)
			Fill(dst, p.Rect[0], p.Rect[1], p.Rect[2], p.Rect[3], 0, 0, 0)
		},
		"gauss_noise": func(dst, src *Picture, p filterParams) {
			Orient(dst, src, Orientation{}, nil)
			AddField(dst, readNumbers[float64](t, p.Field))
		},
	} {
		t.Run(transform, func(t *testing.T) {
			eachGolden(t, transform, func(t *testing.T, src *Picture, params json.RawMessage, want *Picture) {
				var got Picture
				apply(&got, src, parse[filterParams](t, params))
				same(t, transform, &got, want)
			})
		})
	}
}

// readNumbers reads the values of a golden .npy file.
func readNumbers[T float32 | float64](t *testing.T, name string) []T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(numtest.Golden(t, "augment/cases.json")), name))
	if err != nil {
		t.Fatal(err)
	}
	header := 10 + int(text[8]) + int(text[9])<<8
	return decode[T](t, text[header:])
}

// opencvCase is the CRC-32 (IEEE) of what OpenCV 4.5.5 makes of the formula
// picture of that size, as packed RGB.
type opencvCase struct {
	Op               string
	K, Width, Height int
	Kernel           []float32
	CRC              uint32
}

// TestFilterOpenCV compares odd and tiny sizes with the real thing.
func TestFilterOpenCV(t *testing.T) {
	text, err := os.ReadFile("testdata/filter_opencv.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []opencvCase }
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	eachPath(t, func(t *testing.T) {
		var w Workspace
		var src, dst Picture
		for i, c := range list.Cases {
			rgb := make([]uint8, 3*c.Width*c.Height)
			for i := range rgb {
				rgb[i] = uint8(splitmix(uint64(i)) >> 56)
			}
			Load(&src, rgb, c.Width, c.Height, Orientation{}, nil)
			switch c.Op {
			case "median":
				MedianBlur(&w, &dst, &src, c.K)
			case "gaussian":
				GaussianBlur(&w, &dst, &src, c.K)
			case "filter":
				Filter(&w, &dst, &src, c.Kernel, c.K)
			default:
				t.Fatalf("case %d: operation %q", i, c.Op)
			}
			Store(rgb, &dst)
			if got := crc32.ChecksumIEEE(rgb); got != c.CRC {
				t.Errorf("%s %d of %d x %d, kernel %v: CRC %d, want %d", c.Op, c.K, c.Width, c.Height, c.Kernel, got, c.CRC)
			}
		}
	})
}

// TestMeanIsTheFloatSum compares the integer rule with float32 sums of products
// in order: all operands for n <= 2, random ones and the bound for the rest.
func TestMeanIsTheFloatSum(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(v ...uint8) {
		n := len(v)
		var rows [5][]uint8
		var sum float32
		for i := range v {
			rows[i] = v[i : i+1]
			sum += float32(1 / float32(n) * float32(v[i]))
		}
		got := make([]uint8, 1)
		meanRowsRef(got, &rows, n)
		if want := math.RoundToEven(float64(sum)); float64(got[0]) != want {
			t.Fatalf("mean of %v is %d, want %g", v, got[0], want)
		}
	}
	for a := range 256 {
		check(uint8(a))
		for b := range 256 {
			check(uint8(a), uint8(b))
			c := uint8(r.Uint32())
			check(uint8(a), uint8(b), c)
			check(uint8(a), uint8(b), c, uint8(r.Uint32()))
			check(uint8(a), uint8(b), c, uint8(r.Uint32()), uint8(r.Uint32()))
		}
	}
	for n := 1; n <= 5; n++ {
		// Each product and each partial sum is below 256 and rounded to within
		// 2^-17; the weight's own error is at most 2^-26 of values that add to
		// 255n. A mean of 3 or 5 stays 1/(2n) away from a half.
		bound := float64(2*n)*0x1p-17 + 0x1p-26*255*float64(n)
		if n%2 == 1 && bound >= 0.5/float64(n) {
			t.Fatalf("n = %d: float32 may be off by %g", n, bound)
		}
		for sum := range 255*n + 1 {
			var rows [5][]uint8
			for i, rest := 0, sum; i < n; i++ {
				rows[i] = []uint8{uint8(min(rest, 255))}
				rest -= min(rest, 255)
			}
			got := make([]uint8, 1)
			meanRowsRef(got, &rows, n)
			if want := math.RoundToEven(float64(sum) / float64(n)); float64(got[0]) != want {
				t.Fatalf("%d / %d is %d, want %g", sum, n, got[0], want)
			}
		}
	}
}

func TestNormalizeGolden(t *testing.T) {
	eachGoldenInput(t, "normalize", func(t *testing.T, src *Picture, params json.RawMessage, output string) {
		p := parse[struct{ Mean, Std [3]float32 }](t, params)
		want := readNumbers[float32](t, output)
		got := make([]float32, 3*src.Width*src.Height)
		Normalize(got, src, p.Mean, p.Std)
		if !slices.Equal(got, want) {
			t.Error("not the golden's numbers")
		}
	})
}
