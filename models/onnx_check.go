package models

import (
	"fmt"
	"slices"
	"strings"

	"melanoma/internal/onnx"
)

// Opsets whose definitions of our operators we know.
const (
	oldestOpset = 9
	newestOpset = 26
)

func (p Problem) String() string {
	var parts []string
	if p.Op != "" {
		parts = append(parts, "operator "+p.Op)
	}
	if p.Attribute != "" {
		parts = append(parts, "attribute "+p.Attribute)
	}
	if p.Node != "" {
		parts = append(parts, "node "+p.Node)
	}
	where := strings.Join(parts, ", ")
	if where == "" {
		return p.Reason
	}
	return fmt.Sprintf("%s (opset %d): %s", where, p.Opset, p.Reason)
}

// attrRule returns why an attribute's value is not supported, or "".
type attrRule func(a *onnx.Attribute) string

func anyValue(*onnx.Attribute) string { return "" }

func intIs(want ...int64) attrRule {
	return func(a *onnx.Attribute) string {
		if a.Ints != nil || !slices.Contains(want, a.Int) {
			return fmt.Sprintf("the value %d is not supported, only %v", a.Int, want)
		}
		return ""
	}
}

func typeIs(want ...onnx.DataType) attrRule {
	return func(a *onnx.Attribute) string {
		if got := onnx.DataType(a.Int); !slices.Contains(want, got) {
			return fmt.Sprintf("the type %s is not supported, only %v", got, want)
		}
		return ""
	}
}

func floatIs(want float32) attrRule {
	return func(a *onnx.Attribute) string {
		if a.Float != want {
			return fmt.Sprintf("the value %g is not supported, only %g", a.Float, want)
		}
		return ""
	}
}

func textIs(want ...string) attrRule {
	return func(a *onnx.Attribute) string {
		if !slices.Contains(want, a.Text) {
			return fmt.Sprintf("the value %q is not supported, only %s", a.Text, strings.Join(want, ", "))
		}
		return ""
	}
}

// pair accepts two integers for a two-dimensional window, in [low, high].
func pair(low, high int64) attrRule {
	return func(a *onnx.Attribute) string {
		if len(a.Ints) != 2 || slices.Min(a.Ints) < low || slices.Max(a.Ints) > high {
			return fmt.Sprintf("the value %v is not supported: two numbers from %d to %d are", a.Ints, low, high)
		}
		return ""
	}
}

func fourPads(a *onnx.Attribute) string {
	if len(a.Ints) != 4 || slices.Min(a.Ints) < 0 || slices.Max(a.Ints) > maxWindow {
		return fmt.Sprintf("the value %v is not supported: four paddings from 0 to %d are", a.Ints, maxWindow)
	}
	return ""
}

// maxWindow bounds kernels, strides and paddings.
const maxWindow = 1024

// opRule says how many inputs an operator may have and which attributes.
type opRule struct {
	least, most int
	attrs       map[string]attrRule
}

// dataRules are the operators that may work on images and features.
var dataRules = map[string]opRule{
	"Conv": {2, 3, map[string]attrRule{
		"auto_pad": textIs("NOTSET", "VALID", "SAME_UPPER"), "dilations": pair(1, maxWindow), "group": anyValue,
		"kernel_shape": pair(1, maxWindow), "pads": fourPads, "strides": pair(1, maxWindow),
	}},
	"MaxPool": {1, 1, map[string]attrRule{
		"auto_pad": textIs("NOTSET", "VALID", "SAME_UPPER"), "ceil_mode": intIs(0, 1), "dilations": pair(1, 1),
		"kernel_shape": pair(1, maxWindow), "pads": fourPads, "storage_order": intIs(0), "strides": pair(1, maxWindow),
	}},
	"AveragePool": {1, 1, map[string]attrRule{
		"auto_pad": textIs("NOTSET", "VALID", "SAME_UPPER"), "ceil_mode": intIs(0, 1), "count_include_pad": intIs(0, 1), "dilations": pair(1, 1),
		"kernel_shape": pair(1, maxWindow), "pads": fourPads, "strides": pair(1, maxWindow),
	}},
	"Split":     {1, 2, map[string]attrRule{"axis": anyValue, "num_outputs": anyValue}},
	"Sum":       {1, 64, nil},
	"Transpose": {1, 1, map[string]attrRule{"perm": anyValue}},
	"Softmax":   {1, 1, map[string]attrRule{"axis": anyValue}},
	"BatchNormalization": {5, 5, map[string]attrRule{
		"epsilon": anyValue, "momentum": anyValue, "training_mode": anyValue, "spatial": intIs(1),
	}},
	"Sigmoid": {1, 1, nil}, "Relu": {1, 1, nil}, "Identity": {1, 1, nil}, "GlobalAveragePool": {1, 1, nil},
	"Mul": {2, 2, nil}, "Add": {2, 2, nil}, "MatMul": {2, 2, nil},
	"Clip":       {1, 3, map[string]attrRule{"min": anyValue, "max": anyValue}},
	"ReduceMean": {1, 2, map[string]attrRule{"axes": anyValue, "keepdims": intIs(0, 1), "noop_with_empty_axes": intIs(0)}},
	"Flatten":    {1, 1, map[string]attrRule{"axis": intIs(1, -3)}},
	"Reshape":    {2, 2, map[string]attrRule{"allowzero": intIs(0, 1)}},
	"Squeeze":    {1, 2, map[string]attrRule{"axes": anyValue}},
	"Gemm":       {2, 3, map[string]attrRule{"alpha": floatIs(1), "beta": floatIs(1), "transA": intIs(0), "transB": intIs(0, 1)}},
	"Concat":     {2, 2, map[string]attrRule{"axis": intIs(1, -1)}},
	"Pad":        {1, 4, map[string]attrRule{"mode": textIs("constant"), "pads": anyValue, "value": floatIs(0)}},
	"Dropout":    {1, 3, map[string]attrRule{"ratio": anyValue, "seed": anyValue}},
	"Shape":      {1, 1, map[string]attrRule{"start": anyValue, "end": anyValue}},
}

