package models

import (
	"fmt"
	"io"
	"math"

	"melanoma/internal/fault"
	"melanoma/internal/onnx"
)

// Member is one network of an ensemble: a fold's, or a posterior sample of one.
type Member struct {
	Net     *Net
	Weights Weights
}

// EnsembleModel is one model of an ensemble with all its members.
type EnsembleModel struct {
	Name    string
	Members []Member
}

// The borders of an ensemble's file.
const (
	ensembleInput  = "pixels"
	ensembleOutput = "probabilities"
)

// maxEnsembleBytes is what one ONNX file can hold: a protobuf message has
// less than 2 GiB.
const maxEnsembleBytes = math.MaxInt32 - 1<<20

// WriteEnsemble writes all members into one ONNX file, opset 17. Its input
// "pixels" [batch,3,size,size] has RGB levels from 0 to 255: each network's
// normalisation is inside. A model that takes metadata has an input of its own,
// "<model>.meta". The output "probabilities" [batch,K] is the mean over models
// of the mean over members of the mean over views of the softmax, as the
// pipeline predicts new pictures. views is the number of test-time views, 1
// to 8, in the order of package augment.
//
// Networks that differ in their classes, or more than ONNX's 2 GiB, are input
// errors.
func WriteEnsemble(w io.Writer, models []EnsembleModel, views, size int, options ...ExportOption) error {
	e := ensembleWriter{export: exportOf(options), size: size, views: views, normalised: map[[2][3]float32]string{}}
	if err := e.check(models); err != nil {
		return err
	}
	e.graph = &onnx.Graph{Name: "ensemble", Inputs: []onnx.Value{e.border(ensembleInput, 3, int64(size), int64(size))}}
	e.turn()
	means := make([]string, len(models))
	for i, m := range models {
		means[i] = e.model(m)
	}
	e.node("Mean", ensembleOutput, means)
	classes := models[0].Members[0].Net.Classes
	e.graph.Outputs = []onnx.Value{e.border(ensembleOutput, int64(classes))}
	metadata := e.origin.metadata()
	metadata[keyPreprocessing] = mustJSON(preprocessing{Size: size, Channels: "RGB", Layout: "NCHW", Input: "pixel"})
	return writeModel(w, e.graph, metadata)
}

// ensembleWriter builds the graph.
type ensembleWriter struct {
	export
	graph      *onnx.Graph
	size       int
	views      int
	turned     string                   // pixels of all views, [views*batch,3,size,size]
	normalised map[[2][3]float32]string // by mean and standard deviation
}

func (e *ensembleWriter) check(models []EnsembleModel) error {
	bytes, classes := 0, 0
	for _, m := range models {
		for _, member := range m.Members {
			n := member.Net
			if classes == 0 {
				classes = n.Classes
			}
			if n.Classes != classes {
				return fault.New(fault.Input, "train its models on the same classes", "models: ensemble: %s has %d classes, the first model has %d", m.Name, n.Classes, classes)
			}
			if _, err := n.shapes(e.size); err != nil {
				return err
			}
			if err := n.checkWritten(); err != nil {
				return err
			}
			if err := n.CheckWeights(member.Weights); err != nil {
				return err
			}
			if err := e.origin.check(n); err != nil {
				return err
			}
			for _, p := range n.Params {
				bytes += 4 * p.Len()
			}
		}
	}
	if classes == 0 {
		return fault.New(fault.Input, "give at least one", "models: ensemble: no member")
	}
	if bytes > maxEnsembleBytes {
		return fault.New(fault.Input, "export its models one by one", "models: ensemble: %.1f GB of weights do not fit into one ONNX file, which holds less than 2", float64(bytes)/1e9)
	}
	return nil
}

func (e *ensembleWriter) node(op, output string, inputs []string, attributes ...*onnx.Attribute) string {
	e.graph.Nodes = append(e.graph.Nodes, &onnx.Node{Name: output, Op: op, Inputs: inputs, Outputs: []string{output}, Attributes: attributes})
	return output
}

// integers adds an initializer and returns its name.
func (e *ensembleWriter) integers(name string, v ...int64) string {
	e.graph.Initializers = append(e.graph.Initializers, onnx.NewTensor(name, v, len(v)))
	return name
}

