package pixel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// pathChecks run one exported kernel on every path, with parameters from r.
var pathChecks = map[string]func(t *testing.T, src *Picture, r *rand.Rand){
	"Load": func(t *testing.T, src *Picture, r *rand.Rand) {
		rgb := make([]uint8, 3*src.Width*src.Height)
		storeRef(rgb, src.Pix)
		eachOrientation(r, func(what string, o Orientation, table *[256]uint8) {
			samePaths(t, "load "+what, func(dst *Picture) { Load(dst, rgb, src.Width, src.Height, o, table) })
		})
	},
	"Orient": func(t *testing.T, src *Picture, r *rand.Rand) {
		eachOrientation(r, func(what string, o Orientation, table *[256]uint8) {
			samePaths(t, "orient "+what, func(dst *Picture) { Orient(dst, src, o, table) })
		})
	},
	"Store": func(t *testing.T, src *Picture, _ *rand.Rand) {
		sameNumbers(t, "store", 3*src.Width*src.Height, func(rgb []uint8) { Store(rgb, src) })
	},
	"Lookup": func(t *testing.T, src *Picture, r *rand.Rand) {
		table := randomTable(r)
		sameInPlace(t, "lookup", src, func(p *Picture) { Lookup(p, table) })
	},
	"Fill": func(t *testing.T, src *Picture, r *rand.Rand) {
		at := func(n int) int { return r.IntN(n+9) - 4 }
		x0, y0, x1, y1 := at(src.Width), at(src.Height), at(src.Width), at(src.Height)
		sameInPlace(t, "fill", src, func(p *Picture) {
			Fill(p, x0, y0, x1, y1, 1, 2, 3)
			for i := range p.Pix {
				want, x, y := src.Pix[i], i/4%src.Width, i/4/src.Width
				if x0 <= x && x < x1 && y0 <= y && y < y1 {
					want = uint8(i%4 + 1)
				}
				if i%4 < 3 && p.Pix[i] != want {
					t.Fatalf("fill %d..%d, %d..%d: %d at (%d, %d), want %d", x0, x1, y0, y1, p.Pix[i], x, y, want)
				}
			}
		})
	},
	"Normalize": func(t *testing.T, src *Picture, r *rand.Rand) {
		var mean, std [3]float32
		for c := range 3 {
			mean[c], std[c] = r.Float32(), 0.1+r.Float32()
		}
		sameNumbers(t, "normalize", 3*src.Width*src.Height, func(dst []float32) { Normalize(dst, src, mean, std) })
	},
	"AddField": func(t *testing.T, src *Picture, r *rand.Rand) {
		field := make([]float64, 3*src.Width*src.Height)
		for i := range field {
			field[i] = 40 * r.NormFloat64()
		}
		sameInPlace(t, "field", src, func(p *Picture) { AddField(p, field) })
	},
	"AddNoise": func(t *testing.T, src *Picture, r *rand.Rand) {
		key, sigma := r.Uint64(), 60*r.Float64()
		sameInPlace(t, "noise", src, func(p *Picture) { AddNoise(p, key, sigma) })
	},
	"MedianBlur":   eachKernel("median", MedianBlur),
	"GaussianBlur": eachKernel("gaussian", GaussianBlur),
	"Filter": func(t *testing.T, src *Picture, r *rand.Rand) {
		for n := 1; n <= 6; n++ {
			k := 3 + 2*r.IntN(2)
			kernel := make([]float32, k*k)
			for _, place := range r.Perm(k * k)[:n] {
				kernel[place] = 1 / float32(n)
			}
			eachKernel(fmt.Sprintf("filter %v", kernel), func(w *Workspace, dst, src *Picture, at int) {
				if at == k {
					Filter(w, dst, src, kernel, k)
				}
			})(t, src, r)
		}
	},
}

func eachKernel(what string, f func(w *Workspace, dst, src *Picture, k int)) func(t *testing.T, src *Picture, r *rand.Rand) {
	return func(t *testing.T, src *Picture, _ *rand.Rand) {
		var w Workspace
		for _, k := range []int{3, 5} {
			samePaths(t, fmt.Sprint(what, " ", k), func(dst *Picture) { f(&w, dst, src, k) })
		}
	}
}

func eachOrientation(r *rand.Rand, f func(what string, o Orientation, table *[256]uint8)) {
	for bits := range 8 {
		o, table := Orientation{bits&1 > 0, bits&2 > 0, bits&4 > 0}, randomTable(r)
		if r.IntN(2) > 0 {
			table = nil
		}
		f(fmt.Sprintf("%+v, table %v", o, table != nil), o, table)
	}
}

func randomTable(r *rand.Rand) *[256]uint8 {
	var table [256]uint8
	for i := range table {
		table[i] = uint8(r.Uint32())
	}
	return &table
}

