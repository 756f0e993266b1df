package models

import (
	"io"

	"melanoma/internal/fault"
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
	Problems   []Problem       `json:"problems"` // empty if the file can be used
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

// Supported reports whether the file can be used.
func (r Report) Supported() bool { return len(r.Problems) == 0 }

// Check reads an ONNX file and reports its operators and everything in it
// that is not supported. The error is for files that are not ONNX at all.
func Check(path string) (Report, error) {
	return Report{}, fault.New(fault.Program, "", "models: check %s: not built yet", path)
}

// ReadONNX returns the network and weights of an ONNX file for an image size
// in pixels; 0 means the size that the file declares.
func ReadONNX(path string, size int) (*Net, Weights, error) {
	return nil, nil, fault.New(fault.Program, "", "models: read %s: not built yet", path)
}

// WriteONNX writes the network in evaluation mode, opset 17, with a symbolic
// batch dimension and images of the given size (0 means InputSize).
func WriteONNX(w io.Writer, n *Net, weights Weights, size int) error {
	return fault.New(fault.Program, "", "models: write ONNX: not built yet")
}
