package models

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// timmDepth is one depth of timm's grouping of a network.
type timmDepth struct {
	BeforeHead int      `json:"before_head"`
	Decays     []string `json:"decays"`
	DoesNot    []string `json:"does_not"`
}

func timmDepths(t *testing.T) map[string][]timmDepth {
	t.Helper()
	text, err := os.ReadFile("testdata/timm_layer_decay.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Networks map[string][]timmDepth }
	if err := json.Unmarshal(text, &file); err != nil || len(file.Networks) < 4 {
		t.Fatalf("%d networks, %v", len(file.Networks), err)
	}
	return file.Networks
}

// TestDepthsAreThoseOfTimm compares with the layers by which timm lets
// learning rates decay, the networks that can be built here as a whole.
func TestDepthsAreThoseOfTimm(t *testing.T) {
	for name, want := range timmDepths(t) {
		if !slices.Contains(List(), name) {
			continue
		}
		net, err := buildArch(name)
		if err != nil {
			t.Fatal(err)
		}
		depths, count := net.Depths()
		if count != len(want) {
			t.Errorf("%s: %d depths, timm has %d", name, count, len(want))
		}
		for _, d := range want {
			for _, p := range slices.Concat(d.Decays, d.DoesNot) {
				if depth, ok := depths[p]; !ok || count-1-depth != d.BeforeHead {
					t.Errorf("%s: %s stands %d before the head, timm says %d", name, p, count-1-depth, d.BeforeHead)
				}
			}
		}
	}
}

func TestDepthsByNameAreThoseOfTimm(t *testing.T) {
	for name, want := range timmDepths(t) {
		var names []string
		for _, d := range want {
			if d.BeforeHead > 0 {
				names = append(names, slices.Concat(d.Decays, d.DoesNot)...)
			}
		}
		depths, count := depthsByName(names)
		for _, d := range want {
			for _, p := range slices.Concat(d.Decays, d.DoesNot) {
				if d.BeforeHead > 0 && count-depths[p] != d.BeforeHead {
					t.Errorf("%s: %s stands %d before the head, timm says %d", name, p, count-depths[p], d.BeforeHead)
				}
			}
		}
	}
}

// TestDepthsOfNamelessFilesGoBySize renames every parameter as exporters do.
func TestDepthsOfNamelessFilesGoBySize(t *testing.T) {
	net, _, err := Build(Config{Arch: "tiny", Classes: 3, Meta: &MetaConfig{Inputs: 4, Hidden: []int{8}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, count := net.Depths(); count != 9 { // stem, seven blocks, head
		t.Errorf("%d depths by name, want 9", count)
	}
	mangled := net.Clone()
	for i := range mangled.Params {
		mangled.Params[i].Name = "onnx." + mangled.Params[i].Name[len(mangled.Params[i].Name)/2:] + string(rune('a'+i%26)) + string(rune('a'+i/26))
	}
	rename := map[string]string{}
	for i, p := range net.Params {
		rename[p.Name] = mangled.Params[i].Name
	}
	for i := range mangled.Layers {
		for j, p := range mangled.Layers[i].Params {
			mangled.Layers[i].Params[j] = rename[p]
		}
	}
	depths, count := mangled.Depths()
	if count != 5 { // sides 32, 16, 8, 4 and the head
		t.Errorf("%d depths by size, want 5", count)
	}
	for p, want := range map[string]int{"conv_stem.weight": 0, "blocks.1.0.se.conv_expand.bias": 1, "conv_head.weight": 3, "classifier.weight": 4, "meta.0.weight": 4} {
		if got, ok := depths[rename[p]]; !ok || got != want {
			t.Errorf("%s has depth %d, want %d", p, got, want)
		}
	}
}
