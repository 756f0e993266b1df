package pixel

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"testing"

	"melanoma/internal/kernel"
)

// colourFigures are OpenCV's results as scripts/colour_figures.py wrote them.
type colourFigures struct {
	Cubes  map[string]uint32
	Shifts []struct {
		Width int
		Shift [3]float64
		CRC   uint32
	} `json:"cubes_shifted"`
	CLAHE []struct {
		Width, Height, Seed, Grid int
		Clip                      float64
		CRC                       uint32
	}
	HSV []struct {
		Width, Height, Seed int
		Shift               [3]float64
		CRC                 uint32
	}
}

func readColourFigures(t *testing.T) (f colourFigures) {
	text, err := os.ReadFile("testdata/colour.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

// formulaPicture is picture of scripts/colour_figures.py.
func formulaPicture(width, height, seed int) *Picture {
	p := new(Picture)
	p.Reset(width, height)
	for i := range 3 * width * height {
		h := (uint64(i) + uint64(seed)<<32) * 0x9E3779B97F4A7C15
		h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
		v := uint8(h >> 56)
		if seed%2 == 1 {
			v = 90 + uint8(h>>59)
		}
		p.Pix[i/3*4+i%3] = v
	}
	return p
}

// crcRGB is the CRC-32 of the packed pixels.
func crcRGB(p *Picture) uint32 {
	packed := make([]uint8, 0, 3*len(p.Pix)/4)
	for i := 0; i < len(p.Pix); i += 4 {
		packed = append(packed, p.Pix[i:i+3]...)
	}
	return crc32.ChecksumIEEE(packed)
}

// TestColourTables has the sums of the arithmetic's description: of t[i]*(i+1).
func TestColourTables(t *testing.T) {
	checkWeighted(t, "gamma", labGamma[:], 31713838)
	checkWeighted(t, "root", labRoot[:], 58526747396)
	checkWeighted(t, "encode", labEncode[:], 1750203388)
	checkWeighted(t, "Y", labY[:], 240593003)
	checkWeighted(t, "F", labF[:], 384092798)
	sum := 0
	for f := -8145; f < 28719; f++ {
		sum += labCube(f)
	}
	if sum != 626487776 {
		t.Errorf("the cubes' sum is %d", sum)
	}
}

func checkWeighted[T uint8 | uint16](t *testing.T, name string, table []T, want uint64) {
	t.Helper()
	var sum uint64
	for i, v := range table {
		sum += uint64(v) * uint64(i+1)
	}
	if sum != want {
		t.Errorf("%s: weighted sum is %d, want %d", name, sum, want)
	}
}

func TestCLAHEMatchesOpenCV(t *testing.T) {
	figures := readColourFigures(t)
	eachPath(t, func(t *testing.T) {
		var w Workspace
		for _, c := range figures.CLAHE {
			p := formulaPicture(c.Width, c.Height, c.Seed)
			CLAHE(&w, p, c.Clip, c.Grid)
			if got := crcRGB(p); got != c.CRC {
				t.Errorf("%+v: CRC %d", c, got)
			}
		}
	})
}

func TestShiftHSVMatchesAlbumentations(t *testing.T) {
	figures := readColourFigures(t)
	eachPath(t, func(t *testing.T) {
		var w Workspace
		for _, c := range figures.HSV {
			p := formulaPicture(c.Width, c.Height, c.Seed)
			ShiftHSV(&w, p, c.Shift[0], c.Shift[1], c.Shift[2])
			if got := crcRGB(p); got != c.CRC {
				t.Errorf("%+v: CRC %d", c, got)
			}
		}
	})
}

// TestEveryColour converts all 2^24 triples each way.
func TestEveryColour(t *testing.T) {
	const n, block = 1 << 24, 4096
	want := readColourFigures(t).Cubes
	pix, l, a, b := make([]uint8, 4*block), make([]uint8, block), make([]uint8, block), make([]uint8, block)
	packed := make([]uint8, 3*block)
	convert := func(t *testing.T, name string, f func()) {
		crc := crc32.NewIEEE()
		for lo := 0; lo < n; lo += block {
			for i := range block {
				v := lo + i
				l[i], a[i], b[i] = uint8(v>>16), uint8(v>>8), uint8(v)
				pix[4*i], pix[4*i+1], pix[4*i+2] = l[i], a[i], b[i]
			}
			f()
			crc.Write(packed)
		}
		if got := crc.Sum32(); got != want[name] {
			t.Errorf("%s: CRC %d, want %d", name, got, want[name])
		}
	}
	eachPixel := func(f func(i int) (uint8, uint8, uint8)) {
		for i := range block {
			packed[3*i], packed[3*i+1], packed[3*i+2] = f(i)
		}
	}
	eachPath(t, func(t *testing.T) {
		if kernel.Selected() == "go" && os.Getenv("MELANOMA_SLOW") != "1" {
			t.Skip("takes long in plain loops: set MELANOMA_SLOW=1")
		}
		convert(t, "lab", func() {
			active().labFromRGB(l, a, b, pix)
			eachPixel(func(i int) (uint8, uint8, uint8) { return l[i], a[i], b[i] })
		})
		convert(t, "lab_back", func() {
			active().rgbFromLab(pix, l, a, b)
			eachPixel(func(i int) (uint8, uint8, uint8) { return pix[4*i], pix[4*i+1], pix[4*i+2] })
		})
	})
	if os.Getenv("MELANOMA_SLOW") != "1" {
		t.Skip("HSV takes long in plain loops: set MELANOMA_SLOW=1")
	}
	convert(t, "hsv", func() {
		eachPixel(func(i int) (uint8, uint8, uint8) { return hsvFromRGB(pix[4*i], pix[4*i+1], pix[4*i+2]) })
	})
	for name, even := range map[string]bool{"hsv_back": true, "hsv_back_tail": false} {
		convert(t, name, func() {
			eachPixel(func(i int) (uint8, uint8, uint8) { return rgbFromHSV(min(pix[4*i], 179), pix[4*i+1], pix[4*i+2], even) })
		})
	}
}

// TestShiftHSVOfEveryColour has every triple in rows of even pixels and of odd
// ones.
func TestShiftHSVOfEveryColour(t *testing.T) {
	figures := readColourFigures(t)
	eachPath(t, func(t *testing.T) {
		if kernel.Selected() == "go" && os.Getenv("MELANOMA_SLOW") != "1" {
			t.Skip("takes long in plain loops: set MELANOMA_SLOW=1")
		}
		var w Workspace
		p := new(Picture)
		packed := make([]uint8, 0, 3<<16)
		for _, c := range figures.Shifts {
			crc := crc32.NewIEEE()
			p.Reset(c.Width, 1<<16/c.Width)
			for i := 0; i < 1<<24; {
				for k := 0; k < len(p.Pix); k, i = k+4, i+1 {
					p.Pix[k], p.Pix[k+1], p.Pix[k+2] = uint8(i>>16), uint8(i>>8), uint8(i)
				}
				ShiftHSV(&w, p, c.Shift[0], c.Shift[1], c.Shift[2])
				packed = packed[:0]
				for k := 0; k < len(p.Pix); k += 4 {
					packed = append(packed, p.Pix[k], p.Pix[k+1], p.Pix[k+2])
				}
				crc.Write(packed)
			}
			if crc.Sum32() != c.CRC {
				t.Errorf("%+v: CRC %d", c, crc.Sum32())
			}
		}
	})
}

func TestCLAHEGoldens(t *testing.T) {
	eachGolden(t, "clahe", func(t *testing.T, src *Picture, params json.RawMessage, want *Picture) {
		var v struct {
			Clip float64 `json:"clip_limit"`
			Grid int
		}
		if err := json.Unmarshal(params, &v); err != nil {
			t.Fatal(err)
		}
		got := clone(src)
		CLAHE(new(Workspace), got, v.Clip, v.Grid)
		same(t, "CLAHE", got, want)
	})
}

func TestShiftHSVGoldens(t *testing.T) {
	eachGolden(t, "hue_saturation_value", func(t *testing.T, src *Picture, params json.RawMessage, want *Picture) {
		var v struct{ Hue, Sat, Val float64 }
		if err := json.Unmarshal(params, &v); err != nil {
			t.Fatal(err)
		}
		got := clone(src)
		ShiftHSV(new(Workspace), got, v.Hue, v.Sat, v.Val)
		same(t, "shift", got, want)
	})
}

func clone(p *Picture) *Picture {
	c := *p
	c.Pix = append([]uint8(nil), p.Pix...)
	return &c
}

func TestColourPanicsOnMisuse(t *testing.T) {
	zero := 0.0
	for what, f := range map[string]func(w *Workspace, p *Picture){
		"grid of 0":     func(w *Workspace, p *Picture) { CLAHE(w, p, 2, 0) },
		"hue of NaN":    func(w *Workspace, p *Picture) { ShiftHSV(w, p, zero/zero, 0, 0) },
		"value of +Inf": func(w *Workspace, p *Picture) { ShiftHSV(w, p, 0, 0, 1/zero) },
	} {
		t.Run(what, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f(new(Workspace), formulaPicture(4, 4, 0))
		})
	}
}

func TestColourOfEmptyPictures(t *testing.T) {
	for _, size := range [][2]int{{0, 0}, {0, 5}, {5, 0}} {
		p := formulaPicture(size[0], size[1], 0)
		CLAHE(new(Workspace), p, 2, 8)
		ShiftHSV(new(Workspace), p, 1, 2, 3)
	}
}

func BenchmarkColour(b *testing.B) {
	for _, size := range []int{512, 768} {
		source := formulaPicture(size, size, 1)
		for what, f := range map[string]func(w *Workspace, p *Picture){
			"clahe": func(w *Workspace, p *Picture) { CLAHE(w, p, 2.5, 8) },
			"hsv":   func(w *Workspace, p *Picture) { ShiftHSV(w, p, 3.3, -7.7, 5.5) },
		} {
			b.Run(fmt.Sprintf("%s/%d", what, size), func(b *testing.B) {
				var w Workspace
				p := clone(source)
				f(&w, p)
				b.SetBytes(int64(len(p.Pix)))
				b.ReportAllocs()
				for b.Loop() {
					f(&w, p)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size*size), "ns/pixel")
			})
		}
	}
}
