package report

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"regexp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A plot's size in its own units. On a phone one unit is about one pixel, so
// that the 11 units of the labels stay readable.
const (
	chartWidth  = 340
	chartHeight = 250
	labelSize   = 11
)

// role is a colour by its meaning. As a color.Color it is a marker that
// [inline] turns into a custom property of the page's style, so that one plot
// serves both schemes.
type role uint8

const (
	roleInk role = iota
	roleMuted
	roleGrid
	roleA
	roleB
	roleC
	roleBandA
)

var roleNames = [...]string{"ink", "muted", "grid", "a", "b", "c", "band-a"}

// RGBA implements color.Color. The added 128 keeps the eight upper bits of
// the backend's truncating conversion.
func (r role) RGBA() (red, green, blue, alpha uint32) {
	return 0x01*257 + 128, uint32(r)*257 + 128, 0xFD*257 + 128, 0xFFFF
}

// figure is a plot as the page shows it.
type figure struct {
	Title, Caption, Alt string
	Keys                []legendKey
	Width, Height       int
	Body                template.HTML // inside of the svg element
}

// legendKey is one entry of a plot's legend, set as text above it.
// Mark is "line", "dashed" or "dot".
type legendKey struct{ Label, Role, Mark string }

// chart collects one plot. The first error sticks and comes out of figure.
type chart struct {
	plot *plot.Plot
	keys []legendKey
	err  error
}

func newChart(xLabel, yLabel string) *chart {
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Label.Text, p.Y.Label.Text = xLabel, yLabel
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color = roleMuted
		a.LineStyle.Width = 0.5
		a.Padding = 0
		styleText(&a.Label.TextStyle)
		styleText(&a.Tick.Label)
		a.Tick.LineStyle.Color, a.Tick.LineStyle.Width = roleMuted, 0.5
		a.Tick.Length = 3
	}
	grid := plotter.NewGrid()
	for _, s := range []*draw.LineStyle{&grid.Vertical, &grid.Horizontal} {
		s.Color, s.Width, s.Dashes = roleGrid, 0.7, nil
	}
	p.Add(grid)
	return &chart{plot: p}
}

func styleText(s *text.Style) {
	s.Color = roleInk
	s.Font = font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, labelSize)
}

// unitAxis gives an axis the range [0, 1] with the same ticks on every plot.
func unitAxis(a *plot.Axis) {
	a.Min, a.Max = 0, 1
	a.Tick.Marker = plot.ConstantTicks{
		{Value: 0, Label: "0"}, {Value: 0.25, Label: "0.25"}, {Value: 0.5, Label: "0.5"},
		{Value: 0.75, Label: "0.75"}, {Value: 1, Label: "1"},
	}
}

// key adds a legend entry; an entry that is there already is not repeated.
func (c *chart) key(label string, r role, mark string) {
	k := legendKey{Label: label, Role: roleNames[r], Mark: mark}
	for _, have := range c.keys {
		if have == k {
			return
		}
	}
	if label != "" {
		c.keys = append(c.keys, k)
	}
}

// line adds a polyline; fewer than two points draw nothing.
func (c *chart) line(label string, xy plotter.XYs, r role, width vg.Length, dashed bool) {
	if len(xy) < 2 || c.err != nil {
		return
	}
	l, err := plotter.NewLine(xy)
	if err != nil {
		c.err = err
		return
	}
	l.Color, l.Width = r, width
	mark := "line"
	if dashed {
		l.Dashes, mark = []vg.Length{4, 3}, "dashed"
	}
	c.plot.Add(l)
	c.key(label, r, mark)
}

// dots adds filled circles of the given radius.
func (c *chart) dots(label string, xy plotter.XYs, r role, radius vg.Length) {
	if len(xy) == 0 || c.err != nil {
		return
	}
	s, err := plotter.NewScatter(xy)
	if err != nil {
		c.err = err
		return
	}
	s.GlyphStyle = draw.GlyphStyle{Color: r, Radius: radius, Shape: draw.CircleGlyph{}}
	c.plot.Add(s)
	c.key(label, r, "dot")
}

// segments adds unconnected straight lines: the whiskers of intervals.
func (c *chart) segments(pairs [][2]plotter.XY, r role, width vg.Length) {
	for _, pair := range pairs {
		c.line("", plotter.XYs{pair[0], pair[1]}, r, width, false)
	}
}

// figure draws the plot and takes it into the page's style.
func (c *chart) figure(title, caption, alt string) (figure, error) {
	if c.err != nil {
		return figure{}, fmt.Errorf("report: draw %s: %w", title, c.err)
	}
	body, err := paint(chartWidth, chartHeight, func(dc draw.Canvas) { c.plot.Draw(dc) })
	return figure{Title: title, Caption: caption, Alt: alt, Keys: c.keys,
		Width: chartWidth, Height: chartHeight, Body: body}, err
}

// paint runs a drawing on a fresh SVG canvas and returns what is inside of
// its svg element.
func paint(width, height vg.Length, drawing func(draw.Canvas)) (template.HTML, error) {
	canvas := vgsvg.New(width, height)
	dc := draw.New(canvas)
	// Half of the last tick label would stand outside.
	drawing(draw.Crop(dc, 1, -8, 1, -6))
	var buf bytes.Buffer
	if _, err := canvas.WriteTo(&buf); err != nil {
		return "", err
	}
	return inline(buf.Bytes())
}

var (
	svgOpen  = regexp.MustCompile(`(?s)^.*?<svg[^>]*>`)
	svgClose = regexp.MustCompile(`(?s)</svg>\s*$`)
	svgFont  = regexp.MustCompile(`font-family:[^;"]*;font-variant:[^;"]*;font-weight:[^;"]*;font-style:[^;"]*;`)
	svgColor = regexp.MustCompile(`(fill|stroke):#01([0-9A-F]{2})FD`)
)

// inline takes off the document around the drawing and its font, and names its
// colours. Texts were escaped by the backend, which leaves no quote in them to
// end an attribute.
func inline(svg []byte) (template.HTML, error) {
	svg = svgOpen.ReplaceAll(svg, nil)
	svg = svgClose.ReplaceAll(svg, nil)
	svg, err := named(svgFont.ReplaceAll(svg, nil))
	return template.HTML(svg), err
}

// named turns the colour markers of a drawing into names of the page's style.
func named(svg []byte) ([]byte, error) {
	var bad error
	svg = svgColor.ReplaceAllFunc(svg, func(m []byte) []byte {
		part := svgColor.FindSubmatch(m)
		var index int
		if _, err := fmt.Sscanf(string(part[2]), "%X", &index); err != nil || index >= len(roleNames) {
			bad = fmt.Errorf("report: plot has the unknown colour %s", m)
			return m
		}
		return fmt.Appendf(nil, "%s:var(--%s)", part[1], roleNames[index])
	})
	return svg, bad
}

// simplify leaves out points closer than about half a pixel to the last one
// kept, so that a curve of many thousand rows stays a few kilobytes.
func simplify(xy plotter.XYs, width, height float64) plotter.XYs {
	const pixels = 500
	var kept plotter.XYs
	for i, p := range xy {
		if i > 0 && i+1 < len(xy) {
			last := kept[len(kept)-1]
			if math.Abs(p.X-last.X) < width/pixels && math.Abs(p.Y-last.Y) < height/pixels {
				continue
			}
		}
		kept = append(kept, p)
	}
	return kept
}
