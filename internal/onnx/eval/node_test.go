package eval

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/numtest"
	"melanoma/internal/onnx"
)

// The published tests of single operators: 418 folders with a model, inputs
// and outputs.
const nodeTests = 418

// leftOut has the reason for every folder that is not run.
var leftOut = map[string]string{
	"test_identity_opt": "its value is an optional sequence of tensors, not a tensor",
}

func TestPublishedNodeTests(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(numtest.Shared(t, "onnx/node"), "test_*"))
	if err != nil {
		t.Fatal(err)
	}
	passed := 0
	for _, folder := range folders {
		name := filepath.Base(folder)
		if reason, ok := leftOut[name]; ok {
			t.Logf("left out: %s: %s", name, reason)
			continue
		}
		if err := runNodeTest(folder); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		passed++
	}
	t.Logf("%d of %d node tests pass", passed, len(folders))
	if want := nodeTests - len(leftOut); passed < want {
		t.Errorf("%d node tests pass, want %d", passed, want)
	}
}

func runNodeTest(folder string) error {
	m, err := onnx.Open(filepath.Join(folder, "model.onnx"))
	if err != nil {
		return err
	}
	inputs := map[string]*Array{}
	for i, v := range m.Graph.Inputs {
		if inputs[v.Name], err = readArray(filepath.Join(folder, "test_data_set_0", fmt.Sprintf("input_%d.pb", i))); err != nil {
			return err
		}
	}
	outputs, err := Run(m, inputs, Options{})
	if err != nil {
		return err
	}
	for i, v := range m.Graph.Outputs {
		want, err := readArray(filepath.Join(folder, "test_data_set_0", fmt.Sprintf("output_%d.pb", i)))
		if err != nil {
			return err
		}
		if err := differs(outputs[v.Name], want); err != nil {
			return fmt.Errorf("output %s: %w", v.Name, err)
		}
	}
	return checkFolded(m, inputs, outputs)
}

// checkFolded compares the types and shapes that are inferred without the
// float inputs' values, where that is possible.
func checkFolded(m *onnx.Model, inputs, outputs map[string]*Array) error {
	unknown := map[string]*Array{}
	for name, a := range inputs {
		if unknown[name] = a; a.Type.IsFloat() {
			unknown[name] = Unknown(a.Type, a.Shape...)
		}
	}
	values, err := Fold(m, unknown, Options{})
	if err != nil {
		if strings.Contains(err.Error(), "not known before the network runs") {
			return nil
		}
		return fmt.Errorf("folding: %w", err)
	}
	for name, want := range outputs {
		got := values[name]
		if got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) {
			return fmt.Errorf("folding infers %v for %s, want %v", got, name, want)
		}
		if got.Known() {
			if err := differs(got, want); err != nil {
				return fmt.Errorf("folding: %s: %w", name, err)
			}
		}
	}
	return nil
}

func readArray(path string) (*Array, error) {
	t, err := onnx.OpenTensor(path)
	if err != nil {
		return nil, err
	}
	return FromTensor(t)
}

// differs compares with the tolerance of ONNX's own test runner; integers and
// bools must be equal.
func differs(got, want *Array) error {
	if got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	if !want.Type.IsFloat() {
		if !slices.Equal(got.i64, want.i64) {
			return fmt.Errorf("got %v, want %v", got.i64, want.i64)
		}
		return nil
	}
	a, b := got.Float64s(), want.Float64s()
	for i := range b {
		same := a[i] == b[i] || a[i] != a[i] && b[i] != b[i] || math.Abs(a[i]-b[i]) <= 1e-7+1e-3*math.Abs(b[i])
		if !same {
			return fmt.Errorf("element %d is %g, want %g", i, a[i], b[i])
		}
	}
	return nil
}
