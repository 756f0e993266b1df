package models

import (
	"fmt"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// weightsKind is the artifact's kind. Its columns are name, role, shape
// (32x3x3x3) and values, one row a parameter in the net's order.
const weightsKind = "weights"

// WriteWeights writes the net's parameters and running statistics as an
// artifact. meta gives the producer, the inputs and further facts; its Kind
// is set here, and the extra fact "net" to the net's name.
func WriteWeights(path string, n *Net, w Weights, meta artifact.Meta) error {
	if err := n.CheckWeights(w); err != nil {
		return err
	}
	names, roles, shapes := make([]string, len(n.Params)), make([]string, len(n.Params)), make([]string, len(n.Params))
	values := make([][]float32, len(n.Params))
	for i, p := range n.Params {
		names[i], roles[i], shapes[i], values[i] = p.Name, string(p.Role), shapeText(p.Shape), w[p.Name]
	}
	extra := map[string]string{"net": n.Name}
	for k, v := range meta.Extra {
		extra[k] = v
	}
	meta.Kind, meta.Extra = weightsKind, extra
	t := artifact.NewTable(meta).String("name", names).String("role", roles).String("shape", shapes).VarLists("values", values)
	return artifact.Write(path, t)
}

// ReadWeights reads what [WriteWeights] wrote for a net of the same names and
// shapes, and the artifact's facts. A file of another net is an input error.
func ReadWeights(path string, n *Net) (Weights, artifact.Meta, error) {
	t, err := artifact.Read(path, weightsKind)
	if err != nil {
		return nil, artifact.Meta{}, err
	}
	names, err := t.Strings("name")
	if err != nil {
		return nil, artifact.Meta{}, err
	}
	shapes, err := t.Strings("shape")
	if err != nil {
		return nil, artifact.Meta{}, err
	}
	values, err := t.VarListsOf("values")
	if err != nil {
		return nil, artifact.Meta{}, err
	}
	w := make(Weights, len(names))
	for i, name := range names {
		if p, ok := n.Param(name); ok && shapeText(p.Shape) != shapes[i] {
			return nil, artifact.Meta{}, weightsFault(path, fmt.Errorf("%s has shape %s, the network's has %s", name, shapes[i], shapeText(p.Shape)))
		}
		w[name] = values[i]
	}
	if err := n.CheckWeights(w); err != nil {
		return nil, artifact.Meta{}, weightsFault(path, err)
	}
	return w, t.Meta, nil
}

func weightsFault(path string, err error) error {
	return fault.New(fault.Input, "the file belongs to another network or configuration", "models: weights %s: %w", path, err)
}

func shapeText(shape []int) string {
	parts := make([]string, len(shape))
	for i, d := range shape {
		parts[i] = fmt.Sprint(d)
	}
	return strings.Join(parts, "x")
}
