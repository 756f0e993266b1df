package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/internal/numtest"
	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
	"melanoma/models"
)

// Of the 418 published tests of single operators so many pass at least.
const nodeTestsAtLeast = 417

// TestNodeTestsRun runs the published tests of single operators through what
// `models run` does.
func TestNodeTestsRun(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(numtest.Shared(t, "onnx/node"), "test_*"))
	if err != nil {
		t.Fatal(err)
	}
	passed, native, plain := 0, 0, 0
	for _, folder := range folders {
		c, err := runNodeTest(folder)
		if err != nil {
			t.Logf("left out: %s: %v", filepath.Base(folder), err)
			continue
		}
		passed++
		if c.Net == nil {
			continue
		}
		if slices.ContainsFunc(c.Net.Layers, func(l models.Layer) bool { return l.Op == models.OpForeign }) {
			plain++
		} else {
			native++
		}
	}
	t.Logf("%d of %d node tests pass; %d on layers of their own, %d as operators within a network, %d without a network",
		passed, len(folders), native, plain, passed-native-plain)
	if passed < nodeTestsAtLeast {
		t.Errorf("%d node tests pass, want %d", passed, nodeTestsAtLeast)
	}
}

func runNodeTest(folder string) (*models.Computation, error) {
	m, err := onnx.Open(filepath.Join(folder, "model.onnx"))
	if err != nil {
		return nil, err
	}
	data := func(kind string, i int) (*eval.Array, error) {
		tensor, err := onnx.OpenTensor(filepath.Join(folder, "test_data_set_0", fmt.Sprintf("%s_%d.pb", kind, i)))
		if err != nil {
			return nil, err
		}
		return eval.FromTensor(tensor)
	}
	inputs := map[string]*eval.Array{}
	for i, v := range m.Graph.Inputs {
		if inputs[v.Name], err = data("input", i); err != nil {
			return nil, err
		}
	}
	c, err := models.Prepare(folder, m, inputs, eval.Options{})
	if err != nil {
		return nil, err
	}
	outputs, err := new(app).compute(c)
	if err != nil {
		return nil, err
	}
	for i, v := range m.Graph.Outputs {
		want, err := data("output", i)
		if err != nil {
			return nil, err
		}
		if err := differs(outputs[v.Name], want, 1e-3, 1e-7); err != nil {
			return nil, fmt.Errorf("output %s: %w", v.Name, err)
		}
	}
	return c, nil
}

// differs compares with the tolerances of ONNX's own runner: relative plus
// absolute. Integers must be equal.
func differs(got, want *eval.Array, relative, absolute float64) error {
	if got == nil || got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	a, b := got.Float64s(), want.Float64s()
	for i := range b {
		same := a[i] == b[i] || a[i] != a[i] && b[i] != b[i] || want.Type.IsFloat() && math.Abs(a[i]-b[i]) <= absolute+relative*math.Abs(b[i])
		if !same {
			return fmt.Errorf("element %d is %g, want %g", i, a[i], b[i])
		}
	}
	return nil
}

// TestLightNetworksRun runs whole networks. Their input is what ONNX's runner
// generates for them: element i of n is i/n.
func TestLightNetworksRun(t *testing.T) {
	for _, name := range []string{"inception_v1", "densenet121", "resnet50", "vgg19"} {
		t.Run(name, func(t *testing.T) {
			path := numtest.Shared(t, "onnx/light/light_"+name+".onnx")
			m, err := onnx.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			tensor, err := onnx.OpenTensor(numtest.Shared(t, "onnx/light/light_"+name+"_output_0.pb"))
			if err != nil {
				t.Fatal(err)
			}
			want, err := eval.FromTensor(tensor)
			if err != nil {
				t.Fatal(err)
			}
			x := make([]float32, 3*224*224)
			for i := range x {
				x[i] = float32(float64(i) / float64(len(x)))
			}
			inputs := map[string]*eval.Array{m.Graph.Required()[0].Name: eval.Floats(x, 1, 3, 224, 224)}
			c, err := models.Prepare(path, m, inputs, eval.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range c.Net.Layers {
				if l.Op == models.OpForeign {
					t.Errorf("layer %s runs as the plain operator %s", l.Name, l.Foreign.Operator)
				}
			}
			outputs, err := new(app).compute(c)
			if err != nil {
				t.Fatal(err)
			}
			if err := differs(outputs[m.Graph.Outputs[0].Name], want, 1e-3, 1e-7); err != nil {
				t.Error(err)
			}
		})
	}
}
