package models

import (
	"math"
	"slices"
	"testing"

	"melanoma/internal/fault"
)

func TestEveryListedArchitectureIsDescribed(t *testing.T) {
	for _, name := range List() {
		s, err := Describe(name, 0)
		if err != nil {
			t.Fatal(err)
		}
		total, work := 0, int64(0)
		for _, l := range s.Layers {
			total += l.Parameters
			work += l.MACs
		}
		if total != s.Parameters || work != s.MACs || s.FLOPs != 2*s.MACs || s.Features == 0 {
			t.Errorf("%s: layers add up to %d parameters and %d multiply-adds, the whole is %+v", name, total, work, s)
		}
	}
}

func TestTinyIsSmall(t *testing.T) {
	s, err := Describe("tiny", 0)
	if err != nil {
		t.Fatal(err)
	}
	if s.Size != 64 || s.MACs > 4e6 {
		t.Errorf("tiny at %d pixels needs %d multiply-adds", s.Size, s.MACs)
	}
}

func TestUnknownArchitectureSuggestsAName(t *testing.T) {
	_, _, err := Build(Config{Arch: "lite0", Classes: 2})
	if fault.KindOf(err) != fault.Usage || err.Error() != `models: no architecture "lite0" (did you mean tf_efficientnet_lite0?)` {
		t.Errorf("error %v", err)
	}
}

func TestRoundChannels(t *testing.T) {
	for _, c := range []struct {
		channels int
		width    float64
		want     int
	}{{32, 1, 32}, {32, 1.1, 32}, {320, 1.1, 352}, {32, 1.2, 40}, {16, 1.4, 24}, {40, 1.8, 72}, {1280, 2, 2560}, {16, 0.25, 8}} {
		if got := roundChannels(c.channels, c.width); got != c.want {
			t.Errorf("%d channels times %g are %d, want %d", c.channels, c.width, got, c.want)
		}
	}
}

func TestSamePaddingIsTensorFlows(t *testing.T) {
	// From tensorflow.org's description of SAME: out = ceil(in/stride), the
	// odd element of padding at the end.
	for _, c := range []struct{ in, kernel, stride, before, after int }{
		{224, 3, 2, 0, 1}, {75, 3, 2, 1, 1}, {112, 5, 2, 1, 2}, {7, 3, 1, 1, 1}, {9, 1, 2, 0, 0}, {4, 5, 2, 1, 2},
	} {
		if before, after := samePad(c.in, c.kernel, c.stride); before != c.before || after != c.after {
			t.Errorf("%+v: padding %d and %d", c, before, after)
		}
	}
}

func TestInitialWeightsFollowTheSeed(t *testing.T) {
	build := func(seed uint64) Weights {
		_, w, err := Build(Config{Arch: "tiny", Classes: 3, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	a, b, c := build(1), build(1), build(2)
	for name := range a {
		if !slices.Equal(a[name], b[name]) {
			t.Errorf("%s differs between two builds of one seed", name)
		}
	}
	if slices.Equal(a["conv_head.weight"], c["conv_head.weight"]) {
		t.Error("two seeds give the same weights")
	}
	// Variance 2/fan-out, within four standard errors.
	for name, fanOut := range map[string]float64{"conv_head.weight": 192, "blocks.2.0.conv_dw.weight": 25} {
		sum := 0.0
		for _, v := range a[name] {
			sum += float64(v) * float64(v)
		}
		n := float64(len(a[name]))
		if got := sum / n * fanOut / 2; math.Abs(got-1) > 4*math.Sqrt(2/n) {
			t.Errorf("%s has %.3f times the variance", name, got)
		}
	}
}
