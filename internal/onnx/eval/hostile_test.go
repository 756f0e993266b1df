package eval

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"melanoma/internal/fault"
	"melanoma/internal/onnx"
)

func node(op, output string, inputs ...string) *onnx.Node {
	return &onnx.Node{Op: op, Name: "test/" + op, Inputs: inputs, Outputs: []string{output}}
}

func with(n *onnx.Node, attributes ...*onnx.Attribute) *onnx.Node {
	n.Attributes = attributes
	return n
}

// model returns a graph from the float image x [1,3,4,4] to y.
func model(tensors []*onnx.Tensor, nodes ...*onnx.Node) *onnx.Model {
	dims := []onnx.Dim{{Size: 1}, {Size: 3}, {Size: 4}, {Size: 4}}
	return &onnx.Model{IRVersion: 8, Opset: 17, Graph: &onnx.Graph{
		Name: "test", Nodes: nodes, Initializers: tensors,
		Inputs: []onnx.Value{{Name: "x", Type: onnx.Float, Dims: dims}}, Outputs: []onnx.Value{{Name: "y"}},
	}}
}

func ints(name string, v ...int64) *onnx.Tensor { return onnx.NewTensor(name, v, len(v)) }

// declared is a tensor that states a shape and holds nothing.
func declared(name string, dims ...int) *onnx.Tensor {
	return onnx.NewTensor(name, []float32{}, dims...)
}

