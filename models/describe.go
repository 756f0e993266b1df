package models

import (
	"fmt"
	"strings"
)

// LayerSummary describes one layer for one image.
type LayerSummary struct {
	Name       string `json:"name"`
	Op         Op     `json:"op"`
	Window     string `json:"window,omitempty"` // of a convolution or pooling: 3x3 /2, 32 groups
	Shape      []int  `json:"shape"`            // of the output, [H,W,C] or [C]
	Parameters int    `json:"parameters"`
	MACs       int64  `json:"macs"` // multiply-adds of convolutions and linear layers
}

// Summary describes a network at one image size.
type Summary struct {
	Name       string         `json:"name"`
	Family     Family         `json:"family,omitempty"` // of an architecture
	Size       int            `json:"size"`
	Classes    int            `json:"classes"`
	Features   int            `json:"features"` // width of the pooled features
	Parameters int            `json:"parameters"`
	MACs       int64          `json:"macs"`
	FLOPs      int64          `json:"flops"` // 2 a multiply-add, of one image's evaluation
	Mean       [3]float32     `json:"mean"`
	Std        [3]float32     `json:"std"`
	Layers     []LayerSummary `json:"layers"`
}

// Describe summarises an architecture of [List], or an ONNX file if the name
// ends in .onnx, at an image size in pixels; 0 means its own.
func Describe(name string, size int) (Summary, error) {
	var net *Net
	var err error
	if strings.HasSuffix(name, ".onnx") {
		net, _, err = ReadONNX(name, size)
	} else {
		net, err = buildArch(name)
	}
	if err != nil {
		return Summary{}, err
	}
	s, err := net.Summary(size)
	if a, unknown := findArch(name); unknown == nil {
		s.Family = a.family
	}
	return s, err
}

// Summary lists the layers with their shapes, parameters and multiply-adds at
// an image size in pixels; 0 means InputSize.
func (n *Net) Summary(size int) (Summary, error) {
	if size == 0 {
		size = n.InputSize
	}
	shapes, err := n.shapes(size)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{Name: n.Name, Size: size, Classes: n.Classes, Parameters: n.Parameters(), Mean: n.Mean, Std: n.Std}
	if pooled := shapes[n.Pooled]; len(pooled) == 2 {
		s.Features = pooled[1]
	}
	counted := map[string]bool{}
	for _, l := range n.Layers {
		out := shapes[l.Name]
		row := LayerSummary{Name: l.Name, Op: l.Op, Window: n.window(&l, shapes), Shape: out[1:]}
		for _, name := range l.Params {
			p, _ := n.Param(name)
			if p.Role == RoleWeight {
				row.MACs += int64(p.Len()) * positions(out)
			}
			if p.Role.Trained() && !counted[name] {
				row.Parameters += p.Len()
				counted[name] = true
			}
		}
		s.MACs += row.MACs
		s.Layers = append(s.Layers, row)
	}
	s.FLOPs = 2 * s.MACs
	return s, nil
}

// positions counts the places of an output at which every weight is used once.
func positions(shape []int) int64 {
	if len(shape) == 4 {
		return int64(shape[1]) * int64(shape[2])
	}
	return 1
}

// window describes a convolution's or pooling's window in short.
func (n *Net) window(l *Layer, shapes map[string][]int) string {
	kernel := l.Kernel
	switch l.Op {
	case OpConv:
		w, _ := n.Param(l.Params[0])
		kernel = [2]int(w.Shape[2:])
	case OpMaxPool, OpAveragePool:
	default:
		return ""
	}
	text := fmt.Sprintf("%dx%d", kernel[0], kernel[1])
	if l.Stride != [2]int{1, 1} {
		text += fmt.Sprintf(" /%d", l.Stride[0])
		if l.Stride[1] != l.Stride[0] {
			text += fmt.Sprintf(",%d", l.Stride[1])
		}
	}
	if l.Dilation[0] > 1 || l.Dilation[1] > 1 {
		text += fmt.Sprintf(" dilated %d,%d", max(l.Dilation[0], 1), max(l.Dilation[1], 1))
	}
	switch in := shapes[l.Inputs[0]]; {
	case l.Groups > 1 && l.Groups == in[len(in)-1]:
		text += ", depthwise"
	case l.Groups > 1:
		text += fmt.Sprintf(", %d groups", l.Groups)
	}
	return text
}
