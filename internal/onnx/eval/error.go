package eval

import (
	"fmt"
	"strings"

	"melanoma/internal/onnx"
)

// Error says what is wrong with a node. It is what every failure to check or
// evaluate one wraps.
type Error struct {
	Op        string // with its domain, if that is not the default
	Attribute string // if the fault is one attribute's
	Node      string
	Opset     int64
	Reason    string
}

// Error names operator, attribute, node and opset.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "operator %s", e.Op)
	if e.Attribute != "" {
		fmt.Fprintf(&b, ", attribute %s", e.Attribute)
	}
	if e.Node != "" {
		fmt.Fprintf(&b, ", node %s", e.Node)
	}
	fmt.Fprintf(&b, " (opset %d): %s", e.Opset, e.Reason)
	return b.String()
}

func nodeError(n *onnx.Node, opset int64, attribute, format string, args ...any) *Error {
	op := n.Op
	if n.Domain != "" {
		op = n.Domain + "." + op
	}
	return &Error{Op: op, Attribute: attribute, Node: n.Label(), Opset: opset, Reason: fmt.Errorf(format, args...).Error()}
}
