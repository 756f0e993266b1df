package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"melanoma/internal/artifact"
)

// Rates is a range test of learning rates as a drawing shows it.
type Rates struct {
	Title  string
	Points []RatePoint // by rising rate
	// Steepest and Lowest are the rates at which the smoothed loss falls most
	// and is lowest; 0 where it does not fall.
	Steepest, Lowest float64
}

// RatePoint is one step of the test.
type RatePoint struct{ Rate, Loss, Smoothed float64 }

// A drawing of its own has the size of a slide's picture.
const (
	drawingWidth  = 640
	drawingHeight = 400
)

// WriteRates draws a range test as an SVG file, atomically: the loss of every
// step and the smoothed one over the rate on a logarithmic axis. Losses far
// above those before the lowest, where training comes apart, are left out.
func WriteRates(path string, r Rates) error {
	svg, err := renderRates(r)
	if err != nil {
		return err
	}
	return artifact.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(svg)
		return err
	})
}

func renderRates(r Rates) ([]byte, error) {
	if len(r.Points) < 2 {
		return nil, fmt.Errorf("report: draw %s: %d points make no curve", r.Title, len(r.Points))
	}
	c := newChart("learning rate", "loss")
	p := c.plot
	p.Title.Text, p.Title.Padding = r.Title, 6
	styleText(&p.Title.TextStyle)
	styleText(&p.Legend.TextStyle)
	p.Legend.Left, p.Legend.Padding, p.Legend.XOffs, p.Legend.YOffs = true, 3, 8, 8
	first, last := r.Points[0].Rate, r.Points[len(r.Points)-1].Rate
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, decades(first, last)
	p.X.Min, p.X.Max = first, last
	p.Y.Min, p.Y.Max = r.visible()
	steps := c.dotted(r.steps(p.Y.Max), roleBandA)
	smooth := c.drawn(r.curve(p.Y.Max), roleA, false)
	if c.err != nil {
		return nil, fmt.Errorf("report: draw %s: %w", r.Title, c.err)
	}
	p.Legend.Add("loss of each step", steps)
	p.Legend.Add("smoothed", smooth)
	for _, mark := range []struct {
		at   float64
		what string
		role role
	}{{r.Steepest, "falls most", roleC}, {r.Lowest, "is lowest", roleB}} {
		if mark.at > 0 {
			line := c.drawn(plotter.XYs{{X: mark.at, Y: p.Y.Min}, {X: mark.at, Y: p.Y.Max}}, mark.role, true)
			p.Legend.Add(fmt.Sprintf("%s at %.2g", mark.what, mark.at), line)
		}
	}
	return standalone(p)
}

// drawn adds a line and returns it, for the legend.
func (c *chart) drawn(xy plotter.XYs, r role, dashed bool) *plotter.Line {
	l, err := plotter.NewLine(xy)
	if err != nil {
		c.err = err
		return nil
	}
	l.Color, l.Width = r, 1.6
	if dashed {
		l.Dashes = []vg.Length{5, 3}
	}
	c.plot.Add(l)
	return l
}

// dotted adds dots and returns them, for the legend.
func (c *chart) dotted(xy plotter.XYs, r role) *plotter.Scatter {
	s, err := plotter.NewScatter(xy)
	if err != nil {
		c.err = err
		return nil
	}
	s.GlyphStyle = draw.GlyphStyle{Color: r, Radius: 1.6, Shape: draw.CircleGlyph{}}
	c.plot.Add(s)
	return s
}

// visible returns the losses that the drawing shows: those up to the lowest
// point of the curve, and half of their span above them.
func (r Rates) visible() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for i, p := range r.Points {
		low = min(low, p.Loss, p.Smoothed)
		if r.Lowest > 0 && p.Rate > r.Lowest || r.Lowest == 0 && i > len(r.Points)/2 {
			continue
		}
		high = max(high, p.Loss, p.Smoothed)
	}
	span := max(high-low, 1e-3)
	return low - 0.05*span, high + 0.5*span
}

// steps returns the losses up to the upper edge.
func (r Rates) steps(high float64) plotter.XYs {
	var xy plotter.XYs
	for _, p := range r.Points {
		if p.Loss <= high {
			xy = append(xy, plotter.XY{X: p.Rate, Y: p.Loss})
		}
	}
	return xy
}

// curve returns the smoothed losses as far as the curve meets the upper edge.
func (r Rates) curve(high float64) plotter.XYs {
	var xy plotter.XYs
	for i, p := range r.Points {
		if p.Smoothed > high && i > 0 {
			before := r.Points[i-1]
			share := (high - before.Smoothed) / (p.Smoothed - before.Smoothed)
			return append(xy, plotter.XY{X: before.Rate * math.Pow(p.Rate/before.Rate, share), Y: high})
		}
		xy = append(xy, plotter.XY{X: p.Rate, Y: p.Smoothed})
	}
	return xy
}

// decades labels powers of ten, with small ticks between.
func decades(low, high float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for e := int(math.Floor(math.Log10(low))); e <= int(math.Ceil(math.Log10(high))); e++ {
		for digit := 1; digit < 10; digit++ {
			t := plot.Tick{Value: float64(digit) * math.Pow10(e)}
			if digit == 1 {
				t.Label = strings.TrimSuffix(fmt.Sprintf("1e%d", e), "e0")
			}
			if t.Value >= low*(1-1e-9) && t.Value <= high*(1+1e-9) {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

var rootColor = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6})`)

// standalone draws a plot as an SVG file in the colours of the page's light
// scheme, which every viewer understands.
func standalone(p *plot.Plot) ([]byte, error) {
	canvas := vgsvg.New(drawingWidth, drawingHeight)
	p.Draw(draw.Crop(draw.New(canvas), 6, -14, 6, -6))
	var buf bytes.Buffer
	if _, err := canvas.WriteTo(&buf); err != nil {
		return nil, err
	}
	svg, err := named(svgFont.ReplaceAll(buf.Bytes(), []byte("font-family:sans-serif;")))
	if err != nil {
		return nil, err
	}
	colors := map[string]string{}
	for _, m := range rootColor.FindAllStringSubmatch(styleSheet, -1) {
		if _, dark := colors[m[1]]; !dark {
			colors[m[1]] = m[2]
		}
	}
	svg = customProperty.ReplaceAllFunc(svg, func(m []byte) []byte {
		return []byte(colors[string(customProperty.FindSubmatch(m)[1])])
	})
	paper := fmt.Sprintf("$0\n<rect width=\"100%%\" height=\"100%%\" fill=\"%s\"/>", colors["paper"])
	return svgTag.ReplaceAll(svg, []byte(paper)), nil
}

var (
	customProperty = regexp.MustCompile(`var\(--([a-z-]+)\)`)
	svgTag         = regexp.MustCompile(`<svg[^>]*>`)
)
