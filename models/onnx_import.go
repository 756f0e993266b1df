package models

import (
	"errors"
	"fmt"
	"slices"

	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// importer turns the nodes of a checked ONNX graph into layers, for inputs of
// known shapes. Whatever depends on shapes and constants alone was computed
// before (eval.Fold); what is left is float32 and goes to a layer of ours, to
// an ONNX operator that is evaluated plainly, or, with all that depends on it,
// to the rest of the graph that is evaluated after the network.
type importer struct {
	model  file
	values map[string]*eval.Array // of every name: with elements, or type and shape
	facts  netFacts
	run    runRules

	places map[string]place  // of what the network computes
	late   map[string]bool   // computed, but not by the network
	shaped map[string]bool   // constants that depend on the image's size
	alias  map[string]string // mask-less dropouts, identities
	names  map[string]bool
	taken  map[string]bool // by a node or as an output
	loaded map[string]*loaded
	turned map[string]string // layers in another layout, by layer and layout
	padded map[string]bool   // pads whose amounts depend on the image's size

	layers []Layer
	maker  map[string]int // index in layers by name
	late1  *lateNode      // the first one
}

// lateNode is a node that the network cannot compute, and why.
type lateNode struct {
	node   *onnx.Node
	reason string
}

// runRules are the rules of evaluation.
type runRules struct {
	standard bool // training flags mean what the standard says; else the mode is the caller's
	batch    int  // of the images, where the network is meant for any other too; else 0
}

// errPlain is a handler's answer where the operator is right but no layer
// does what it asks for.
var errPlain = errors.New("no layer computes this")

func newImporter(m file, values map[string]*eval.Array, facts netFacts, rules runRules) *importer {
	im := &importer{
		model: m, values: values, facts: facts, run: rules,
		places: map[string]place{}, late: map[string]bool{}, shaped: map[string]bool{}, alias: map[string]string{},
		names: map[string]bool{}, taken: map[string]bool{}, loaded: map[string]*loaded{}, turned: map[string]string{}, padded: map[string]bool{}, maker: map[string]int{},
	}
	for _, t := range m.Graph.Initializers {
		im.names[t.Name] = true
	}
	for _, v := range m.Graph.Inputs {
		im.names[v.Name] = true
	}
	for _, n := range m.Graph.Nodes {
		for _, out := range n.Outputs {
			im.names[out] = true
		}
		for _, in := range n.Inputs {
			im.taken[in] = true
		}
	}
	for _, v := range m.Graph.Outputs {
		im.taken[v.Name] = true
	}
	return im
}

// nodes imports every node that the outputs need.
func (im *importer) nodes() error {
	live := im.model.Graph.Live()
	for i, n := range im.model.Graph.Nodes {
		if !live[i] {
			continue
		}
		if err := im.node(n); err != nil {
			return problem{Problem{Op: n.Op, Node: n.Label(), Opset: im.model.Opset, Reason: err.Error()}}
		}
	}
	return nil
}

func (im *importer) node(n *onnx.Node) error {
	im.markShaped(n)
	if im.folded(n) {
		return nil
	}
	if reason := im.beyond(n); reason != "" {
		for _, out := range n.Outputs {
			im.late[out] = true
		}
		if im.late1 == nil {
			im.late1 = &lateNode{n, reason}
		}
		return nil
	}
	if h := handlers[n.Op]; h != nil {
		if err := h(im, n); !errors.Is(err, errPlain) {
			return err
		}
	}
	return im.foreign(n)
}

// folded tells whether all that somebody takes of a node is known.
func (im *importer) folded(n *onnx.Node) bool {
	for _, out := range n.Outputs {
		if v := im.values[out]; out != "" && v != nil && !v.Known() {
			return false
		}
	}
	return true
}

// beyond says why the network cannot compute a node, "" if it can.
func (im *importer) beyond(n *onnx.Node) string {
	for _, a := range n.Attributes {
		if a.Graph != nil {
			return "it holds graphs of its own"
		}
	}
	for _, in := range n.Inputs {
		switch v := im.values[in]; {
		case in == "" || v.Known():
		case im.late[im.resolve(in)]:
			return "its input " + in + " is none of the network's"
		case v.Type != onnx.Float:
			return fmt.Sprintf("its input %s has elements of %s", in, v.Type)
		}
	}
	for _, out := range n.Outputs {
		v := im.values[out]
		if out == "" || v == nil || !im.used(out) {
			continue
		}
		switch {
		case v.Type != onnx.Float:
			return fmt.Sprintf("its output %s has elements of %s", out, v.Type)
		case v.Len() == 0 || len(v.Shape) == 0 || len(v.Shape) > maxImportedRank:
			return fmt.Sprintf("its output %s has shape %v", out, v.Shape)
		}
	}
	return ""
}

// maxImportedRank leaves room for an axis that is put in between.
const maxImportedRank = 7

// used tells whether a node or an output takes a value.
func (im *importer) used(name string) bool { return im.taken[name] }

// markShaped marks constants that are computed from an image's shape.
func (im *importer) markShaped(n *onnx.Node) {
	from := slices.ContainsFunc(n.Inputs, func(in string) bool { return im.shaped[in] })
	if n.Op == "Shape" || n.Op == "Size" {
		from = from || im.values[n.Inputs[0]] != nil && !im.values[n.Inputs[0]].Known()
	}
	if from {
		for _, out := range n.Outputs {
			im.shaped[out] = true
		}
	}
}

// fresh returns the name, or one like it that no tensor has.
func (im *importer) fresh(name string) string {
	for im.names[name] {
		name += "'"
	}
	im.names[name] = true
	return name
}

// emit adds a layer that makes a value in between.
func (im *importer) emit(l Layer) string {
	im.maker[l.Name] = len(im.layers)
	im.layers = append(im.layers, l)
	return l.Name
}

// make adds the layer that makes a node's output, at a place of the output's
// shape with the given axes.
func (im *importer) make(n *onnx.Node, axes []int, l Layer) {
	im.makeOutput(n, 0, axes, l)
}

func (im *importer) makeOutput(n *onnx.Node, output int, axes []int, l Layer) {
	l.Name = n.Outputs[output]
	im.places[l.Name] = place{layer: im.emit(l), shape: im.values[l.Name].Shape, axes: axes}
}

// same makes a node's output another name of a place that differs at most in
// shape and axes.
func (im *importer) same(n *onnx.Node, p place) {
	im.places[n.Outputs[0]] = p
}

func convert[B, A int | int64 | float32 | float64](v []A) []B {
	out := make([]B, len(v))
	for i, x := range v {
		out[i] = B(x)
	}
	return out
}

func count(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