// turn makes the views: 4 to 7 transpose first, then 1 reverses the rows, 2
// the columns, 3 both. They are joined along the batch, so that every network
// runs once.
func (e *ensembleWriter) turn() {
	if e.views == 1 {
		e.turned = ensembleInput
		return
	}
	e.integers("view/start", -1)
	e.integers("view/end", math.MinInt64+1)
	e.integers("view/rows", 2)
	e.integers("view/columns", 3)
	reversed := func(name, input, axis string) string {
		return e.node("Slice", name, []string{input, "view/start", "view/end", axis, "view/start"})
	}
	all := make([]string, e.views)
	for v := range all {
		all[v] = ensembleInput
		if v >= 4 {
			if v == 4 {
				e.node("Transpose", "view/transposed", []string{ensembleInput}, onnx.IntsAttribute("perm", 0, 1, 3, 2))
			}
			all[v] = "view/transposed"
		}
		name := fmt.Sprintf("view/%d", v)
		if v&1 != 0 {
			all[v] = reversed(name+"/rows", all[v], "view/rows")
		}
		if v&2 != 0 {
			all[v] = reversed(name+"/columns", all[v], "view/columns")
		}
	}
	e.turned = e.node("Concat", "views", all, onnx.IntAttribute("axis", 0))
}

// normalise returns the views as networks of that mean and deviation want
// them, (pixel/255 - mean) / std.
func (e *ensembleWriter) normalise(n *Net) string {
	key := [2][3]float32{n.Mean, n.Std}
	if name, ok := e.normalised[key]; ok {
		return name
	}
	prefix := fmt.Sprintf("input/%d", len(e.normalised))
	if len(e.normalised) == 0 {
		number(e.graph, "input/levels", 255)
		e.node("Div", "input/share", []string{e.turned, "input/levels"})
	}
	e.graph.Initializers = append(e.graph.Initializers,
		onnx.NewTensor(prefix+"/mean", n.Mean[:], 1, 3, 1, 1), onnx.NewTensor(prefix+"/std", n.Std[:], 1, 3, 1, 1))
	e.node("Sub", prefix+"/centred", []string{"input/share", prefix + "/mean"})
	e.normalised[key] = e.node("Div", prefix+"/normalised", []string{prefix + "/centred", prefix + "/std"})
	return e.normalised[key]
}

// model adds a model's members and returns the mean of their probabilities.
func (e *ensembleWriter) model(m EnsembleModel) string {
	meta := ""
	if first := m.Members[0].Net; first.Meta != "" {
		name := m.Name + ".meta"
		e.graph.Inputs = append(e.graph.Inputs, e.border(name, int64(first.MetaIn)))
		meta = e.repeated(name)
	}
	probs := make([]string, len(m.Members))
	for i, member := range m.Members {
		probs[i] = e.member(fmt.Sprintf("%s.%d/", m.Name, i), meta, member)
	}
	return e.node("Mean", m.Name+"/mean", probs)
}

// repeated returns metadata once for each view.
func (e *ensembleWriter) repeated(meta string) string {
	if e.views == 1 {
		return meta
	}
	all := make([]string, e.views)
	for v := range all {
		all[v] = meta
	}
	return e.node("Concat", meta+"/views", all, onnx.IntAttribute("axis", 0))
}

// member adds one network and returns its probabilities [batch,K], averaged
// over views.
func (e *ensembleWriter) member(prefix, meta string, member Member) string {
	n, weights := member.Net.prefixed(prefix, member.Weights)
	shapes, err := n.shapes(e.size)
	if err != nil {
		panic("models: " + err.Error()) // they were checked
	}
	input := e.normalise(member.Net)
	shapes[input], shapes[meta] = shapes[n.Input], shapes[n.Meta]
	n.rename(n.Input, input)
	if n.Meta != "" {
		n.rename(n.Meta, meta)
	}
	n.write(e.graph, weights, shapes)
	probs := e.node("Softmax", prefix+"probabilities", []string{n.Output}, onnx.IntAttribute("axis", 1))
	if e.views == 1 {
		return probs
	}
	shape := e.integers(prefix+"by_view/shape", int64(e.views), -1, int64(n.Classes))
	byView := e.node("Reshape", prefix+"by_view", []string{probs, shape})
	return e.node("ReduceMean", prefix+"mean", []string{byView}, onnx.IntsAttribute("axes", 0), onnx.IntAttribute("keepdims", 0))
}

// prefixed returns the net and its weights with a prefix before every name.
func (n *Net) prefixed(prefix string, w Weights) (*Net, Weights) {
	c, out := n.Clone(), make(Weights, len(w))
	for i := range c.Layers {
		l := &c.Layers[i]
		l.Name = prefix + l.Name
		for j := range l.Inputs {
			l.Inputs[j] = prefix + l.Inputs[j]
		}
		for j := range l.Params {
			l.Params[j] = prefix + l.Params[j]
		}
	}
	for i := range c.Params {
		c.Params[i].Name = prefix + c.Params[i].Name
		out[c.Params[i].Name] = w[n.Params[i].Name]
	}
	for _, name := range []*string{&c.Input, &c.Meta, &c.Pooled, &c.Output} {
		if *name != "" {
			*name = prefix + *name
		}
	}
	return c, out
}
