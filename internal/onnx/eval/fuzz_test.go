package eval

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"testing"

	"melanoma/internal/onnx"
)

// seeds are the models of ONNX Runtime's figures.
func seeds(f *testing.F) [][]byte {
	text, err := os.ReadFile("testdata/onnxruntime.json")
	if err != nil {
		f.Fatal(err)
	}
	var figures struct{ Cases []struct{ Model []byte } }
	if err := json.Unmarshal(text, &figures); err != nil {
		f.Fatal(err)
	}
	models := make([][]byte, len(figures.Cases))
	for i, c := range figures.Cases {
		models[i] = c.Model
	}
	return models
}

// FuzzModel decodes any bytes as a model and tries it.
func FuzzModel(f *testing.F) {
	for _, model := range seeds(f) {
		f.Add(model)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if m, err := onnx.Decode(data); err == nil {
			try(t, m)
		}
	})
}

// FuzzOperator changes numbers, names and shapes in a model that is valid:
// few changes of bytes leave one that can be decoded.
func FuzzOperator(f *testing.F) {
	models := seeds(f)
	for i := range models {
		f.Add(uint16(i), []byte{0, 0, 0, 3})
	}
	names := slices.Sorted(maps.Keys(operators))
	f.Fuzz(func(t *testing.T, which uint16, edits []byte) {
		m, err := onnx.Decode(models[int(which)%len(models)])
		if err != nil {
			t.Fatal(err)
		}
		for edits = edits[:min(64, len(edits))]; len(edits) >= 4; edits = edits[4:] {
			edit(m.Graph, edits[0], int(edits[1]), int(edits[2]), int(edits[3]), names)
		}
		try(t, m)
	})
}

// edit changes one thing: kind says what, i and j where, k to what.
func edit(g *onnx.Graph, kind byte, i, j, k int, names []string) {
	n := g.Nodes[i%len(g.Nodes)]
	value := extremes[k%len(extremes)]
	switch kind % 8 {
	case 0:
		for _, a := range n.Attributes {
			if a.Int = value; len(a.Ints) > 0 {
				a.Ints[j%len(a.Ints)] = value
			}
		}
	case 1:
		if len(n.Attributes) > 0 {
			a := n.Attributes[j%len(n.Attributes)]
			a.Ints, a.Int, a.Float = append(a.Ints, value), value, float32(value)
		}
	case 2:
		if len(g.Initializers) > 0 {
			at := i % len(g.Initializers)
			if v, err := onnx.Values[int64](g.Initializers[at]); err == nil && len(v) > 0 {
				v = slices.Clone(v)
				v[j%len(v)] = value
				g.Initializers[at] = onnx.NewTensor(g.Initializers[at].Name, v, len(v))
			} else {
				g.Initializers[at] = onnx.NewTensor(g.Initializers[at].Name, []int64{value, int64(j)}, 2)
			}
		}
	case 3:
		if len(g.Inputs) > 0 {
			if v := &g.Inputs[i%len(g.Inputs)]; len(v.Dims) > 0 {
				v.Dims[j%len(v.Dims)].Size = int64(k % 9)
			}
		}
	case 4:
		n.Op = names[k%len(names)]
	case 5:
		if k := len(n.Inputs); k > 0 && k < 8 {
			n.Inputs = append(n.Inputs, n.Inputs[j%k:]...)
		}
	case 6:
		if len(g.Inputs) > 0 {
			v := &g.Inputs[i%len(g.Inputs)]
			v.Type = onnx.DataType(k % 17)
			if j%3 == 0 {
				v.Dims = append(v.Dims, onnx.Dim{Size: int64(j % 5)})
			}
		}
	case 7:
		for _, a := range n.Attributes {
			if a.Kind == onnx.KindText {
				a.Text = modes[k%len(modes)]
			}
		}
	}
}

var extremes = []int64{
	0, 1, 2, 3, 4, 5, 7, 9, -1, -2, -3, -4, 1 << 20, 1<<31 - 1, 1 << 31, -1 << 31, 1 << 40, -1 << 40, 1 << 62, math.MaxInt64, math.MinInt64,
}

var modes = []string{
	"", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER", "constant", "edge", "reflect", "wrap", "nearest", "linear", "cubic",
	"align_corners", "tf_crop_and_resize", "half_pixel_symmetric", "asymmetric", "floor", "ceil", "add", "max", "CRD", "ii->i", "ij,j", "...a->a...",
}

// try checks a model, folds it with unknown inputs, and runs it on zeros:
// nothing may panic or run away, and what runs must have the types and shapes
// that folding inferred.
func try(t *testing.T, m *onnx.Model) {
	limits := Options{Elements: 1 << 14, Work: 1 << 18}
	unknown, zeros := map[string]*Array{}, map[string]*Array{}
	for _, v := range m.Graph.Required() {
		if v.Type.Size() == 0 {
			return
		}
		shape := []int{}
		for _, d := range v.Dims {
			shape = append(shape, int(max(0, min(d.Size, 12))))
		}
		if len(shape) > 8 || size(shape) > 1<<12 {
			return
		}
		unknown[v.Name] = Unknown(v.Type, shape...)
		zeros[v.Name] = zero(v.Type, shape)
	}
	folded, foldErr := Fold(m, unknown, limits)
	outputs, err := Run(m, zeros, limits)
	if err != nil || foldErr != nil {
		return
	}
	for name, got := range outputs {
		want := folded[name]
		if got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) {
			t.Errorf("%s is %v, folding inferred %v", name, got, want)
		}
		if len(got.f32)+len(got.f64)+len(got.i64) != got.Len() {
			t.Errorf("%s is %v and has %d, %d and %d values", name, got, len(got.f32), len(got.f64), len(got.i64))
		}
	}
}

func zero(dtype onnx.DataType, shape []int) *Array {
	if dtype.IsFloat() {
		return newFloats(dtype, shape, make([]float64, size(shape)))
	}
	return newInts(dtype, shape, make([]int64, size(shape)))
}
