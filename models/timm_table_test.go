package models

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"strings"
	"testing"
)

// timmRow is what timm says of an architecture.
type timmRow struct {
	Name       string
	Size       int
	Mean, Std  [3]float32
	Parameters int
	State      uint32  `json:"state_crc32"` // of "name shape\n" of every tensor in order
	MACs       int64   `json:"macs"`        // of convolutions and linear layers, by torch's count
	Published  float64 `json:"published_gmacs"`
}

func timmRows(t *testing.T) []timmRow {
	t.Helper()
	data, err := os.ReadFile("testdata/timm.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Architectures []timmRow }
	if err := json.Unmarshal(data, &table); err != nil {
		t.Fatal(err)
	}
	return table.Architectures
}

// TestArchitecturesAreTimms compares names, shapes and order of all tensors,
// preprocessing, parameters and multiply-adds with timm's.
func TestArchitecturesAreTimms(t *testing.T) {
	rows := timmRows(t)
	if names := List(); len(rows) != len(names)-1 {
		t.Errorf("%d rows for %d architectures without tiny", len(rows), len(names)-1)
	}
	for _, want := range rows {
		t.Run(want.Name, func(t *testing.T) {
			t.Parallel()
			net, err := buildArch(want.Name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := net.Summary(0)
			if err != nil {
				t.Fatal(err)
			}
			if s.Size != want.Size || s.Mean != want.Mean || s.Std != want.Std {
				t.Errorf("size %d, mean %v, std %v, want %+v", s.Size, s.Mean, s.Std, want)
			}
			if s.Parameters != want.Parameters {
				t.Errorf("%d parameters, want %d", s.Parameters, want.Parameters)
			}
			var state strings.Builder
			for _, p := range net.Params {
				fmt.Fprintf(&state, "%s %s\n", p.Name, shapeText(p.Shape))
			}
			if crc32.ChecksumIEEE([]byte(state.String())) != want.State {
				t.Errorf("names, shapes or order differ from timm's:\n%.300s...", state.String())
			}
			if s.MACs != want.MACs {
				t.Errorf("%d multiply-adds, want %d", s.MACs, want.MACs)
			}
			// Published figures also count BatchNorm and pooling, and are rounded to hundredths.
			if g := float64(s.MACs) / 1e9; want.Published > 0 && (g > want.Published+0.005 || g < want.Published*0.96-0.005) {
				t.Errorf("%.3f billion multiply-adds, published are %.2f", g, want.Published)
			}
		})
	}
}

// TestPapersFigures holds two families against their papers, which round:
// millions of parameters and billions of multiply-adds of Tan and Le (2019),
// table 2, and of Zhang et al. (2020), table 3 at their sizes.
func TestPapersFigures(t *testing.T) {
	for name, want := range map[string]struct {
		size                 int
		millions, gigaMACs   float64
		withinParams, within float64
	}{
		"tf_efficientnet_b0": {224, 5.3, 0.39, 0.01, 0.02}, "tf_efficientnet_b3": {300, 12, 1.8, 0.03, 0.02},
		"efficientnet_b7": {600, 66, 37, 0.01, 0.03},
		"resnest50d":      {224, 27.5, 5.39, 0.002, 0.01}, "resnest101e": {256, 48.3, 13.4, 0.002, 0.01},
	} {
		s, err := Describe(name, want.size)
		if err != nil {
			t.Fatal(err)
		}
		if m := float64(s.Parameters) / 1e6; math.Abs(m/want.millions-1) > want.withinParams {
			t.Errorf("%s has %.2f million parameters, its paper says %g", name, m, want.millions)
		}
		if g := float64(s.MACs) / 1e9; math.Abs(g/want.gigaMACs-1) > want.within {
			t.Errorf("%s needs %.3f billion multiply-adds, its paper says %g", name, g, want.gigaMACs)
		}
	}
}
