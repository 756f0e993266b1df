package models

import (
	"melanoma/internal/fault"
)

// Config says which network is wanted. Arch or ONNX must be given; ONNX wins.
type Config struct {
	Arch string // an architecture of [List]
	ONNX string // path of an ONNX file: the backbone with its weights

	Size    int // image size in pixels; 0 means the architecture's or the file's own
	Classes int // at least 2; 0 means the file's or 1000 for an architecture

	Dropout        float64     // before the classifier, in [0, 1)
	DropoutSamples int         // masks averaged per step (the winners: 5 of rate .5); 0 means 1
	Meta           *MetaConfig // network for metadata beside the image; nil means none
	KeepHead       bool        // keep the file's classifier (same class count, no new metadata)

	Mean, Std *[3]float32 // replace the network's own normalisation; nil keeps it

	Seed uint64 // of every initial weight
}

// MetaConfig describes the winners' metadata network: for each width in
// Hidden a linear layer, BatchNorm and swish, with dropout between two of
// them; its result is joined to the pooled image features.
type MetaConfig struct {
	Inputs  int     // columns of the metadata, at least 1
	Hidden  []int   // widths; nil means 512, 128
	Dropout float64 // between hidden layers, in [0, 1)
}

// Build returns the network of the configuration with its initial weights. A
// backbone from an ONNX file keeps its weights; its classifier is new unless
// KeepHead is set. Wrong settings are usage errors, wrong files input errors.
func Build(c Config) (*Net, Weights, error) {
	if err := c.validate(); err != nil {
		return nil, nil, err
	}
	net, weights, err := c.backbone()
	if err != nil {
		return nil, nil, err
	}
	if c.Size > 0 {
		net.InputSize = c.Size
	}
	if c.Mean != nil {
		net.Mean = *c.Mean
	}
	if c.Std != nil {
		net.Std = *c.Std
	}
	if c.KeepHead {
		if err := c.checkKept(net); err != nil {
			return nil, nil, err
		}
		if c.Dropout > 0 {
			net.dropBefore(net.Output, c.Dropout, max(c.DropoutSamples, 1))
		}
		return net, weights, net.distinct()
	}
	classes := c.Classes
	if classes == 0 {
		classes = net.Classes
	}
	return net.withHead(weights, head{
		classes: classes, dropout: c.Dropout, samples: max(c.DropoutSamples, 1), meta: c.Meta, seed: c.Seed,
	})
}

func (c Config) backbone() (*Net, Weights, error) {
	if c.ONNX != "" {
		return ReadONNX(c.ONNX, c.Size)
	}
	net, err := buildArch(c.Arch)
	if err != nil {
		return nil, nil, err
	}
	return net, net.initialize(c.Seed), nil
}

func (c Config) validate() error {
	usage := func(hint, format string, args ...any) error { return fault.New(fault.Usage, hint, format, args...) }
	switch {
	case c.Arch == "" && c.ONNX == "":
		return usage("name an architecture (melanoma models list) or an ONNX file", "models: no architecture and no ONNX file given")
	case c.Classes < 0 || c.Classes == 1:
		return usage("two classes are the least", "models: %d classes", c.Classes)
	case c.Size < 0:
		return usage("the size is in pixels", "models: image size %d", c.Size)
	case c.Dropout < 0 || c.Dropout >= 1:
		return usage("dropout is the share of zeros, in [0, 1)", "models: dropout %g", c.Dropout)
	case c.DropoutSamples < 0:
		return usage("the winners use 5 samples", "models: %d dropout samples", c.DropoutSamples)
	case c.Std != nil && (c.Std[0] <= 0 || c.Std[1] <= 0 || c.Std[2] <= 0):
		return usage("each of the three must be above 0", "models: standard deviation %v", *c.Std)
	case c.KeepHead && c.Meta != nil:
		return usage("a new classifier is needed for the joined features", "models: the head cannot be kept with a metadata network")
	case c.Meta != nil:
		return c.Meta.validate()
	}
	return nil
}

func (m *MetaConfig) validate() error {
	if m.Inputs < 1 {
		return fault.New(fault.Usage, "the metadata has no columns", "models: metadata network with %d inputs", m.Inputs)
	}
	for _, h := range m.Hidden {
		if h < 1 {
			return fault.New(fault.Usage, "the winners' widths are 512 and 128", "models: metadata layer of width %d", h)
		}
	}
	if m.Dropout < 0 || m.Dropout >= 1 {
		return fault.New(fault.Usage, "dropout is the share of zeros, in [0, 1)", "models: metadata dropout %g", m.Dropout)
	}
	return nil
}

func (c Config) checkKept(net *Net) error {
	if l := net.Layer(net.Output); c.Dropout > 0 && (l == nil || l.Op != OpLinear) {
		return fault.New(fault.Usage, "set the dropout to 0", "models: no dropout can be put before %s of %s, which is not a linear layer", net.Output, net.Name)
	}
	if c.Classes != 0 && c.Classes != net.Classes {
		return fault.New(fault.Usage, "leave the head to be replaced", "models: cannot keep the head of %s: it has %d classes, wanted are %d", net.Name, net.Classes, c.Classes)
	}
	return nil
}
