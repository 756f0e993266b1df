package models

import (
	"io"
	"slices"

	"melanoma/internal/safetensors"
)

// WriteTimm writes the weights as .safetensors in the net's order, under
// timm's names: those of the net, with the classifier called as the
// architecture of [List] calls it whose name the net has. [ReadTimm] gives
// equal weights, normalisation and image size (0 means InputSize).
func WriteTimm(w io.Writer, n *Net, weights Weights, size int, options ...ExportOption) error {
	if err := n.CheckWeights(weights); err != nil {
		return err
	}
	e := exportOf(options)
	if err := e.origin.check(n); err != nil {
		return err
	}
	if size == 0 {
		size = n.InputSize
	}
	renamed := n.timmClassifier()
	tensors := make([]safetensors.Floats, len(n.Params))
	for i, p := range n.Params {
		name := p.Name
		if timm, ok := renamed[name]; ok {
			name = timm
		}
		tensors[i] = safetensors.Floats{Name: name, Shape: p.Shape, Values: weights[p.Name]}
	}
	metadata := e.origin.metadata()
	metadata["format"] = "pt"
	metadata[metadataKey] = mustJSON(netFacts{Name: n.Name, Mean: n.Mean, Std: n.Std, Size: size})
	metadata[keyPreprocessing] = n.preprocessing(size)
	return safetensors.Write(w, tensors, metadata)
}

// timmClassifier maps the names of the classifier's parameters to those of
// the architecture that the net is of, if it is of one.
func (n *Net) timmClassifier() map[string]string {
	l := n.Layer(n.Output)
	if l == nil || l.Op != OpLinear || !slices.Contains(List(), n.Name) {
		return nil
	}
	arch, err := buildArch(n.Name)
	if err != nil {
		return nil
	}
	return map[string]string{l.Params[0]: arch.Layer(arch.Output).Params[0], l.Params[1]: arch.Layer(arch.Output).Params[1]}
}