// TestHostileModels: every file is refused with a message that names the
// culprit, without allocating more than a few megabytes.
func TestHostileModels(t *testing.T) {
	huge := int64(1 << 20)
	for name, c := range map[string]struct {
		model *onnx.Model
		want  string
	}{
		"2 GB in a small file":      {model([]*onnx.Tensor{declared("w", 512, 1<<20)}, node("Add", "y", "x", "w")), "tensor w has 0 values, its shape [512 1048576] needs 536870912"},
		"a shape that overflows":    {model([]*onnx.Tensor{declared("w", 1<<28, 1<<28, 1<<28)}, node("Add", "y", "x", "w")), "tensor w has the impossible shape"},
		"a negative dimension":      {model([]*onnx.Tensor{declared("w", -3)}, node("Add", "y", "x", "w")), "tensor w has the impossible shape [-3]"},
		"a filled shape of 1 TB":    {model([]*onnx.Tensor{ints("s", huge, huge)}, node("ConstantOfShape", "y", "s")), "node test/ConstantOfShape (opset 17): its result would have the impossible shape"},
		"a filled shape of 4 GB":    {model([]*onnx.Tensor{ints("s", 1<<10, huge)}, node("ConstantOfShape", "y", "s")), "1073741824 elements"},
		"a negative filled shape":   {model([]*onnx.Tensor{ints("s", -1, -1)}, node("ConstantOfShape", "y", "s")), "impossible shape [-1 -1]"},
		"a large repeat":            {model([]*onnx.Tensor{ints("s", 1<<62, 1)}, node("Tile", "y", "s", "s")), "do not fit"},
		"a tile of 4 GB":            {model([]*onnx.Tensor{ints("s", 1<<30), ints("v", 1)}, node("Tile", "y", "v", "s")), "1073741824 elements"},
		"an expansion":              {model([]*onnx.Tensor{ints("s", 1<<40), ints("v", 1)}, node("Expand", "y", "v", "s")), "impossible shape"},
		"an endless range":          {model([]*onnx.Tensor{onnx.NewTensor("a", []int64{0}), onnx.NewTensor("b", []int64{1 << 62}), onnx.NewTensor("c", []int64{1})}, node("Range", "y", "a", "b", "c")), "does not end"},
		"a range without a step":    {model([]*onnx.Tensor{onnx.NewTensor("a", []int64{0}), onnx.NewTensor("b", []int64{9}), onnx.NewTensor("c", []int64{0})}, node("Range", "y", "a", "b", "c")), "does not end"},
		"a one-hot of 4 GB":         {model([]*onnx.Tensor{ints("i", 1), onnx.NewTensor("d", []int64{1 << 30}), ints("v", 0, 1)}, node("OneHot", "y", "i", "d", "v")), "1073741824 elements"},
		"padding of 4 GB":           {model([]*onnx.Tensor{ints("p", 1<<30, 0), ints("v", 1)}, node("Pad", "y", "v", "p")), "1073741825 elements"},
		"padding of nothing":        {model([]*onnx.Tensor{ints("p", 0, 1<<31, 0, 0), declared("v", 0, 0)}, node("Pad", "z", "v", "p"), node("Size", "y", "z")), ""},
		"a sum of nothing":          {model([]*onnx.Tensor{declared("v", 0, 1<<29)}, with(node("ReduceSum", "z", "v"), onnx.IntAttribute("keepdims", 0)), node("Size", "y", "z")), ""},
		"rows of nothing":           {model([]*onnx.Tensor{declared("v", 0, 1<<29)}, node("Softmax", "z", "v"), node("Size", "y", "z")), ""},
		"a product of nothing":      {model([]*onnx.Tensor{declared("v", 1<<29, 0, 1)}, node("MatMul", "z", "v", "v"), node("Size", "y", "z")), "cannot be multiplied"},
		"work without end":          {model([]*onnx.Tensor{ints("s", 1<<12, 1<<12)}, node("ConstantOfShape", "a", "s"), node("MatMul", "y", "a", "a")), "too much work"},
		"values alive without end":  {growing(), "are in use"},
		"a cycle":                   {model(nil, node("Add", "a", "x", "b"), node("Relu", "b", "a"), node("Relu", "y", "a")), `node test/Add (opset 17): it takes "b", which nothing before it makes`},
		"a node that takes itself":  {model(nil, node("Relu", "y", "y")), `it takes "y", which nothing before it makes`},
		"a value made twice":        {model(nil, node("Relu", "y", "x"), node("Abs", "y", "x")), "y is made twice"},
		"an input that is made":     {model(nil, node("Relu", "x", "x"), node("Relu", "y", "x")), "x is made twice"},
		"two initializers":          {model([]*onnx.Tensor{ints("s", 1), ints("s", 2)}, node("Relu", "y", "x")), "two of this name"},
		"an output that none makes": {model(nil, node("Relu", "z", "x")), "operator output, node y"},
		"an operator of others":     {model(nil, &onnx.Node{Op: "FusedConv", Domain: "com.microsoft", Inputs: []string{"x"}, Outputs: []string{"y"}}), `operator com.microsoft.FusedConv, node that makes y (opset 17): operators of the domain "com.microsoft" are not supported`},
		"an unknown operator":       {model(nil, node("NonMaxSuppression", "y", "x")), "operator NonMaxSuppression, node test/NonMaxSuppression (opset 17): the operator is not supported"},
		"a newer operator":          {model(nil, node("Gelu", "y", "x")), "its definition in opset 17 is not supported"},
		"an unknown attribute":      {model(nil, with(node("Relu", "y", "x"), onnx.FloatAttribute("slope", 1))), "operator Relu, attribute slope, node test/Relu (opset 17): the operator has no such attribute"},
		"an attribute of old":       {model(nil, with(node("Clip", "y", "x"), onnx.FloatAttribute("max", 6))), "operator Clip, attribute max"},
		"an attribute of text":      {model(nil, with(node("Flatten", "y", "x"), onnx.TextAttribute("axis", "1"))), "operator Flatten, attribute axis, node test/Flatten (opset 17): its kind is 3, not 2"},
		"a missing attribute":       {model(nil, node("Concat", "y", "x", "x")), "operator Concat, attribute axis, node test/Concat (opset 17): the operator needs it"},
		"too few inputs":            {model(nil, node("Conv", "y", "x")), "it has 1 inputs, the operator takes 2 to 3"},
		"an absent input":           {model(nil, node("Add", "y", "x", "")), "its input 1 is absent"},
		"types that differ":         {model([]*onnx.Tensor{ints("s", 1)}, node("Add", "y", "x", "s")), "elements of float and int64"},
		"shapes that differ":        {model([]*onnx.Tensor{onnx.NewTensor("w", make([]float32, 3), 3)}, node("Add", "y", "x", "w")), "do not broadcast"},
		"an axis outside":           {model(nil, with(node("Softmax", "y", "x"), onnx.IntAttribute("axis", 1<<62))), "is outside of 4 dimensions"},
		"an index outside":          {model([]*onnx.Tensor{ints("i", 1<<62), ints("v", 1, 2)}, node("Gather", "y", "v", "i")), "outside of a length of 2"},
		"a division by zero":        {model([]*onnx.Tensor{ints("a", 1), ints("b", 0)}, node("Div", "y", "a", "b")), "divides an integer by zero"},
		"a kernel of nothing":       {model([]*onnx.Tensor{declared("w", 2, 3, 0, 0)}, node("Conv", "y", "x", "w")), "a kernel of [0 0]"},
		"a stride of zero":          {model(nil, with(node("MaxPool", "y", "x"), onnx.IntsAttribute("kernel_shape", 2, 2), onnx.IntsAttribute("strides", 0, 1))), "its strides [0 1]"},
		"a pool beyond the image":   {model(nil, with(node("MaxPool", "y", "x"), onnx.IntsAttribute("kernel_shape", 9, 9))), "does not fit an image of [4 4]"},
		"a shape of its own values": {model(nil, with(node("Cast", "i", "x"), onnx.IntAttribute("to", int64(onnx.Int64))), node("Flatten", "f", "i"), node("Reshape", "y", "x", "f")), "not known before the network runs"},
		"a split into nothing":      {model([]*onnx.Tensor{ints("s", -1, 2)}, node("Split", "y", "x", "s")), "do not fit"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Fold(c.model, map[string]*Array{"x": Unknown(onnx.Float, 1, 3, 4, 4)}, Options{Elements: 1 << 24})
			runtime.ReadMemStats(&after)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want %q", err, c.want)
			case c.want != "" && (fault.KindOf(err) != fault.Input || fault.HintOf(err) == ""):
				t.Errorf("error of kind %d with hint %q, want an input error with a hint", fault.KindOf(err), fault.HintOf(err))
			}
			most := uint64(8 << 20)
			if strings.HasSuffix(name, "without end") {
				most = 1 << 30 // these are legal for a while
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > most {
				t.Errorf("it allocated %d bytes", used)
			}
		})
	}
}

