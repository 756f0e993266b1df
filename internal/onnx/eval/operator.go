package eval

import (
	"fmt"
	"strconv"
	"strings"

	"melanoma/internal/onnx"
)

// Operator is one definition of an operator: a name from an opset on.
type Operator struct {
	Name  string
	Since int64 // the opset that brought the definition, or an earlier equal one

	inputs, outputs arity
	attributes      map[string]attributeRule
	run             runner
}

// arity bounds a number of inputs or outputs.
type arity struct{ least, most int }

// many is the most inputs of an operator that takes any number.
const many = 1 << 20

// attributeRule says what an attribute must be.
type attributeRule struct {
	kind     onnx.AttributeKind
	required bool
}

// runner evaluates a node.
type runner func(c *call) ([]*Array, error)

// Lookup returns the definition that is in force in a model of the given
// opset of the default domain. Operators of other domains are not known.
func Lookup(domain, op string, opset int64) (*Operator, bool) {
	if domain != "" && domain != "ai.onnx" {
		return nil, false
	}
	var found *Operator
	for _, o := range operators[op] {
		if o.Since <= opset {
			found = o
		}
	}
	return found, found != nil && found.run != nil
}

// Check lists what is wrong with a node before its inputs are known: the
// number of inputs and outputs, and attributes that are unknown, of a wrong
// kind or missing. opset is the model's.
func (o *Operator) Check(n *onnx.Node, opset int64) []*Error {
	var found []*Error
	add := func(attribute, format string, args ...any) {
		found = append(found, nodeError(n, opset, attribute, format, args...))
	}
	if k := len(n.Inputs); k < o.inputs.least || k > o.inputs.most {
		add("", "it has %d inputs, the operator takes %s", k, o.inputs)
	}
	for i, name := range n.Inputs {
		if name == "" && i < o.inputs.least {
			add("", "its input %d is absent", i)
		}
	}
	if k := len(n.Outputs); k < o.outputs.least || k > o.outputs.most {
		add("", "it has %d outputs, the operator has %s", k, o.outputs)
	}
	seen := map[string]bool{}
	for _, a := range n.Attributes {
		rule, ok := o.attributes[a.Name]
		switch {
		case !ok:
			add(a.Name, "the operator has no such attribute")
		case seen[a.Name]:
			add(a.Name, "it is given twice")
		case a.Kind != rule.kind:
			add(a.Name, "its kind is %d, not %d", a.Kind, rule.kind)
		case rule.kind == onnx.KindTensor && a.Tensor == nil || rule.kind == onnx.KindGraph && a.Graph == nil:
			add(a.Name, "its value is absent")
		}
		seen[a.Name] = true
	}
	for name, rule := range o.attributes {
		if rule.required && !seen[name] {
			add(name, "the operator needs it")
		}
	}
	return found
}

func (a arity) String() string {
	switch {
	case a.most == many:
		return fmt.Sprintf("%d or more", a.least)
	case a.least == a.most:
		return strconv.Itoa(a.least)
	}
	return fmt.Sprintf("%d to %d", a.least, a.most)
}

// parseArity reads "2", "1-3" or "1-".
func parseArity(s string) arity {
	low, high, isRange := strings.Cut(s, "-")
	least, err := strconv.Atoi(low)
	if err != nil {
		panic("eval: arity " + s)
	}
	switch {
	case !isRange:
		return arity{least, least}
	case high == "":
		return arity{least, many}
	}
	most, err := strconv.Atoi(high)
	if err != nil {
		panic("eval: arity " + s)
	}
	return arity{least, most}
}

var kindLetters = map[string]onnx.AttributeKind{
	"f": onnx.KindFloat, "i": onnx.KindInt, "s": onnx.KindText, "t": onnx.KindTensor, "g": onnx.KindGraph,
	"ff": onnx.KindFloats, "ii": onnx.KindInts, "ss": onnx.KindTexts,
}

// parseAttributes reads "axis:i mode:s to:i!", where ! marks what a node must
// have.
func parseAttributes(s string) map[string]attributeRule {
	rules := map[string]attributeRule{}
	for _, word := range strings.Fields(s) {
		name, kind, _ := strings.Cut(word, ":")
		kind, required := strings.CutSuffix(kind, "!")
		k, ok := kindLetters[kind]
		if !ok {
			panic("eval: attribute " + word)
		}
		rules[name] = attributeRule{k, required}
	}
	return rules
}
