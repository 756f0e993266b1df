package models

import (
	"fmt"
	"slices"
	"strings"
)

// Opsets whose definitions of our operators we know.
const (
	oldestOpset = 9
	newestOpset = 23
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
type attrRule func(a *protoAttr) string

func anyValue(*protoAttr) string { return "" }

func intIs(want ...int64) attrRule {
	return func(a *protoAttr) string {
		if a.ints != nil || !slices.Contains(want, a.i) {
			return fmt.Sprintf("the value %d is not supported, only %v", a.i, want)
		}
		return ""
	}
}

func floatIs(want float32) attrRule {
	return func(a *protoAttr) string {
		if a.f != want {
			return fmt.Sprintf("the value %g is not supported, only %g", a.f, want)
		}
		return ""
	}
}

func textIs(want ...string) attrRule {
	return func(a *protoAttr) string {
		if !slices.Contains(want, a.s) {
			return fmt.Sprintf("the value %q is not supported, only %s", a.s, strings.Join(want, ", "))
		}
		return ""
	}
}

// pair accepts two integers for a two-dimensional window, in [low, high].
func pair(low, high int64) attrRule {
	return func(a *protoAttr) string {
		if len(a.ints) != 2 || slices.Min(a.ints) < low || slices.Max(a.ints) > high {
			return fmt.Sprintf("the value %v is not supported: two numbers from %d to %d are", a.ints, low, high)
		}
		return ""
	}
}

func equalPair(a *protoAttr) string {
	if reason := pair(1, maxWindow)(a); reason != "" {
		return reason
	}
	if a.ints[0] != a.ints[1] {
		return fmt.Sprintf("the value %v is not supported: both directions must be equal", a.ints)
	}
	return ""
}

func fourPads(a *protoAttr) string {
	if len(a.ints) != 4 || slices.Min(a.ints) < 0 || slices.Max(a.ints) > maxWindow {
		return fmt.Sprintf("the value %v is not supported: four paddings from 0 to %d are", a.ints, maxWindow)
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
		"auto_pad": textIs("NOTSET", "VALID", "SAME_UPPER"), "dilations": pair(1, 1), "group": anyValue,
		"kernel_shape": pair(1, maxWindow), "pads": fourPads, "strides": equalPair,
	}},
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
	"Cast":      {1, 1, map[string]attrRule{"to": intIs(typeFloat, typeInt32, typeInt64, typeBool, typeDouble), "saturate": anyValue}},
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
func (m *protoModel) problems() (found []Problem, live []bool) {
	add := func(p Problem) {
		p.Opset = m.opset
		found = append(found, p)
	}
	if m.opset < oldestOpset || m.opset > newestOpset {
		add(Problem{Reason: fmt.Sprintf("opset %d is not supported: opsets %d to %d are", m.opset, oldestOpset, newestOpset)})
	}
	for _, reason := range m.borderProblems() {
		add(Problem{Reason: reason})
	}
	live = m.live()
	data := map[string]bool{}
	for _, v := range m.dataInputs() {
		data[v.name] = true
	}
	known := m.givenNames()
	for i := range m.graph.nodes {
		n := &m.graph.nodes[i]
		isData := slices.ContainsFunc(n.inputs, func(s string) bool { return data[s] })
		if live[i] {
			for _, p := range n.problems(isData, known) {
				add(p)
			}
		}
		for _, out := range n.outputs {
			if known[out] {
				add(Problem{Op: n.op, Node: n.label(), Reason: fmt.Sprintf("%s is made twice", out)})
			}
			known[out] = out != ""
			data[out] = out != "" && isData && n.op != "Shape"
		}
	}
	return found, live
}

// problems checks one node against the rules of its kind.
func (n *protoNode) problems(isData bool, known map[string]bool) []Problem {
	fail := func(attribute, reason string) []Problem {
		return []Problem{{Op: n.op, Attribute: attribute, Node: n.label(), Reason: reason}}
	}
	rules, kind := constantRules, "on constants"
	if isData {
		rules, kind = dataRules, "on images or features"
	}
	rule, ok := rules[n.op]
	if n.domain != "" && n.domain != "ai.onnx" {
		return fail("", fmt.Sprintf("operators of the domain %q are not supported", n.domain))
	}
	if !ok {
		return fail("", "the operator is not supported "+kind)
	}
	if len(n.inputs) < rule.least || len(n.inputs) > rule.most || len(n.outputs) == 0 || n.outputs[0] == "" {
		return fail("", fmt.Sprintf("%d inputs and %d outputs are not supported", len(n.inputs), len(n.outputs)))
	}
	var found []Problem
	for i, in := range n.inputs {
		if in == "" && i < rule.least || in != "" && !known[in] {
			found = append(found, fail("", fmt.Sprintf("it takes %q, which nothing before it makes", in))...)
		}
	}
	for i := range n.attrs {
		a := &n.attrs[i]
		check, ok := rule.attrs[a.name]
		if !ok {
			found = append(found, fail(a.name, "the attribute is not supported")...)
		} else if reason := check(a); reason != "" {
			found = append(found, fail(a.name, reason)...)
		}
	}
	return found
}
