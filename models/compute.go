package models

import (
	"fmt"
	"slices"
	"strings"

	"melanoma/internal/fault"
	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// Computation is an ONNX file prepared for inputs of given shapes: a network
// of float32, and what is left of the graph behind it, which package eval
// evaluates node by node.
type Computation struct {
	Net     *Net // nil where nothing is left for it
	Weights Weights

	path    string
	names   []string               // of the file's outputs
	inputs  map[string]*eval.Array // as given
	known   map[string]*eval.Array // outputs that need no network
	feeds   map[string]place       // inputs of the network
	results []place                // of Net.Outputs
	taken   []string               // the values that those are
	rest    *onnx.Model            // nil if there is none
	options eval.Options
}

// Engine runs a network that was instantiated for a [Computation].
type Engine interface {
	Input(name string) []float32
	Run(key uint64) error
	Output(i int) []float32
}

// Inputs lists a file's inputs, those first that must be given.
func Inputs(m *onnx.Model) []onnx.Value {
	required := m.Graph.Required()
	for _, v := range m.Graph.Inputs {
		if !slices.ContainsFunc(required, func(r onnx.Value) bool { return r.Name == v.Name }) {
			required = append(required, v)
		}
	}
	return required
}

// Prepare checks a whole file and plans its evaluation on the given inputs, by
// name, which must have the types that the file declares. Training flags mean
// what the standard says unless o.Eval is set. Everything that is not supported
// is named in one input error.
func Prepare(path string, m *onnx.Model, inputs map[string]*eval.Array, o eval.Options) (*Computation, error) {
	f := file{m}
	if found := f.problems(); len(found) > 0 {
		lines := make([]string, len(found))
		for i, p := range found {
			lines[i] = p.String()
		}
		return nil, fault.New(fault.Input, "export the model without it, or report the operator", "models: %s cannot be run: %s", path, strings.Join(lines, "; "))
	}
	if o.Elements == 0 {
		o.Elements = maxFolded
	}
	c := &Computation{path: path, inputs: inputs, known: map[string]*eval.Array{}, feeds: map[string]place{}, options: o}
	m = f.free()
	given := f.bind(inputs, c.feeds)
	values, err := eval.Fold(m, given, o)
	if err != nil { // a shape may depend on the inputs' values
		clear(c.feeds)
		values, err = eval.Fold(m, inputs, o)
	}
	if err != nil {
		return nil, fmt.Errorf("models: %s: %w", path, err)
	}
	im := newImporter(f, values, netFacts{}, runRules{standard: !o.Eval})
	for name, p := range c.feeds {
		im.places[name] = p
	}
	if err := im.nodes(); err != nil {
		return nil, fault.New(fault.Input, "melanoma models check lists everything that is in the way", "models: %s: %w", path, err)
	}
	c.findOutputs(im)
	return c, c.build(im)
}

// findOutputs settles for every output whether it is known, made by the
// network or left to the rest, and which values the rest takes from where.
func (c *Computation) findOutputs(im *importer) {
	take := func(name string) {
		if p, ok := im.place(name); ok && !slices.Contains(c.taken, name) {
			c.taken, c.results = append(c.taken, name), append(c.results, p)
		}
	}
	var left []onnx.Value
	for _, v := range im.model.Graph.Outputs {
		c.names = append(c.names, v.Name)
		a := im.values[v.Name]
		switch {
		case a.Known():
			c.known[v.Name] = a
		case im.late[v.Name]:
			left = append(left, onnx.Value{Name: v.Name, Type: a.Type})
		default:
			take(v.Name)
		}
	}
	if left == nil {
		return
	}
	g := &onnx.Graph{Name: "rest", Outputs: left}
	have := map[string]bool{}
	for i, live := range im.model.Graph.Live() {
		n := im.model.Graph.Nodes[i]
		if !live || !slices.ContainsFunc(n.Outputs, func(out string) bool { return im.late[out] }) {
			continue
		}
		g.Nodes = append(g.Nodes, n)
		for _, name := range usesOf(n) {
			if have[name] || im.late[name] || im.values[name] == nil {
				continue
			}
			have[name] = true
			if a := im.values[name]; a.Known() {
				g.Initializers = append(g.Initializers, a.Tensor(name))
				continue
			}
			g.Inputs = append(g.Inputs, onnx.Value{Name: name, Type: im.values[name].Type})
			take(name)
		}
	}
	c.rest = &onnx.Model{IRVersion: writtenIR, Opset: im.model.Opset, Graph: g}
}

// usesOf lists what a node takes, graphs in its attributes included.
func usesOf(n *onnx.Node) []string {
	names := slices.Clone(n.Inputs)
	for _, a := range n.Attributes {
		if a.Graph == nil {
			continue
		}
		for _, inner := range a.Graph.Nodes {
			names = append(names, usesOf(inner)...)
		}
		for _, v := range a.Graph.Outputs {
			names = append(names, v.Name)
		}
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// build makes the network, none where its outputs are inputs as they are.
func (c *Computation) build(im *importer) error {
	var outputs, inputs []string
	for _, p := range c.results {
		if _, computed := im.maker[p.layer]; computed && !slices.Contains(outputs, p.layer) {
			outputs = append(outputs, p.layer)
		}
	}
	if outputs == nil {
		return nil
	}
	im.simplify(outputs...)
	net := &Net{Name: c.path, InputSize: 1, Outputs: outputs}
	for _, v := range im.model.Graph.Inputs {
		if p, ok := c.feeds[v.Name]; ok {
			net.Inputs = append(net.Inputs, Input{v.Name, p.stored()})
			inputs = append(inputs, v.Name)
		}
	}
	var err error
	if net.Layers, err = im.decode(inputs, outputs); err != nil {
		return err
	}
	c.Net, c.Weights = net, net.adopt(im.loaded)
	_, err = net.shapes(1)
	return err
}

// Names lists the file's outputs.
func (c *Computation) Names() []string { return c.names }

// Run feeds the engine that runs the Net (nil without one), runs it and
// evaluates the rest. It returns the file's outputs by name.
func (c *Computation) Run(e Engine) (out map[string]*eval.Array, err error) {
	defer func() {
		if r := recover(); r != nil { // an operator inside the network
			err = fault.New(fault.Input, "its indices or shapes may not fit the inputs", "models: run %s: %v", c.path, r)
		}
	}()
	if c.Net != nil {
		for _, in := range c.Net.Inputs {
			c.feeds[in.Name].load(e.Input(in.Name), c.inputs[in.Name].Float32s())
		}
		if err := e.Run(c.options.Seed); err != nil {
			return nil, err
		}
	}
	values := map[string]*eval.Array{}
	for i, p := range c.results {
		values[c.taken[i]] = c.result(e, p)
	}
	if c.rest != nil {
		given := map[string]*eval.Array{}
		for _, v := range c.rest.Graph.Inputs {
			given[v.Name] = values[v.Name]
		}
		left, err := eval.Run(c.rest, given, c.options)
		if err != nil {
			return nil, fmt.Errorf("models: run %s: %w", c.path, err)
		}
		for name, a := range left {
			values[name] = a
		}
	}
	out = map[string]*eval.Array{}
	for _, name := range c.names {
		if out[name] = values[name]; c.known[name] != nil {
			out[name] = c.known[name]
		}
	}
	return out, nil
}

// result returns a value that the network made, or one of its inputs, in the
// file's order.
func (c *Computation) result(e Engine, p place) *eval.Array {
	if a, ok := c.inputs[p.layer]; ok {
		from := c.feeds[p.layer]
		stored := make([]float32, a.Len())
		from.load(stored, a.Float32s())
		return eval.Floats(p.unload(stored), p.shape...)
	}
	return eval.Floats(p.unload(e.Output(slices.Index(c.Net.Outputs, p.layer))), p.shape...)
}