// constantRules are the operators that may work on constants and shapes.
var constantRules = map[string]opRule{
	"Constant": {0, 0, map[string]attrRule{
		"value": anyValue, "value_int": anyValue, "value_ints": anyValue, "value_float": anyValue, "value_floats": anyValue,
	}},
	"ConstantOfShape": {1, 1, map[string]attrRule{"value": anyValue}},
	"Add":             {2, 2, nil}, "Sub": {2, 2, nil}, "Mul": {2, 2, nil}, "Div": {2, 2, nil},
	"Ceil": {1, 1, nil}, "Floor": {1, 1, nil}, "Neg": {1, 1, nil}, "Identity": {1, 1, nil},
	"Max": {1, 8, nil}, "Min": {1, 8, nil},
	"Shape":     {1, 1, map[string]attrRule{"start": anyValue, "end": anyValue}},
	"Clip":      {1, 3, map[string]attrRule{"min": anyValue, "max": anyValue}},
	"Cast":      {1, 1, map[string]attrRule{"to": typeIs(onnx.Float, onnx.Int32, onnx.Int64, onnx.Bool, onnx.Double), "saturate": anyValue}},
	"Gather":    {2, 2, map[string]attrRule{"axis": intIs(0)}},
	"Concat":    {1, 64, map[string]attrRule{"axis": intIs(0, -1)}},
	"Slice":     {1, 5, map[string]attrRule{"starts": anyValue, "ends": anyValue, "axes": anyValue}},
	"Reshape":   {2, 2, map[string]attrRule{"allowzero": anyValue}},
	"Transpose": {1, 1, map[string]attrRule{"perm": anyValue}},
	"Unsqueeze": {1, 2, map[string]attrRule{"axes": anyValue}},
	"Squeeze":   {1, 2, map[string]attrRule{"axes": anyValue}},
}

// problems lists everything in the model that is known to be unsupported
// before anything is computed. live marks the nodes that the output needs.
func (m file) problems() (found []Problem, live []bool) {
	add := func(p Problem) {
		p.Opset = m.Opset
		found = append(found, p)
	}
	if m.Opset < oldestOpset || m.Opset > newestOpset {
		add(Problem{Reason: fmt.Sprintf("opset %d is not supported: opsets %d to %d are", m.Opset, oldestOpset, newestOpset)})
	}
	for _, reason := range m.borderProblems() {
		add(Problem{Reason: reason})
	}
	live = m.live()
	data := map[string]bool{}
	for _, v := range m.Graph.Required() {
		data[v.Name] = true
	}
	known := m.givenNames()
	for i := range m.Graph.Nodes {
		n := m.Graph.Nodes[i]
		isData := slices.ContainsFunc(n.Inputs, func(s string) bool { return data[s] })
		if live[i] {
			for _, p := range nodeProblems(n, isData, known) {
				add(p)
			}
		}
		for _, out := range n.Outputs {
			if known[out] {
				add(Problem{Op: n.Op, Node: n.Label(), Reason: fmt.Sprintf("%s is made twice", out)})
			}
			known[out] = out != ""
			data[out] = out != "" && isData && n.Op != "Shape"
		}
	}
	return found, live
}

// problems checks one node against the rules of its kind.
func nodeProblems(n *onnx.Node, isData bool, known map[string]bool) []Problem {
	fail := func(attribute, reason string) []Problem {
		return []Problem{{Op: n.Op, Attribute: attribute, Node: n.Label(), Reason: reason}}
	}
	rules, kind := constantRules, "on constants"
	if isData {
		rules, kind = dataRules, "on images or features"
	}
	rule, ok := rules[n.Op]
	if n.Domain != "" && n.Domain != "ai.onnx" {
		return fail("", fmt.Sprintf("operators of the domain %q are not supported", n.Domain))
	}
	if !ok {
		return fail("", "the operator is not supported "+kind)
	}
	if len(n.Inputs) < rule.least || len(n.Inputs) > rule.most || len(n.Outputs) == 0 || n.Outputs[0] == "" {
		return fail("", fmt.Sprintf("%d inputs and %d outputs are not supported", len(n.Inputs), len(n.Outputs)))
	}
	var found []Problem
	for i, in := range n.Inputs {
		if in == "" && i < rule.least || in != "" && !known[in] {
			found = append(found, fail("", fmt.Sprintf("it takes %q, which nothing before it makes", in))...)
		}
	}
	for i := range n.Attributes {
		a := n.Attributes[i]
		check, ok := rule.attrs[a.Name]
		if !ok {
			found = append(found, fail(a.Name, "the attribute is not supported")...)
		} else if reason := check(a); reason != "" {
			found = append(found, fail(a.Name, reason)...)
		}
	}
	return found
}
