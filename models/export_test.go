package models

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/onnx"
	"melanoma/internal/safetensors"
)

var someOrigin = Origin{
	Classes: []string{"naevus", "melanoma"}, Positive: "melanoma", Run: "demo", RunID: "0123456789abcdef", Model: "tiny", Fold: "0", License: "CC-BY-NC-4.0",
}

// wantFacts is what a file says of someOrigin, besides the network.
var wantFacts = map[string]string{
	"melanoma.classes": `["naevus","melanoma"]`, "melanoma.positive": "melanoma", "melanoma.run": "demo", "melanoma.run_id": "0123456789abcdef",
	"melanoma.model": "tiny", "melanoma.fold": "0", "melanoma.data_license": "CC-BY-NC-4.0",
}

func checkFacts(t *testing.T, metadata map[string]string, net *Net, size int) {
	t.Helper()
	for key, want := range wantFacts {
		if metadata[key] != want {
			t.Errorf("%s is %q, want %q", key, metadata[key], want)
		}
	}
	var p struct {
		Size                    int
		Channels, Layout, Input string
		Mean, Std               [3]float32
	}
	if err := json.Unmarshal([]byte(metadata["melanoma.preprocessing"]), &p); err != nil {
		t.Fatal(err)
	}
	if p.Size != size || p.Channels != "RGB" || p.Layout != "NCHW" || p.Mean != net.Mean || p.Std != net.Std || p.Input != "(pixel / 255 - mean) / std" {
		t.Errorf("preprocessing %+v", p)
	}
}

