package cv

import (
	"encoding/json"
	"math"
	"slices"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// Draws are the logits of one fold's training on one set of images, every
// view and posterior sample kept: one row an (image, view, sample), in any
// order.
type Draws struct {
	Source    string // file, for messages
	Classes   []string
	ImageName []string
	View      []int32
	Sample    []int32
	Logits    []float32 // [N,K], K = len(Classes)
}

// Write writes a file of draws/; inputs name the content it was made from.
func (d *Draws) Write(path string, inputs map[string]string) error {
	meta := artifact.Meta{Kind: "draws", Producer: "melanoma predict", Inputs: inputs,
		Extra: map[string]string{"classes": encodeNames(d.Classes)}}
	t := artifact.NewTable(meta).String("image_name", d.ImageName).Int32("view", d.View).
		Int32("sample", d.Sample).Lists("logits", d.Logits, max(1, len(d.Classes)))
	return artifact.Write(path, t)
}

// ReadDraws reads a file of draws.
func ReadDraws(path string) (*Draws, error) {
	t, err := artifact.Read(path, "draws")
	if err != nil {
		return nil, err
	}
	d := &Draws{Source: path}
	c := columns{table: t}
	d.ImageName, d.View, d.Sample = c.strings("image_name"), c.int32s("view"), c.int32s("sample")
	var width int
	d.Logits, width = c.lists("logits")
	d.Classes = c.classes()
	if c.err == nil && width != len(d.Classes) {
		c.err = fault.New(fault.Input, "", "cv: %s: %d logits a row for %d classes", path, width, len(d.Classes))
	}
	return d, c.err
}

func encodeNames(names []string) string {
	b, err := json.Marshal(names)
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(b)
}

// FoldDraws are the draws of one fold's training.
type FoldDraws struct {
	Fold int
	*Draws
}

// grid holds the logits of one image as [sample,view,K], ready to average.
type grid struct {
	logits         []float32
	samples, views int
}

// grids returns each image's draws in the order (sample, view), whatever the
// order of the rows was. Every image must have every view of every sample
// exactly once.
func (d *Draws) grids() (map[string]grid, error) {
	k := len(d.Classes)
	if k < 2 || len(d.View) != len(d.ImageName) || len(d.Sample) != len(d.ImageName) || len(d.Logits) != len(d.ImageName)*k {
		return nil, fault.New(fault.Input, "", "cv: %s: %d rows with %d logits of %d classes", d.Source, len(d.ImageName), len(d.Logits), k)
	}
	views, viewCount := compact(d.View)
	samples, sampleCount := compact(d.Sample)
	nv, ns := len(viewCount), len(sampleCount)
	rowOf := make(map[string][]int, len(d.ImageName)/max(1, nv*ns))
	for i, name := range d.ImageName {
		rows := rowOf[name]
		if rows == nil {
			rows = slices.Repeat([]int{-1}, nv*ns)
			rowOf[name] = rows
		}
		at := samples[i]*nv + views[i]
		if rows[at] >= 0 {
			return nil, d.wrong(name, "has view %d of sample %d twice", d.View[i], d.Sample[i])
		}
		rows[at] = i
		for _, v := range d.Logits[i*k : (i+1)*k] {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return nil, d.wrong(name, "has a logit of %v in view %d of sample %d", v, d.View[i], d.Sample[i])
			}
		}
	}
	out := make(map[string]grid, len(rowOf))
	for _, name := range d.ImageName { // not over the map: the first error is the same every time
		if _, done := out[name]; done {
			continue
		}
		g := grid{logits: make([]float32, 0, nv*ns*k), samples: ns, views: nv}
		for at, i := range rowOf[name] {
			if i < 0 {
				return nil, d.wrong(name, "lacks one of %d views of %d samples (number %d)", nv, ns, at+1)
			}
			g.logits = append(g.logits, d.Logits[i*k:(i+1)*k]...)
		}
		out[name] = g
	}
	return out, nil
}

func (d *Draws) wrong(name, format string, args ...any) error {
	return fault.New(fault.Input, "remake it with melanoma predict", "cv: %s: image %s "+format, append([]any{d.Source, name}, args...)...)
}
