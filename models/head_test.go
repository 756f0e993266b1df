package models

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
	"melanoma/internal/graph"
)

func TestNewHeadKeepsTheBackbone(t *testing.T) {
	backbone, old := miniature(t)
	path := writeNet(t, backbone, old)
	net, weights, err := Build(Config{
		ONNX: path, Classes: 3, Size: 16, Dropout: 0.5, DropoutSamples: 5, Meta: &MetaConfig{Inputs: 4, Dropout: 0.3}, Seed: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range backbone.Params {
		same := slices.Equal(weights[p.Name], old[p.Name])
		if strings.HasPrefix(p.Name, "classifier") == same {
			t.Errorf("%s is the old one: %t", p.Name, same)
		}
	}
	if err := net.CheckWeights(weights); err != nil {
		t.Error(err)
	}
	for name, want := range map[string][]int{
		"meta.0.weight": {512, 4}, "meta.1.running_var": {512}, "meta.4.weight": {128, 512}, "meta.5.bias": {128}, "classifier.weight": {3, 140},
	} {
		if p, ok := net.Param(name); !ok || !slices.Equal(p.Shape, want) {
			t.Errorf("%s has shape %v, want %v", name, p.Shape, want)
		}
	}
	p, err := net.Instantiate(Instance{Batch: 2, Train: true, Targets: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Differentiate(); err != nil {
		t.Fatal(err)
	}
	if p.Inputs["meta"] == nil || p.Inputs["images"].Shape()[1] != 16 {
		t.Errorf("inputs %v", p.Inputs)
	}
	if drops := countDropouts(p.Graph); drops[0.5] == 0 || drops[0.3] == 0 {
		t.Errorf("dropouts by rate: %v", drops)
	}
	still, err := net.Instantiate(Instance{Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if drops := countDropouts(still.Graph); len(drops) != 0 {
		t.Errorf("dropouts in evaluation: %v", drops)
	}
}

// countDropouts counts the dropout masks of a graph by their rate.
func countDropouts(g *gorgonia.ExprGraph) map[float64]int {
	count := map[float64]int{}
	for _, n := range g.AllNodes() {
		if op, ok := n.Op().(graph.Op); ok {
			if mask, ok := op.Spec.(graph.DropoutMask); ok {
				count[mask.Rate]++
			}
		}
	}
	return count
}

func TestHeadIsKeptOnRequest(t *testing.T) {
	backbone, old := miniature(t)
	path := writeNet(t, backbone, old)
	net, weights, err := Build(Config{ONNX: path, KeepHead: true, Dropout: 0.2})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(weights["classifier.weight"], old["classifier.weight"]) {
		t.Error("the classifier's weights changed")
	}
	if l := net.Layer("dropout"); l == nil || l.Rate != 0.2 || net.Layer("logits").Inputs[0] != "dropout" {
		t.Error("there is no dropout before the classifier")
	}
	if _, _, err := Build(Config{ONNX: path, KeepHead: true, Classes: 9}); fault.KindOf(err) != fault.Usage {
		t.Errorf("another class count: %v", err)
	}
}

func TestWrongSettingsAreUsageErrors(t *testing.T) {
	for name, c := range map[string]Config{
		"nothing":       {},
		"one class":     {Arch: "tiny", Classes: 1},
		"dropout of 1":  {Arch: "tiny", Classes: 2, Dropout: 1},
		"size":          {Arch: "tiny", Classes: 2, Size: -1},
		"no columns":    {Arch: "tiny", Classes: 2, Meta: &MetaConfig{}},
		"hidden of 0":   {Arch: "tiny", Classes: 2, Meta: &MetaConfig{Inputs: 2, Hidden: []int{0}}},
		"kept and meta": {Arch: "tiny", KeepHead: true, Meta: &MetaConfig{Inputs: 2}},
		"zero std":      {Arch: "tiny", Classes: 2, Std: &[3]float32{1, 0, 1}},
	} {
		if _, _, err := Build(c); fault.KindOf(err) != fault.Usage || fault.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWrongShapesNameTheLayer(t *testing.T) {
	net, _ := smallest()
	net.Params[0].Shape = []int{2, 3, 7, 7}
	_, err := net.Instantiate(Instance{Batch: 1, Size: 4})
	if err == nil || !strings.Contains(err.Error(), "layer conv at 4 pixels") || fault.HintOf(err) == "" {
		t.Errorf("kernel larger than the image: %v", err)
	}
	if _, err := net.Instantiate(Instance{Batch: 0}); fault.KindOf(err) != fault.Usage {
		t.Errorf("no batch: %v", err)
	}
}

func TestWeightsFileRoundTrip(t *testing.T) {
	net, weights := miniature(t)
	path := filepath.Join(t.TempDir(), "weights.arrow")
	meta := artifact.Meta{Producer: "melanoma train", Inputs: map[string]string{"folds": "00ff"}, Extra: map[string]string{"epoch": "3"}}
	if err := WriteWeights(path, net, weights, meta); err != nil {
		t.Fatal(err)
	}
	again, facts, err := ReadWeights(path, net)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range weights {
		if !slices.Equal(again[name], v) {
			t.Errorf("%s differs", name)
		}
	}
	if facts.Producer != "melanoma train" || facts.Inputs["folds"] != "00ff" || facts.Extra["epoch"] != "3" || facts.Extra["net"] != "miniature" {
		t.Errorf("facts %+v", facts)
	}
	other, _ := smallest()
	if _, _, err := ReadWeights(path, other); fault.KindOf(err) != fault.Input {
		t.Errorf("another network's weights: %v", err)
	}
	delete(weights, "bn1.bias")
	if err := WriteWeights(path, net, weights, meta); err == nil || !strings.Contains(err.Error(), "bn1.bias") {
		t.Errorf("missing values: %v", err)
	}
}
