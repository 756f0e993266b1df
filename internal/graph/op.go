package graph

import (
	"fmt"
	"hash"
	"hash/fnv"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Array is a dense row-major array: the form in which a Spec is evaluated.
type Array struct {
	Shape []int // empty for a scalar
	Data  []float64
}

// Spec says what an operator computes. Its String is its identity: two specs
// with equal strings compute the same function of their inputs.
type Spec interface {
	fmt.Stringer
	// Ranks returns the rank of each input and of the output.
	Ranks() (in []int, out int)
	// Shape returns the output's shape, or an error that names the mismatch.
	Shape(in [][]int) ([]int, error)
	// Eval computes the output from the inputs with plain loops. out.Data has
	// the right length and arbitrary content; it aliases no input.
	Eval(out Array, in []Array)
}

// differentiable is a Spec with a symbolic gradient.
type differentiable interface {
	Spec
	// DiffWRT says for each input whether a gradient flows to it.
	DiffWRT() []bool
	// Gradients returns one node for each input, nil where DiffWRT is false.
	Gradients(x gorgonia.Nodes, y, dy *gorgonia.Node) gorgonia.Nodes
}

// Op makes a Spec an operator of Gorgonia, with a symbolic gradient where the
// Spec has one.
type Op struct{ Spec Spec }

var _ gorgonia.SDOp = Op{}

// Arity implements gorgonia.Op.
func (o Op) Arity() int {
	in, _ := o.Spec.Ranks()
	return len(in)
}

// Type implements gorgonia.Op: all inputs and the output share one dtype.
func (o Op) Type() hm.Type {
	in, out := o.Spec.Ranks()
	types := make([]hm.Type, 0, len(in)+1)
	for _, r := range append(append([]int{}, in...), out) {
		if r == 0 {
			types = append(types, hm.TypeVariable('a'))
			continue
		}
		types = append(types, gorgonia.TensorType{Dims: r, Of: hm.TypeVariable('a')})
	}
	return hm.NewFnType(types...)
}

// InferShape implements gorgonia.Op.
func (o Op) InferShape(ds ...gorgonia.DimSizer) (tensor.Shape, error) {
	shapes, err := gorgonia.DimSizersToShapes(ds)
	if err != nil {
		return nil, fmt.Errorf("graph: %s: %w", o.Spec, err)
	}
	in := make([][]int, len(shapes))
	for i, s := range shapes {
		in[i] = s
	}
	out, err := o.Spec.Shape(in)
	if err != nil {
		return nil, fmt.Errorf("graph: %s: %w", o.Spec, err)
	}
	if len(out) == 0 {
		return tensor.ScalarShape(), nil
	}
	return tensor.Shape(out), nil
}

// Do implements gorgonia.Op by the Spec's plain loops in float64, whatever
// the dtype; float32 results are rounded once.
func (o Op) Do(values ...gorgonia.Value) (gorgonia.Value, error) {
	in := make([]Array, len(values))
	shapes := make([][]int, len(values))
	double := false
	for i, v := range values {
		a, isDouble, err := arrayOf(v)
		if err != nil {
			return nil, fmt.Errorf("graph: %s: input %d: %w", o.Spec, i, err)
		}
		in[i], shapes[i] = a, a.Shape
		double = double || isDouble
	}
	shape, err := o.Spec.Shape(shapes)
	if err != nil {
		return nil, fmt.Errorf("graph: %s: %w", o.Spec, err)
	}
	out := Array{Shape: shape, Data: make([]float64, size(shape))}
	o.Spec.Eval(out, in)
	return valueOf(out, double), nil
}

func arrayOf(v gorgonia.Value) (Array, bool, error) {
	switch d := v.Data().(type) {
	case float64:
		return Array{Data: []float64{d}}, true, nil
	case float32:
		return Array{Data: []float64{float64(d)}}, false, nil
	case []float64:
		return Array{Shape: v.Shape(), Data: d}, true, nil
	case []float32:
		data := make([]float64, len(d))
		for i, x := range d {
			data[i] = float64(x)
		}
		return Array{Shape: v.Shape(), Data: data}, false, nil
	default:
		return Array{}, false, fmt.Errorf("unsupported value of type %T", d)
	}
}

func valueOf(a Array, double bool) gorgonia.Value {
	if len(a.Shape) == 0 {
		if double {
			return gorgonia.NewF64(a.Data[0])
		}
		return gorgonia.NewF32(float32(a.Data[0]))
	}
	if double {
		return tensor.New(tensor.WithShape(a.Shape...), tensor.WithBacking(a.Data))
	}
	data := make([]float32, len(a.Data))
	for i, x := range a.Data {
		data[i] = float32(x)
	}
	return tensor.New(tensor.WithShape(a.Shape...), tensor.WithBacking(data))
}

// ReturnsPtr implements gorgonia.Op.
func (Op) ReturnsPtr() bool { return false }

// CallsExtern implements gorgonia.Op.
func (Op) CallsExtern() bool { return false }

// OverwritesInput implements gorgonia.Op.
func (Op) OverwritesInput() int { return -1 }

// WriteHash implements gorgonia.Op.
func (o Op) WriteHash(h hash.Hash) { fmt.Fprint(h, o.Spec) }

// Hashcode implements gorgonia.Op.
func (o Op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// String implements gorgonia.Op.
func (o Op) String() string { return o.Spec.String() }

// DiffWRT implements gorgonia.SDOp.
func (o Op) DiffWRT(inputs int) []bool {
	if d, ok := o.Spec.(differentiable); ok {
		return d.DiffWRT()
	}
	return make([]bool, inputs)
}

// SymDiff implements gorgonia.SDOp.
func (o Op) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	d, ok := o.Spec.(differentiable)
	if !ok {
		return nil, fmt.Errorf("graph: %s has no gradient", o.Spec)
	}
	grads := d.Gradients(inputs, output, grad)
	if layer := LabelOf(output); layer != "" {
		for _, g := range grads {
			if g != nil {
				Label(g, layer)
			}
		}
	}
	return grads, nil
}

// Apply adds a node of any operator to the graph of its inputs; wrong shapes
// panic.
func Apply(s Spec, x ...*gorgonia.Node) *gorgonia.Node {
	n, err := gorgonia.ApplyOp(Op{s}, x...)
	if err != nil {
		panic(fmt.Sprintf("graph: %v", err))
	}
	return n
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func same(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// wrong is the error of inputs whose shapes do not fit together.
func wrong(in [][]int) error { return fmt.Errorf("shapes %v do not fit", in) }
