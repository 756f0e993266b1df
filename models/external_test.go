package models

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/numtest"
	"melanoma/internal/onnx"
)

// storeOutside moves an initializer's bytes to a second file and returns the
// model's path.
func storeOutside(t *testing.T, m file, name, location string, offset int64) string {
	t.Helper()
	w := m.initializer(t, name)
	raw, err := w.Raw()
	if err != nil {
		t.Fatal(err)
	}
	w.External = &onnx.External{Location: location, Offset: offset}
	var model bytes.Buffer
	if err := m.Encode(&model); err != nil {
		t.Fatal(err)
	}
	path := writeBytes(t, model.Bytes())
	content := append(make([]byte, 12), raw...)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "net.data"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWeightsInASecondFile(t *testing.T) {
	_, weights := miniature(t)
	for name, c := range map[string]struct {
		location string
		offset   int64
		want     string
	}{
		"beside the model":  {"net.data", 12, ""},
		"beyond its end":    {"net.data", 16, "reaches beyond the end of net.data"},
		"absent":            {"other.data", 12, "stored in a second file, other.data, which cannot be read"},
		"outside of folder": {"../net.data", 12, "outside of the model's folder"},
	} {
		_, got, err := ReadONNX(storeOutside(t, decoded(t), "conv_head.weight", c.location, c.offset), 13)
		switch {
		case c.want == "" && (err != nil || !slices.Equal(got["conv_head.weight"], weights["conv_head.weight"])):
			t.Errorf("%s: error %v or wrong values", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

// TestGraphOfThePyTorchExporter reads a graph of PyTorch's newer exporter
// whose weights were not published: zeros stand in for them.
func TestGraphOfThePyTorchExporter(t *testing.T) {
	model, err := os.ReadFile(numtest.Shared(t, "onnx/efficientnet_b0_onnx_graph_only/efficientnet_b0.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	path := writeBytes(t, model)
	zeros := filepath.Join(filepath.Dir(path), "efficientnet_b0.onnx.data")
	if err := os.WriteFile(zeros, make([]byte, 20<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	net, _, err := ReadONNX(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	native, _, err := Build(Config{Arch: "efficientnet_b0", Classes: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(net.Layers) != len(native.Layers) || len(net.Params) != len(native.Params) {
		t.Fatalf("%d layers and %d parameters, want %d and %d", len(net.Layers), len(net.Params), len(native.Layers), len(native.Params))
	}
	for i, l := range net.Layers {
		want := native.Layers[i]
		want.Name, want.Inputs = l.Name, l.Inputs
		if l.Op != want.Op || !slices.Equal(l.Params, want.Params) || l.Stride != want.Stride || l.Pad != want.Pad || l.Epsilon != want.Epsilon || l.Momentum != want.Momentum {
			t.Errorf("layer %d is %+v, want %+v", i, l, want)
		}
	}
}
