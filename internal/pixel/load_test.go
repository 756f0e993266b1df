package pixel

import (
	"slices"
	"testing"
)

// TestOrientations holds the eight orientations of 0 1 2 / 3 4 5 against numpy's
// transpose, then [::-1], then [:, ::-1].
func TestOrientations(t *testing.T) {
	src := []uint8{0, 1, 2, 3, 4, 5}
	for _, c := range []struct {
		o     Orientation
		width int
		want  []uint8
	}{
		{Orientation{false, false, false}, 3, []uint8{0, 1, 2, 3, 4, 5}},
		{Orientation{false, false, true}, 3, []uint8{2, 1, 0, 5, 4, 3}},
		{Orientation{false, true, false}, 3, []uint8{3, 4, 5, 0, 1, 2}},
		{Orientation{false, true, true}, 3, []uint8{5, 4, 3, 2, 1, 0}},
		{Orientation{true, false, false}, 2, []uint8{0, 3, 1, 4, 2, 5}},
		{Orientation{true, false, true}, 2, []uint8{3, 0, 4, 1, 5, 2}},
		{Orientation{true, true, false}, 2, []uint8{2, 5, 1, 4, 0, 3}},
		{Orientation{true, true, true}, 2, []uint8{5, 2, 4, 1, 3, 0}},
	} {
		var rgb []uint8
		for _, v := range src {
			rgb = append(rgb, v, v+10, v+20)
		}
		var loaded, turned, table Picture
		Load(&loaded, rgb, 3, 2, c.o, nil)
		Load(&table, rgb, 3, 2, Orientation{}, nil)
		Orient(&turned, &table, c.o, nil)
		for _, p := range []*Picture{&loaded, &turned} {
			var got []uint8
			for i := range p.Width * p.Height {
				v := p.Pix[4*i]
				got = append(got, v)
				if p.Pix[4*i+1] != v+10 || p.Pix[4*i+2] != v+20 {
					t.Errorf("%+v: pixel %d is %v", c.o, i, p.Pix[4*i:4*i+3])
				}
			}
			if p.Width != c.width || !slices.Equal(got, c.want) {
				t.Errorf("%+v: %v in rows of %d, want %v in rows of %d", c.o, got, p.Width, c.want, c.width)
			}
		}
	}
}

// TestMisuse checks that wrong sizes are named.
func TestMisuse(t *testing.T) {
	p := Picture{make([]uint8, 4*6), 3, 2}
	var dst Picture
	var w Workspace
	for want, f := range map[string]func(){
		"pixel: load: 17 bytes for 3 x 2 pixels":         func() { Load(&dst, make([]uint8, 17), 3, 2, Orientation{}, nil) },
		"pixel: store: 17 bytes for 3 x 2 pixels":        func() { Store(make([]uint8, 17), &p) },
		"pixel: normalize: 17 numbers for 3 x 2 pixels":  func() { Normalize(make([]float32, 17), &p, [3]float32{}, [3]float32{}) },
		"pixel: field: 17 numbers for 3 x 2 pixels":      func() { AddField(&p, make([]float64, 17)) },
		"pixel: noise: deviation of -1":                  func() { AddNoise(&p, 0, -1) },
		"pixel: median: kernel of 4":                     func() { MedianBlur(&w, &dst, &p, 4) },
		"pixel: gaussian: kernel of 7":                   func() { GaussianBlur(&w, &dst, &p, 7) },
		"pixel: filter: kernel of 8 numbers for 3 x 3":   func() { Filter(&w, &dst, &p, make([]float32, 8), 3) },
		"pixel: median: the picture is its own source":   func() { MedianBlur(&w, &p, &p, 3) },
		"pixel: orient: the picture is its own source":   func() { Orient(&p, &p, Orientation{}, nil) },
		"pixel: gaussian: the picture is its own source": func() { GaussianBlur(&w, &Picture{Pix: p.Pix[:0]}, &p, 3) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("panic %v, want %q", got, want)
				}
			}()
			f()
		}()
	}
}