func sameInPlace(t *testing.T, what string, src *Picture, f func(p *Picture)) {
	t.Helper()
	samePaths(t, what, func(dst *Picture) {
		dst.Reset(src.Width, src.Height)
		copy(dst.Pix, src.Pix)
		f(dst)
	})
}

// sameNumbers runs f on every path and compares all it wrote, and that it
// wrote nothing behind.
func sameNumbers[T uint8 | float32](t *testing.T, what string, n int, f func(dst []T)) {
	t.Helper()
	run := func() []T {
		dst := slices.Repeat([]T{canary}, n+guard)
		f(dst[:n])
		return dst
	}
	restore := use(t, "go")
	want := run()
	restore()
	eachPath(t, func(t *testing.T) {
		for i, v := range run() {
			if math.Float32bits(float32(v)) != math.Float32bits(float32(want[i])) {
				t.Fatalf("%s: number %d of %d is %v, want %v", what, i, n, v, want[i])
			}
		}
	})
}

// TestFilterPaths compares the paths at sizes where tails, borders and tiles
// meet.
func TestFilterPaths(t *testing.T) {
	sizes := [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 2}, {3, 3}, {5, 4}, {7, 8}, {8, 7}, {15, 17}, {16, 16}, {17, 15}, {31, 33}, {33, 16}, {64, 31}, {67, 70}, {100, 9}}
	for name, check := range pathChecks {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			for _, size := range sizes {
				check(t, noise(r, size[0], size[1]), r)
			}
		})
	}
}

// TestFiltersReadNothingOutside runs the kernels on pictures at either end of
// readable memory.
func TestFiltersReadNothingOutside(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	eachPath(t, func(t *testing.T) {
		for i, size := range [][2]int{{8, 8}, {8, 9}, {16, 16}, {16, 17}, {17, 19}, {19, 17}, {35, 18}, {36, 18}, {64, 16}, {64, 17}, {71, 20}, {70, 20}} {
			width, height := size[0], size[1]
			end := i%2 == 0
			src := &Picture{fenced(t, 4*width*height, end), width, height}
			rgb := fenced(t, 3*width*height, end)
			for i := range src.Pix {
				src.Pix[i] = uint8(r.Uint32())
			}
			var w Workspace
			var dst Picture
			eachOrientation(r, func(_ string, o Orientation, table *[256]uint8) {
				Load(&dst, rgb, width, height, o, table)
				Orient(&dst, src, o, table)
			})
			MedianBlur(&w, &dst, src, 3)
			MedianBlur(&w, &dst, src, 5)
			GaussianBlur(&w, &dst, src, 3)
			GaussianBlur(&w, &dst, src, 5)
			Filter(&w, &dst, src, []float32{0, 0, 0, 0, 0, 0, 0.5, 0, 0.5}, 3)
			Normalize(make([]float32, 3*width*height), src, [3]float32{}, [3]float32{1, 1, 1})
			Lookup(src, randomTable(r))
			AddNoise(src, 1, 3)
			Store(rgb, src)
		}
	})
}

func FuzzLoad(f *testing.F)         { fuzzPaths(f, "Load") }
func FuzzOrient(f *testing.F)       { fuzzPaths(f, "Orient") }
func FuzzStore(f *testing.F)        { fuzzPaths(f, "Store") }
func FuzzLookup(f *testing.F)       { fuzzPaths(f, "Lookup") }
func FuzzFill(f *testing.F)         { fuzzPaths(f, "Fill") }
func FuzzNormalize(f *testing.F)    { fuzzPaths(f, "Normalize") }
func FuzzAddField(f *testing.F)     { fuzzPaths(f, "AddField") }
func FuzzAddNoise(f *testing.F)     { fuzzPaths(f, "AddNoise") }
func FuzzMedianBlur(f *testing.F)   { fuzzPaths(f, "MedianBlur") }
func FuzzGaussianBlur(f *testing.F) { fuzzPaths(f, "GaussianBlur") }
func FuzzFilter(f *testing.F)       { fuzzPaths(f, "Filter") }

// fuzzPaths runs a check on pictures of any size up to 300 that repeat the
// given bytes.
func fuzzPaths(f *testing.F, name string) {
	f.Add(uint16(17), uint16(5), uint64(1), []byte{0, 255, 7})
	f.Add(uint16(70), uint16(33), uint64(2), []byte{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5})
	f.Fuzz(func(t *testing.T, width, height uint16, seed uint64, content []byte) {
		p := new(Picture)
		p.Reset(int(width%300)+1, int(height%300)+1)
		for i := range p.Pix {
			if len(content) > 0 {
				p.Pix[i] = content[i%len(content)]
			}
		}
		pathChecks[name](t, p, rand.New(rand.NewPCG(seed, 0)))
	})
}
