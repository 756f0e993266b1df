package eval

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"melanoma/internal/onnx"
)

// TestFiguresOfONNXRuntime covers the definitions before the newest ones and
// the attributes that the published node tests leave out. The file is written
// by scripts/onnx_figures.py.
func TestFiguresOfONNXRuntime(t *testing.T) {
	text, err := os.ReadFile("testdata/onnxruntime.json")
	if err != nil {
		t.Fatal(err)
	}
	var figures struct {
		Source string
		Cases  []struct {
			Name    string
			Model   []byte
			Inputs  map[string][]byte
			Outputs [][]byte
		}
	}
	if err := json.Unmarshal(text, &figures); err != nil {
		t.Fatal(err)
	}
	decode := func(raw []byte) *Array {
		path := filepath.Join(t.TempDir(), "tensor.pb")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := readArray(path)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, c := range figures.Cases {
		m, err := onnx.Decode(c.Model)
		if err != nil {
			t.Fatal(err)
		}
		inputs := map[string]*Array{}
		for name, raw := range c.Inputs {
			inputs[name] = decode(raw)
		}
		outputs, err := Run(m, inputs, Options{})
		if err == nil {
			err = checkFolded(m, inputs, outputs)
		}
		for i, v := range m.Graph.Outputs {
			if err == nil {
				if err = differs(outputs[v.Name], decode(c.Outputs[i])); err != nil {
					err = fmt.Errorf("output %d: %w", i, err)
				}
			}
		}
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	t.Logf("%d cases of %s", len(figures.Cases), figures.Source)
}
