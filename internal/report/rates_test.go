package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rangeTest is a loss that falls about 1e-3 and explodes above 3e-2.
func rangeTest() Rates {
	r := Rates{Title: `model a<b>&"c", fold 0`, Steepest: 1e-3, Lowest: 1.6e-2}
	for i := range 80 {
		x := -6 + 6*float64(i)/79
		y := 0.7 - 0.4/(1+math.Exp(-4*(x+3))) + math.Exp(8*(x+1))
		r.Points = append(r.Points, RatePoint{Rate: math.Pow(10, x), Loss: y + 0.02*math.Sin(float64(i*i)), Smoothed: y})
	}
	return r
}

// TestRatesAreDrawnWithinTheirFrame: a file that any XML reader takes, in
// colours that any viewer knows, nothing of the explosion outside of the frame.
func TestRatesAreDrawnWithinTheirFrame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rates.svg")
	if err := WriteRates(path, rangeTest()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	svg := string(raw)
	for _, want := range []string{"learning rate", "falls most at 0.001", "is lowest at 0.016", "smoothed", "1e-6", "#0b62a8", "&lt;b&gt;"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in the drawing", want)
		}
	}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "path" {
			within(t, e)
		}
	}
	if strings.Contains(svg, "var(") || strings.Contains(svg, "FD\"") {
		t.Error("the drawing has colours that a viewer does not know")
	}
}

// within checks the corners of a path of straight lines.
func within(t *testing.T, e xml.StartElement) {
	t.Helper()
	for _, a := range e.Attr {
		if a.Name.Local != "d" || strings.Contains(a.Value, "A") {
			continue
		}
		for _, corner := range strings.FieldsFunc(a.Value, func(r rune) bool { return strings.ContainsRune("MLZ", r) }) {
			var x, y float64
			if _, err := fmt.Sscanf(corner, "%g,%g", &x, &y); err != nil {
				t.Fatalf("path %q: %v", a.Value, err)
			}
			if x < 0 || x > drawingWidth || y < 0 || y > drawingHeight {
				t.Errorf("a line goes to (%g, %g)", x, y)
			}
		}
	}
}

func TestRatesThatDoNotFallAndTooFew(t *testing.T) {
	r := rangeTest()
	r.Steepest, r.Lowest = 0, 0
	svg, err := renderRates(r)
	if err != nil || strings.Contains(string(svg), "falls most") {
		t.Errorf("a mark where there is none (%v)", err)
	}
	r.Points = r.Points[:1]
	if _, err := renderRates(r); err == nil {
		t.Error("one point makes a curve")
	}
}
