package models

import (
	"fmt"
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// defaultHidden are the widths of the winners' metadata network.
var defaultHidden = []int{512, 128}

// metaEpsilon is the epsilon of the metadata network's BatchNorms: torch's.
const metaEpsilon = 1e-5

// head is what stands between the pooled features and the logits.
type head struct {
	classes int
	dropout float64
	samples int
	meta    *MetaConfig
	seed    uint64
}

// withHead returns the net and weights with a new classifier. Everything from
// the pooled features on is replaced.
func (n *Net) withHead(w Weights, h head) (*Net, Weights, error) {
	features, err := n.features()
	if err != nil {
		return nil, nil, err
	}
	name := n.classifierName()
	c := n.Clone()
	c.cutAfter(c.Pooled)
	kept := len(c.Params)
	c.Classes, c.Meta, c.MetaIn = h.classes, "", 0
	b := &builder{net: c, last: c.Pooled}
	if h.meta != nil {
		features += b.metadata(*h.meta)
	}
	if h.dropout > 0 {
		b.add(Layer{Name: "dropout", Op: OpDropout, Inputs: []string{b.last}, Rate: h.dropout, Samples: h.samples})
	}
	c.Output = b.linear("logits", name, features, h.classes)
	out := make(Weights, len(c.Params))
	for i, p := range c.Params {
		if i < kept {
			out[p.Name] = w[p.Name]
		} else {
			out[p.Name] = p.initial(h.seed)
		}
	}
	return c, out, c.distinct()
}

// classifierName is what the names of the classifier's parameters begin with:
// the present one's, so that a new one has timm's names for the architecture.
func (n *Net) classifierName() string {
	if l := n.Layer(n.Output); l != nil && l.Op == OpLinear {
		if name, ok := strings.CutSuffix(l.Params[0], ".weight"); ok && l.Params[1] == name+".bias" {
			return name
		}
	}
	return "classifier"
}

// features returns the width of the pooled features.
func (n *Net) features() (int, error) {
	shapes, err := n.shapes(n.InputSize)
	if err != nil {
		return 0, err
	}
	s, ok := shapes[n.Pooled]
	if !ok || len(s) != 2 {
		return 0, fault.New(fault.Input, "the network must end in global pooling and a linear classifier; import it with its own head instead",
			"models: %s: there are no pooled features to put a new head on", n.Name)
	}
	return s[1], nil
}

// cutAfter drops every layer behind the named one and the parameters that
// only those used.
func (n *Net) cutAfter(layer string) {
	i := slices.IndexFunc(n.Layers, func(l Layer) bool { return l.Name == layer })
	n.Layers = n.Layers[:i+1]
	used := map[string]bool{}
	for _, l := range n.Layers {
		for _, p := range l.Params {
			used[p] = true
		}
	}
	n.Params = slices.DeleteFunc(n.Params, func(p Param) bool { return !used[p.Name] })
}

// dropBefore puts a dropout before the classifier, or changes the one that
// stands there.
func (n *Net) dropBefore(layer string, rate float64, samples int) {
	i := slices.IndexFunc(n.Layers, func(l Layer) bool { return l.Name == layer })
	if old := n.Layer(n.Layers[i].Inputs[0]); old != nil && old.Op == OpDropout {
		old.Rate, old.Samples = rate, samples
		return
	}
	d := Layer{Name: "dropout", Op: OpDropout, Inputs: n.Layers[i].Inputs, Rate: rate, Samples: samples}
	n.Layers[i].Inputs = []string{d.Name}
	n.Layers = slices.Insert(n.Layers, i, d)
}

// metadata adds the winners' network and joins its result to the newest
// tensor. Names count the pieces of their sequence: linear, BatchNorm, swish,
// dropout. It returns the width that it adds.
func (b *builder) metadata(m MetaConfig) int {
	pooled := b.last
	b.net.Meta, b.net.MetaIn = "meta", m.Inputs
	hidden := m.Hidden
	if hidden == nil {
		hidden = defaultHidden
	}
	in, piece := m.Inputs, 0
	next := func() string { piece++; return fmt.Sprintf("meta.%d", piece-1) }
	b.last = b.net.Meta
	for i, out := range hidden {
		name := next()
		b.linear(name, name, in, out)
		b.batchNorm(next(), out, metaEpsilon, batchNormMomentum)
		b.unary(OpSwish, next())
		if i+1 < len(hidden) {
			// The piece counts even without dropout, so that names do not move.
			if name := next(); m.Dropout > 0 {
				b.add(Layer{Name: name, Op: OpDropout, Inputs: []string{b.last}, Rate: m.Dropout, Samples: 1})
			}
		}
		in = out
	}
	b.add(Layer{Name: "joined", Op: OpConcat, Axis: 1, Inputs: []string{pooled, b.last}})
	return in
}

// distinct checks that no two layers or parameters share a name, which the
// new head's could with those of a file.
func (n *Net) distinct() error {
	seen := map[string]bool{n.Input: true}
	for _, l := range n.Layers {
		if seen[l.Name] {
			return fault.New(fault.Input, "rename the tensor in the file", "models: %s: two tensors are called %s", n.Name, l.Name)
		}
		seen[l.Name] = true
	}
	clear(seen)
	for _, p := range n.Params {
		if seen[p.Name] {
			return fault.New(fault.Input, "rename the initializer in the file", "models: %s: two parameters are called %s", n.Name, p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}
