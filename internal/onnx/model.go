package onnx

import (
	"slices"
	"strconv"

	"melanoma/internal/mapped"
)

// Model is a decoded file.
type Model struct {
	IRVersion       int64
	Producer        string
	ProducerVersion string
	Opset           int64            // of the default domain
	Opsets          map[string]int64 // of every other domain that the file declares
	Metadata        map[string]string
	Graph           *Graph
	Functions       []string // model-local functions, as domain.name

	data  *mapped.File // by Open, nil otherwise
	files *folder      // of the file, nil without one
}

// Graph is a list of nodes over named values. Nodes are stored in an order in
// which every value is made before it is used.
type Graph struct {
	Name         string
	Nodes        []*Node
	Initializers []*Tensor
	Inputs       []Value // before IR version 4 initializers are listed too
	Outputs      []Value
	ValueInfo    []Value // declared types of values in between; often absent
}

// Node is one operation. An empty input or output is an optional one that is
// absent.
type Node struct {
	Name, Op, Domain string
	Inputs, Outputs  []string
	Attributes       []*Attribute
}

// Value declares an input, an output or a value in between.
type Value struct {
	Name string
	Type DataType // of the elements
	Dims []Dim    // nil if the rank is unknown, empty for a scalar
	Kind string   // "" for tensors, else sequence, map, optional, sparse_tensor or opaque
}

// Dim is one dimension of a declared shape.
type Dim struct {
	Size  int64  // Unknown if it is symbolic or not given
	Param string // its name, if symbolic
}

// Unknown is the size of a dimension that the file does not state.
const Unknown = -1

// AttributeKind says which field of an attribute holds its value. The numbers
// are the file's.
type AttributeKind int64

// The kinds of attributes that are read.
const (
	KindFloat  AttributeKind = 1
	KindInt    AttributeKind = 2
	KindText   AttributeKind = 3
	KindTensor AttributeKind = 4
	KindGraph  AttributeKind = 5
	KindFloats AttributeKind = 6
	KindInts   AttributeKind = 7
	KindTexts  AttributeKind = 8
)

// Attribute is a named constant of a node; the field that Kind names is set.
type Attribute struct {
	Name   string
	Kind   AttributeKind
	Float  float32
	Int    int64
	Text   string
	Tensor *Tensor
	Graph  *Graph
	Floats []float32
	Ints   []int64
	Texts  []string
}

// FloatAttribute returns an attribute of one number.
func FloatAttribute(name string, v float32) *Attribute {
	return &Attribute{Name: name, Kind: KindFloat, Float: v}
}

// IntAttribute returns an attribute of one integer.
func IntAttribute(name string, v int64) *Attribute {
	return &Attribute{Name: name, Kind: KindInt, Int: v}
}

// IntsAttribute returns an attribute of integers.
func IntsAttribute(name string, v ...int64) *Attribute {
	return &Attribute{Name: name, Kind: KindInts, Ints: v}
}

// FloatsAttribute returns an attribute of numbers.
func FloatsAttribute(name string, v ...float32) *Attribute {
	return &Attribute{Name: name, Kind: KindFloats, Floats: v}
}

// TextAttribute returns an attribute of text.
func TextAttribute(name, v string) *Attribute {
	return &Attribute{Name: name, Kind: KindText, Text: v}
}

// TensorAttribute returns an attribute that holds a tensor.
func TensorAttribute(name string, t *Tensor) *Attribute {
	return &Attribute{Name: name, Kind: KindTensor, Tensor: t}
}

// Attribute returns the attribute of that name, nil if the node has none.
func (n *Node) Attribute(name string) *Attribute {
	for _, a := range n.Attributes {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Int returns an integer attribute, or missing if the node has none.
func (n *Node) Int(name string, missing int64) int64 {
	if a := n.Attribute(name); a != nil {
		return a.Int
	}
	return missing
}

// Float returns a numeric attribute, or missing if the node has none.
func (n *Node) Float(name string, missing float32) float32 {
	if a := n.Attribute(name); a != nil {
		return a.Float
	}
	return missing
}

// Text returns a text attribute, or missing if the node has none.
func (n *Node) Text(name, missing string) string {
	if a := n.Attribute(name); a != nil {
		return a.Text
	}
	return missing
}

// Ints returns an attribute of integers, or missing if the node has none.
func (n *Node) Ints(name string, missing []int64) []int64 {
	if a := n.Attribute(name); a != nil {
		return a.Ints
	}
	return missing
}

// Label names a node for a message: by its name, else by what it makes.
func (n *Node) Label() string {
	if n.Name != "" || len(n.Outputs) == 0 {
		return n.Name
	}
	return "that makes " + n.Outputs[0]
}

// Initializer returns the initializer of that name, nil if there is none. It
// searches the list; make a map for many.
func (g *Graph) Initializer(name string) *Tensor {
	for _, t := range g.Initializers {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Required returns the graph's inputs that no initializer fills.
func (g *Graph) Required() []Value {
	filled := make(map[string]bool, len(g.Initializers))
	for _, t := range g.Initializers {
		filled[t.Name] = true
	}
	var required []Value
	for _, v := range g.Inputs {
		if !filled[v.Name] {
			required = append(required, v)
		}
	}
	return required
}

// Live marks the nodes that the graph's outputs need.
func (g *Graph) Live() []bool {
	needed := map[string]bool{}
	for _, v := range g.Outputs {
		needed[v.Name] = true
	}
	live := make([]bool, len(g.Nodes))
	for i, n := range slices.Backward(g.Nodes) {
		live[i] = slices.ContainsFunc(n.Outputs, func(s string) bool { return s != "" && needed[s] })
		if live[i] {
			n.markUses(needed)
		}
	}
	return live
}

// markUses adds what a node takes, graphs in its attributes included: those
// see the values around them.
func (n *Node) markUses(needed map[string]bool) {
	for _, in := range n.Inputs {
		needed[in] = true
	}
	for _, a := range n.Attributes {
		if a.Graph == nil {
			continue
		}
		for _, v := range a.Graph.Outputs {
			needed[v.Name] = true
		}
		for _, inner := range a.Graph.Nodes {
			inner.markUses(needed)
		}
	}
}

// String returns the size, the name of a symbolic dimension, or "?".
func (d Dim) String() string {
	switch {
	case d.Param != "":
		return d.Param
	case d.Size == Unknown:
		return "?"
	}
	return strconv.FormatInt(d.Size, 10)
}