func TestExportedFileSaysWhereItIsFrom(t *testing.T) {
	net, weights, err := Build(Config{Arch: "tiny", Classes: 2, Size: 48, Dropout: 0.5, DropoutSamples: 5})
	if err != nil {
		t.Fatal(err)
	}
	net.Mean = [3]float32{0.7, 0.6, 0.5}
	var b bytes.Buffer
	if err := WriteONNX(&b, net, weights, 0, FromOrigin(someOrigin), FixedBatch(4)); err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Decode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	checkFacts(t, m.Metadata, net, 48)
	for _, v := range append(slices.Clone(m.Graph.Inputs), m.Graph.Outputs...) {
		if v.Dims[0].Size != 4 {
			t.Errorf("%s has the batch %+v, want 4", v.Name, v.Dims[0])
		}
	}
	path := writeBytes(t, b.Bytes())
	if o, err := ReadOrigin(path); err != nil || !reflect.DeepEqual(o, someOrigin) {
		t.Errorf("read %+v, error %v", o, err)
	}
	again, weightsAgain, err := ReadONNX(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(net, again) || !reflect.DeepEqual(weights, weightsAgain) {
		t.Error("the network that was read differs")
	}
	if err := WriteONNX(&b, net, weights, 0, FromOrigin(Origin{Classes: []string{"one"}})); err == nil {
		t.Error("one name for two classes was written")
	}
}

func TestFoldedFileReadsBackEqual(t *testing.T) {
	net, weights, err := Build(Config{Arch: "tiny", Classes: 3, Meta: &MetaConfig{Inputs: 5, Hidden: []int{4}}})
	if err != nil {
		t.Fatal(err)
	}
	folded, foldedWeights := net.FoldBatchNorm(weights)
	again, weightsAgain, err := ReadONNX(writeNet(t, folded, foldedWeights), 0)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(folded, again) || !reflect.DeepEqual(foldedWeights, weightsAgain) {
		t.Error("the network that was read differs")
	}
}

func TestWeightsUnderTimmsNamesReadBackEqual(t *testing.T) {
	net, weights, err := Build(Config{Arch: "tiny", Classes: 2, Size: 40, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	net.Std = [3]float32{0.3, 0.2, 0.1}
	var b bytes.Buffer
	if err := WriteTimm(&b, net, weights, 0, FromOrigin(someOrigin)); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Decode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	checkFacts(t, f.Metadata, net, 40)
	path := writeFile(t, "w.safetensors", b.Bytes())
	if o, err := ReadOrigin(path); err != nil || !reflect.DeepEqual(o, someOrigin) {
		t.Errorf("read %+v, error %v", o, err)
	}
	again, weightsAgain, err := ReadTimm(path, "tiny", 0)
	if err != nil {
		t.Fatal(err)
	}
	if again.Mean != net.Mean || again.Std != net.Std || again.InputSize != 40 || again.Classes != 2 || !reflect.DeepEqual(weights, weightsAgain) {
		t.Errorf("mean %v, std %v, size %d, %d classes, or other weights", again.Mean, again.Std, again.InputSize, again.Classes)
	}
}

// TestTimmCallsTheClassifierByTheArchitecturesName covers families whose
// classifier is fc.
func TestTimmCallsTheClassifierByTheArchitecturesName(t *testing.T) {
	for _, arch := range []string{"tf_efficientnet_lite0", "resnet18"} {
		net, _, err := Build(Config{Arch: arch, Classes: 2})
		if err != nil {
			t.Fatal(err)
		}
		native, err := buildArch(arch)
		if err != nil {
			t.Fatal(err)
		}
		got := slices.Sorted(maps.Values(net.timmClassifier()))
		if want := slices.Sorted(slices.Values(native.Layer(native.Output).Params)); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", arch, got, want)
		}
	}
}

func TestEnsembleIsOneFile(t *testing.T) {
	member := func(classes int, mean float32, meta *MetaConfig) Member {
		net, weights, err := Build(Config{Arch: "tiny", Classes: classes, Size: 32, Meta: meta})
		if err != nil {
			t.Fatal(err)
		}
		net.Mean = [3]float32{mean, mean, mean}
		return Member{net, weights}
	}
	all := []EnsembleModel{
		{"a", []Member{member(2, 0.5, nil), member(2, 0.5, nil)}},
		{"b", []Member{member(2, 0.4, &MetaConfig{Inputs: 3, Hidden: []int{4}})}},
	}
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := WriteEnsemble(b, all, 8, 32, FromOrigin(someOrigin)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two files of one ensemble differ")
	}
	m, err := onnx.Decode(first.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{}
	for _, tensor := range m.Graph.Initializers {
		if made[tensor.Name] {
			t.Errorf("initializer %s is there twice", tensor.Name)
		}
		made[tensor.Name] = true
	}
	var inputs []string
	for _, v := range m.Graph.Inputs {
		made[v.Name], inputs = true, append(inputs, v.Name)
	}
	if want := []string{"pixels", "b.meta"}; !slices.Equal(inputs, want) {
		t.Errorf("inputs %v, want %v", inputs, want)
	}
	for _, n := range m.Graph.Nodes {
		for _, in := range n.Inputs {
			if !made[in] {
				t.Fatalf("%s takes %s, which is not made before it", n.Name, in)
			}
		}
		if made[n.Outputs[0]] {
			t.Fatalf("%s is made twice", n.Outputs[0])
		}
		made[n.Outputs[0]] = true
	}
	if !made["probabilities"] {
		t.Error("no node makes the probabilities")
	}
	all[1].Members[0] = member(3, 0.4, nil)
	if err := WriteEnsemble(&second, all, 1, 32); err == nil || !strings.Contains(err.Error(), "b has 3 classes, the first model has 2") {
		t.Errorf("models of other classes: %v", err)
	}
	if err := WriteEnsemble(&second, nil, 1, 32); err == nil {
		t.Error("an ensemble of nothing was written")
	}
}

func TestNormalisationMustBeFinite(t *testing.T) {
	_, _, err := Build(Config{Arch: "tiny", Mean: &[3]float32{0, float32(math.NaN()), 0}})
	if err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("a mean that is no number: %v", err)
	}
}
