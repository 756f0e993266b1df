package pixel

import (
	"encoding/json"
	"hash/crc32"
	"math"
	"os"
	"testing"
)

// geometryCase is what OpenCV made of one picture: a checksum of the RGB
// bytes, or a matrix.
type geometryCase struct {
	Op, Border    string
	Seed          uint64
	Width, Height int
	Params        []float64
	CRC           uint32
	Matrix        []float64
}

var borders = map[string]Border{"reflect101": Reflect101, "black": Black, "replicate": Replicate}

func readGeometry(t *testing.T) []geometryCase {
	t.Helper()
	text, err := os.ReadFile("testdata/geometry.json")
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []geometryCase }
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list.Cases
}

// mixed is the splitmix64 that made the cases' pictures and maps.
func mixed(seed uint64, i int) uint64 {
	z := seed<<32 + uint64(i) + 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func unit(seed uint64, i int) float64 { return float64(mixed(seed, i)>>11)/(1<<53)*2 - 1 }

func (c geometryCase) picture() *Picture {
	p := new(Picture)
	p.Reset(c.Width, c.Height)
	for i := range p.Pix {
		p.Pix[i] = uint8(mixed(c.Seed, i/4*3+i%4) >> 56)
	}
	return p
}

// noisy returns n places, each moved by a random amount.
func (c geometryCase) noisy(stream uint64, n int, at func(i int) int) []float32 {
	m := make([]float32, n)
	for i := range m {
		m[i] = float32(float64(at(i)) + c.Params[0]*unit(c.Seed+stream, i))
	}
	return m
}

func (c geometryCase) run(w *Workspace, dst *Picture) {
	src, border, p := c.picture(), borders[c.Border], c.Params
	same := func(i int) int { return i }
	switch c.Op {
	case "warp":
		WarpAffine(w, dst, src, [6]float64(p), border)
	case "remap":
		n := c.Width * c.Height
		mapX := c.noisy(1000, n, func(i int) int { return i % c.Width })
		mapY := c.noisy(2000, n, func(i int) int { return i / c.Width })
		Remap(w, dst, src, mapX, mapY, border)
	case "separable":
		RemapSeparable(w, dst, src, c.noisy(3000, c.Width, same), c.noisy(4000, c.Height, same), border)
	case "distort":
		Distort(w, dst, src, p[0], p[1], p[2], border)
	case "resize":
		Resize(w, dst, src, int(p[0]), int(p[1]))
	}
}

// checksum is that of the RGB bytes.
func checksum(p *Picture) uint32 {
	rgb := make([]uint8, 0, len(p.Pix)/4*3)
	for i := 0; i < len(p.Pix); i += 4 {
		rgb = append(rgb, p.Pix[i:i+3]...)
	}
	return crc32.ChecksumIEEE(rgb)
}

func TestGeometryEqualsOpenCV(t *testing.T) {
	cases := readGeometry(t)
	eachPath(t, func(t *testing.T) {
		var w Workspace
		var dst Picture
		compared := 0
		for i, c := range cases {
			if c.Matrix != nil {
				continue
			}
			compared++
			c.run(&w, &dst)
			if got := checksum(&dst); got != c.CRC {
				t.Errorf("case %d, %s of %d x %d, %s, %v: checksum %08x, want %08x", i, c.Op, c.Width, c.Height, c.Border, c.Params, got, c.CRC)
			}
		}
		if compared == 0 {
			t.Error("nothing compared")
		}
	})
}

func TestMatricesEqualOpenCV(t *testing.T) {
	for _, c := range readGeometry(t) {
		p := c.Params
		var got [6]float64
		exact := true
		switch c.Op {
		case "points":
			point := func(i int) [2]float32 { return [2]float32{float32(p[i]), float32(p[i+1])} }
			got = AffineFromPoints([3][2]float32{point(0), point(2), point(4)}, [3][2]float32{point(6), point(8), point(10)})
		case "rotation":
			got = RotationMatrix(p[0], p[1], p[2], p[3])
			exact = false // sine and cosine may differ in the last bit
		default:
			continue
		}
		for i, v := range got {
			if d := math.Abs(v - c.Matrix[i]); exact && d != 0 || d > 1e-15*max(512, math.Abs(c.Matrix[i])) {
				t.Errorf("%s of %v: element %d is %v, want %v", c.Op, p, i, v, c.Matrix[i])
			}
		}
	}
}

func TestSamplingEqualsGolden(t *testing.T) {
	var w Workspace
	var dst Picture
	type params struct {
		K, Angle, Scale, DX, DY float64
		Size                    int
		XSteps, YSteps          []float64
	}
	for transform, run := range map[string]func(src *Picture, p params){
		"resize": func(src *Picture, p params) { Resize(&w, &dst, src, p.Size, p.Size) },
		"optical_distortion": func(src *Picture, p params) {
			Distort(&w, &dst, src, p.K, p.DX, p.DY, Reflect101)
		},
		"grid_distortion": func(src *Picture, p params) {
			RemapSeparable(&w, &dst, src, gridRamp(src.Width, p.XSteps), gridRamp(src.Height, p.YSteps), Reflect101)
		},
		"shift_scale_rotate": func(src *Picture, p params) {
			m := RotationMatrix(float64(src.Width)/2, float64(src.Height)/2, p.Angle, p.Scale)
			m[2] += p.DX * float64(src.Width)
			m[5] += p.DY * float64(src.Height)
			WarpAffine(&w, &dst, src, m, Black)
		},
	} {
		t.Run(transform, func(t *testing.T) {
			eachGolden(t, transform, func(t *testing.T, src *Picture, raw json.RawMessage, want *Picture) {
				var p params
				if err := json.Unmarshal(raw, &p); err != nil {
					t.Fatal(err)
				}
				run(src, p)
				same(t, transform, &dst, want)
			})
		})
	}
}

// gridRamp is the map of albumentations' GridDistortion along one axis: in
// each of its cells a line between two targets, both ends included.
func gridRamp(n int, factors []float64) []float32 {
	m, previous := make([]float32, n), 0.0
	step := n / (len(factors) - 1)
	for i, f := range factors {
		start, end, target := i*step, i*step+step, previous+float64(step)*f
		if end > n {
			end, target = n, float64(n)
		}
		last := end - start - 1
		for j := range max(last, 0) {
			m[start+j] = float32(float64(float64(j)*((target-previous)/float64(last))) + previous)
		}
		switch {
		case last > 0:
			m[end-1] = float32(target)
		case last == 0: // one column: NumPy's linspace gives the start
			m[start] = float32(previous)
		}
		previous = target
	}
	return m
}
