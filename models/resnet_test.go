package models

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestWinnersHeadOnEveryFamily puts dropout samples, metadata and stochastic
// depth on a member of each family and builds the training graph.
func TestWinnersHeadOnEveryFamily(t *testing.T) {
	for arch, want := range map[string]struct {
		classifier string
		features   int
	}{
		"tf_efficientnet_lite1": {"classifier", 1280}, "resnet18": {"fc", 512}, "resnest14d": {"fc", 2048}, "seresnext26d_32x4d": {"fc", 2048},
	} {
		net, weights, err := Build(Config{Arch: arch, Size: 33, Classes: 2, Dropout: 0.5, DropoutSamples: 5, StochasticDepth: 0.2, Meta: &MetaConfig{Inputs: 7}})
		if err != nil {
			t.Fatal(err)
		}
		if err := net.CheckWeights(weights); err != nil {
			t.Error(err)
		}
		if p, ok := net.Param(want.classifier + ".weight"); !ok || !slices.Equal(p.Shape, []int{2, want.features + 128}) {
			t.Errorf("%s: the classifier is %+v", arch, p)
		}
		p, err := net.Instantiate(Instance{Batch: 2, Train: true, Targets: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Differentiate(); err != nil {
			t.Error(err)
		}
	}
}

// TestStochasticDepthGrowsAsTimms compares the rates with those of timm
// 1.0.31's drop_path_rate=0.2.
func TestStochasticDepthGrowsAsTimms(t *testing.T) {
	for arch, want := range map[string]map[string]float64{
		// rate*block/16 blocks, on those with a shortcut
		"tf_efficientnet_b0": {"blocks.1.1": 0.025, "blocks.2.1": 0.05, "blocks.3.1": 0.075, "blocks.5.3": 0.1750},
		// rate*block/(8-1), on all but the first
		"resnet18":   {"layer1.1": 0.2 / 7, "layer2.0": 0.4 / 7, "layer4.1": 0.2},
		"resnest14d": {"layer2.0": 0.2 / 3, "layer4.0": 0.2},
	} {
		net, _, err := Build(Config{Arch: arch, Classes: 2, StochasticDepth: 0.2})
		if err != nil {
			t.Fatal(err)
		}
		adds := 0
		for i, l := range net.Layers {
			if l.Op != OpAdd {
				continue
			}
			adds++
			block := strings.TrimSuffix(l.Name, ".add")
			depth := net.Layer(l.Inputs[0])
			if depth.Op != OpDepth {
				if adds > 1 {
					t.Errorf("%s: %s has no stochastic depth before it, layer %d", arch, l.Name, i)
				}
				continue
			}
			if rate, ok := want[block]; ok && math.Abs(depth.Rate-rate) > 1e-12 {
				t.Errorf("%s: %s has rate %g, want %g", arch, block, depth.Rate, rate)
			}
			delete(want, block)
		}
		for block := range want {
			t.Errorf("%s: %s has no stochastic depth", arch, block)
		}
	}
}

func TestStochasticDepthNeedsAnArchitecture(t *testing.T) {
	for _, c := range []Config{{Arch: "tiny", StochasticDepth: 1}, {Arch: "tiny", StochasticDepth: -0.1}, {ONNX: "net.onnx", StochasticDepth: 0.2}} {
		if _, _, err := Build(c); err == nil || !strings.Contains(err.Error(), "stochastic depth") {
			t.Errorf("%+v: error %v", c, err)
		}
	}
}
