package models

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Report says what an ONNX file holds and whether it can be used.
type Report struct {
	Path       string          `json:"path"`
	Producer   string          `json:"producer"`
	IRVersion  int64           `json:"ir_version"`
	Opset      int64           `json:"opset"`
	Inputs     []TensorInfo    `json:"inputs"`
	Outputs    []TensorInfo    `json:"outputs"`
	Operators  []OperatorCount `json:"operators"` // by name
	Parameters int             `json:"parameters"`
	Problems   []Problem       `json:"problems"` // empty if the file can be run
	Limits     []Problem       `json:"limits"`   // why it can be run, but not trained as a classifier of images
	Notes      []string        `json:"notes"`
}

// TensorInfo is a declared input or output; a symbolic dimension keeps its
// name, an unknown one is "?".
type TensorInfo struct {
	Name  string   `json:"name"`
	Shape []string `json:"shape"`
}

// OperatorCount counts the nodes of one operator.
type OperatorCount struct {
	Op    string `json:"op"`
	Count int    `json:"count"`
}

// Problem is one reason why a file cannot be used.
type Problem struct {
	Op        string `json:"op,omitempty"`
	Attribute string `json:"attribute,omitempty"`
	Node      string `json:"node,omitempty"`
	Opset     int64  `json:"opset,omitempty"`
	Reason    string `json:"reason"`
}

// Supported reports whether the file can be run.
func (r Report) Supported() bool { return len(r.Problems) == 0 }

// Trainable reports whether the file is a classifier of images that can be
// trained.
func (r Report) Trainable() bool { return r.Supported() && len(r.Limits) == 0 }

// Check reads an ONNX file and reports its operators and everything in it
// that is not supported. The error is for files that are not ONNX at all.
func Check(path string) (Report, error) {
	m, err := openONNX(path)
	if err != nil {
		return Report{}, err
	}
	r := Report{Path: path, Producer: m.Producer, IRVersion: m.IRVersion, Opset: m.Opset, Notes: []string{}}
	for _, v := range m.Graph.Required() {
		r.Inputs = append(r.Inputs, TensorInfo{v.Name, shapeTexts(v.Dims)})
	}
	for _, v := range m.Graph.Outputs {
		r.Outputs = append(r.Outputs, TensorInfo{v.Name, shapeTexts(v.Dims)})
	}
	r.Operators = m.operators()
	r.Problems, r.Limits = append([]Problem{}, m.problems()...), append([]Problem{}, m.borderProblems()...)
	if len(r.Problems)+len(r.Limits) > 0 {
		return r, nil
	}
	net, _, err := m.network(path, 0)
	if asLimit, ok := asProblem(err, m.Opset); ok {
		r.Limits = append(r.Limits, asLimit)
		return r, nil
	} else if err != nil {
		r.Problems = append(r.Problems, asLimit)
		return r, nil
	}
	if err := net.checkGradients(nil); err != nil {
		r.Limits = append(r.Limits, Problem{Reason: err.Error()})
	}
	r.Parameters = net.Parameters()
	r.Notes = append(m.notes(), net.notes()...)
	return r, nil
}

// operators counts the nodes by operator, in alphabetical order.
func (m file) operators() []OperatorCount {
	counts := map[string]int{}
	for i := range m.Graph.Nodes {
		counts[m.Graph.Nodes[i].Op]++
	}
	var all []OperatorCount
	for _, op := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, OperatorCount{op, counts[op]})
	}
	return all
}

// asProblem tells also whether the error is about the network that a file
// would become, not about the file.
func asProblem(err error, opset int64) (Problem, bool) {
	var p problem
	if errors.As(err, &p) {
		return p.Problem, true
	}
	if err == nil {
		return Problem{}, false
	}
	return Problem{Opset: opset, Reason: err.Error()}, false
}

// notes says which training flags of the file are not followed.
func (m file) notes() []string {
	notes, training := []string{}, 0
	for i := range m.Graph.Nodes {
		if n := m.Graph.Nodes[i]; n.Op == "BatchNormalization" && n.Int("training_mode", 0) == 1 {
			training++
		}
	}
	if training > 0 {
		notes = append(notes, fmt.Sprintf("%d BatchNormalization nodes are marked for training: models run follows them unless --eval is given, training and infer do not", training))
	}
	return notes
}

// notes says what a user should know about a network that can be used.
func (n *Net) notes() []string {
	notes := []string{}
	if !slices.ContainsFunc(n.Layers, func(l Layer) bool { return l.Op == OpBatchNorm }) {
		notes = append(notes, "there is no BatchNormalization: it was folded into the convolutions, so training wants a lower learning rate, or models import --restore-batchnorm, which puts it back")
	}
	if n.Pooled == "" {
		notes = append(notes, "the classifier does not follow global pooling, so its head cannot be replaced")
	}
	return notes
}
