package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"melanoma/augment"
	"melanoma/internal/numtest"
)

// goldenTransform is one case of golden/augment: expected pictures are
// albumentations' own.
type goldenTransform struct {
	Transform, Input, Output string
	Params                   json.RawMessage
}

func goldenTransforms(t *testing.T) (folder string, cases []goldenTransform) {
	t.Helper()
	path := numtest.Golden(t, "augment/cases.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Cases []goldenTransform }
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(path), list.Cases
}

// TestGoldenAugmentApply runs every case through the command in both modes
// and prints the table of differences. Parity mode has none; fast mode has
// them only where ElasticTransform's field is left out.
func TestGoldenAugmentApply(t *testing.T) {
	folder, cases := goldenTransforms(t)
	differences := map[string]*difference{}
	for _, c := range cases {
		for _, mode := range []string{augment.ModeParity, augment.ModeFast} {
			t.Run(c.Transform+" "+c.Output+" "+mode, func(t *testing.T) {
				d := runGolden(t, folder, c, mode)
				key := c.Transform + " " + mode
				if differences[key] == nil {
					differences[key] = &difference{}
				}
				differences[key].merge(d)
				switch {
				case mode == augment.ModeFast && strings.Contains(c.Transform+string(c.Params), "elastic_transform"):
					// A tenth of the pixels move by 1/32 pixel: 0.004 levels in
					// the mean of a photograph, 0.3 of noise.
					if winnersField(c) && d.mean() > 0.5 {
						t.Errorf("without the field: %v", d)
					}
				case d.most > 0:
					t.Errorf("differs: %v", d)
				}
			})
		}
	}
	t.Log("\n" + differenceTable(cases, differences))
}

// winnersField reports an elastic transform with a field as weak as that of
// the winners' recipe.
func winnersField(c goldenTransform) bool {
	var p struct{ Alpha, Sigma float64 }
	return c.Transform == "elastic_transform" && json.Unmarshal(c.Params, &p) == nil && p.Alpha <= 3 && p.Sigma >= 50
}

// runGolden applies a case through the command and compares.
func runGolden(t *testing.T, folder string, c goldenTransform, mode string) difference {
	t.Helper()
	out := filepath.Join(t.TempDir(), c.Output)
	a := &app{stdout: os.Stdout, stderr: os.Stderr}
	o := augmentApplyOptions{transform: c.Transform, params: string(c.Params), mode: mode}
	in := filepath.Join(folder, c.Input)
	if _, err := os.Stat(in); err != nil { // photographs are there once
		in = numtest.Shared(t, "data/ham10000/images/"+filepath.Base(c.Input))
	}
	if err := a.runAugmentApply(o, in, out); err != nil {
		t.Fatal(err)
	}
	d := difference{cases: 1}
	if filepath.Ext(c.Output) == ".npy" {
		d.arrays(t, out, filepath.Join(folder, c.Output))
	} else {
		d.pictures(t, out, filepath.Join(folder, c.Output))
	}
	return d
}

// difference sums up how far results are from what was expected.
type difference struct {
	cases, pixels, changed int
	sum, most              float64 // of absolute differences of channels
}

func (d *difference) merge(o difference) {
	d.cases, d.pixels, d.changed = d.cases+o.cases, d.pixels+o.pixels, d.changed+o.changed
	d.sum, d.most = d.sum+o.sum, max(d.most, o.most)
}

func (d difference) mean() float64  { return d.sum / float64(3*d.pixels) }
func (d difference) share() float64 { return float64(d.changed) / float64(d.pixels) }

func (d difference) String() string {
	return fmt.Sprintf("at most %g, mean %.3g, %.3g%% of pixels", d.most, d.mean(), 100*d.share())
}

// add takes one pixel.
func (d *difference) add(channels [3]float64) {
	d.pixels++
	if channels != [3]float64{} {
		d.changed++
	}
	for _, v := range channels {
		if math.IsNaN(v) {
			v = math.Inf(1)
		}
		d.sum, d.most = d.sum+math.Abs(v), max(d.most, math.Abs(v))
	}
}

func (d *difference) pictures(t *testing.T, got, want string) {
	t.Helper()
	a, err := readPicture(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := readPicture(want)
	if err != nil {
		t.Fatal(err)
	}
	if a.Width != b.Width || a.Height != b.Height {
		t.Fatalf("%d x %d pixels, want %d x %d", a.Width, a.Height, b.Width, b.Height)
	}
	for i := 0; i < len(a.Pix); i += 3 {
		var pixel [3]float64
		for c := range pixel {
			pixel[c] = float64(a.Pix[i+c]) - float64(b.Pix[i+c])
		}
		d.add(pixel)
	}
}

func (d *difference) arrays(t *testing.T, got, want string) {
	t.Helper()
	a, err := readNPY(got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := readNPY(want)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.shape, b.shape) {
		t.Fatalf("shape %v, want %v", a.shape, b.shape)
	}
	for i := 0; i+2 < len(a.data); i += 3 {
		var pixel [3]float64
		for c := range pixel {
			pixel[c] = float64(a.data[i+c]) - float64(b.data[i+c])
		}
		d.add(pixel)
	}
}

// differenceTable is the table of docs/augmentation.md.
func differenceTable(cases []goldenTransform, differences map[string]*difference) string {
	var names []string
	for _, c := range cases {
		if !slices.Contains(names, c.Transform) {
			names = append(names, c.Transform)
		}
	}
	var table strings.Builder
	table.WriteString("| transform | cases | parity: max | mean | pixels | fast: max | mean | pixels |\n|---|---|---|---|---|---|---|---|\n")
	for _, name := range names {
		parity, fast := differences[name+" "+augment.ModeParity], differences[name+" "+augment.ModeFast]
		if parity == nil || fast == nil {
			continue // -run chose others
		}
		fmt.Fprintf(&table, "| %s | %d |", name, parity.cases)
		for _, d := range []*difference{parity, fast} {
			fmt.Fprintf(&table, " %g | %.2g | %.2g%% |", d.most, d.mean(), 100*d.share())
		}
		table.WriteString("\n")
	}
	return table.String()
}