// growing keeps one more array alive with every node.
func growing() *onnx.Model {
	m := model([]*onnx.Tensor{ints("s", 1<<20)}, node("ConstantOfShape", "v0", "s"))
	last := "v0"
	for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r") {
		m.Graph.Nodes = append(m.Graph.Nodes, node("Exp", name, last))
		last = name
	}
	m.Graph.Nodes = append(m.Graph.Nodes, node("Relu", "y", last))
	return m
}

func TestExternalDataOutsideTheFolderIsRefused(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "secret"), make([]byte, 64), 0o600); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(folder, "model")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../secret", filepath.Join(inside, "link")); err != nil {
		t.Skipf("symbolic links: %v", err)
	}
	for _, location := range []string{"../secret", filepath.Join(folder, "secret"), "link"} {
		w := &onnx.Tensor{Name: "w", Type: onnx.Float, Dims: []int64{4}, External: &onnx.External{Location: location}}
		var buf bytes.Buffer
		if err := model([]*onnx.Tensor{w}, node("Add", "y", "x", "w")).Encode(&buf); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(inside, "m.onnx")
		if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := onnx.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Run(m, map[string]*Array{"x": ramp(1, 3, 4, 4)}, Options{})
		if err == nil || !strings.Contains(err.Error(), "tensor w is stored in") {
			t.Errorf("%s: error %v", location, err)
		}
	}
}
