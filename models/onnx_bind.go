package models

import (
	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// parametersFrom tells from which input on operators take what is usually in
// the file. Such inputs are bound: their values are constants of the network.
var parametersFrom = map[string]int{
	"Conv": 1, "ConvTranspose": 1, "BatchNormalization": 1, "LayerNormalization": 1, "InstanceNormalization": 1, "GroupNormalization": 1,
	"Gemm": 1, "Clip": 1, "Pad": 1, "PRelu": 1, "Dropout": 1, "Resize": 1,
}

// bind returns the inputs for folding: with their values where the network has
// them as constants, else with type and shape; those are fed to the network at
// the places that it sets.
func (m file) bind(inputs map[string]*eval.Array, feeds map[string]place) map[string]*eval.Array {
	parameters, images := map[string]bool{}, false
	for _, n := range m.Graph.Nodes {
		for i, in := range n.Inputs {
			if from, ok := parametersFrom[n.Op]; ok && i >= from {
				parameters[in] = true
			}
		}
		switch n.Op {
		case "Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "LRN":
			images = true
		}
	}
	given := make(map[string]*eval.Array, len(inputs))
	for name, a := range inputs {
		if a.Type != onnx.Float || parameters[name] || len(a.Shape) == 0 || len(a.Shape) > maxImportedRank || a.Len() == 0 {
			given[name] = a
			continue
		}
		given[name] = eval.Unknown(a.Type, a.Shape...)
		axes := inOrder(len(a.Shape))
		if images && len(axes) == 4 {
			axes = channelsLast(4)
		}
		feeds[name] = place{layer: name, shape: a.Shape, axes: axes}
	}
	return given
}

// load lays a value of the file out as it is stored.
func (p place) load(to, from []float32) { p.each(func(stored, file int) { to[stored] = from[file] }) }

// unload returns a stored value in the file's order.
func (p place) unload(from []float32) []float32 {
	to := make([]float32, len(from))
	p.each(func(stored, file int) { to[file] = from[stored] })
	return to
}

// each calls f for every element: where it is stored and where the file has
// it.
func (p place) each(f func(stored, file int)) {
	shape, steps, step := p.stored(), make([]int, len(p.axes)), 1
	for a := len(p.shape) - 1; a >= 0; a-- {
		steps[p.at(a)] = step
		step *= p.shape[a]
	}
	at, k := make([]int, len(shape)), 0
	for i := range count(shape) {
		f(i, k)
		for d := len(at) - 1; d >= 0; d-- {
			k += steps[d]
			if at[d]++; at[d] < shape[d] {
				break
			}
			k -= steps[d] * shape[d]
			at[d] = 0
		}
	}
}
