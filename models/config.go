package models

import (
	"fmt"
	"math"
	"slices"

	"melanoma/internal/fault"
)

// Config says which network is wanted. Arch or ONNX must be given; ONNX wins.
type Config struct {
	Arch string // an architecture of [List]
	ONNX string // path of an ONNX file: the backbone with its weights

	// Weights is the path of a .safetensors file with timm's names to start
	// Arch from; empty draws them from Seed.
	Weights string

	Size    int // image size in pixels; 0 means the architecture's or the file's own
	Classes int // at least 2; 0 means the file's or 1000 for an architecture

	Dropout        float64 // before the classifier, in [0, 1)
	DropoutSamples int     // masks averaged per step (the winners: 5 of rate .5); 0 means 1
	// StochasticDepth is the rate at which the last residual blocks of an
	// architecture are left out while training, in [0, 1); it grows linearly
	// from 0 at the first.
	StochasticDepth float64

	Meta     *MetaConfig // network for metadata beside the image; nil means none
	KeepHead bool        // keep the file's classifier (same class count, no new metadata)

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
// backbone from a file keeps its weights. Its classifier is new unless
// KeepHead is set; only that of a Weights file with the wanted class count
// stays without being asked, where no metadata joins ([Config.FreshHead]).
// Wrong settings are usage errors, wrong files input errors.
func Build(c Config) (*Net, Weights, error) {
	if err := c.validate(); err != nil {
		return nil, nil, err
	}
	net, weights, err := c.backbone()
	if err != nil {
		return nil, nil, err
	}
	if err := c.deepen(net); err != nil {
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
	built, fresh, err := net.withHead(weights, head{
		classes: classes, dropout: c.Dropout, samples: max(c.DropoutSamples, 1), meta: c.Meta, seed: c.Seed,
	})
	if err == nil && c.Weights != "" && c.Meta == nil && classes == net.Classes {
		old, renamed := net.Layer(net.Output), built.Layer(built.Output)
		for i, name := range renamed.Params {
			fresh[name] = weights[old.Params[i]]
		}
	}
	return built, fresh, err
}

// FreshHead compares a Weights file with the architecture, without reading
// its values, and says why its classifier is not used: "" if it is, or if
// there is no such file.
func (c Config) FreshHead() (string, error) {
	if c.Weights == "" {
		return "", nil
	}
	t, err := openTimm(c.Weights, c.Arch)
	if err != nil {
		return "", err
	}
	switch {
	case t.classes == 0:
		return fmt.Sprintf("%s holds no classifier: a fresh one is drawn", c.Weights), t.file.Close()
	case c.Meta != nil:
		return fmt.Sprintf("the classifier of %s is replaced by a fresh one: metadata joins its features", c.Weights), t.file.Close()
	case c.Classes != 0 && c.Classes != t.classes:
		return fmt.Sprintf("the classifier of %s is replaced by a fresh one: it has %d classes, wanted are %d", c.Weights, t.classes, c.Classes), t.file.Close()
	}
	return "", t.file.Close()
}

func (c Config) backbone() (*Net, Weights, error) {
	if c.ONNX != "" {
		return ReadONNX(c.ONNX, c.Size)
	}
	if c.Weights != "" {
		return ReadTimm(c.Weights, c.Arch, c.Seed)
	}
	net, err := buildArch(c.Arch)
	if err != nil {
		return nil, nil, err
	}
	return net, net.initialize(c.Seed), nil
}

// deepen gives an architecture's residual blocks stochastic depth.
func (c Config) deepen(net *Net) error {
	if c.StochasticDepth == 0 {
		return nil
	}
	a, err := findArch(c.Arch)
	if err != nil {
		return err
	}
	net.Layers = a.spec.build(c.Arch, net.Classes, c.StochasticDepth).Layers // parameters are the same
	return nil
}

func (c Config) validate() error {
	usage := func(hint, format string, args ...any) error { return fault.New(fault.Usage, hint, format, args...) }
	switch {
	case c.Arch == "" && c.ONNX == "":
		return usage("name an architecture (melanoma models list) or an ONNX file", "models: no architecture and no ONNX file given")
	case c.Weights != "" && (c.Arch == "" || c.ONNX != ""):
		return usage("a .safetensors file has weights alone: name the architecture too, and no ONNX file", "models: weights %s without an architecture to load them into", c.Weights)
	case c.Classes < 0 || c.Classes == 1:
		return usage("two classes are the least", "models: %d classes", c.Classes)
	case c.Size < 0:
		return usage("the size is in pixels", "models: image size %d", c.Size)
	case c.Dropout < 0 || c.Dropout >= 1:
		return usage("dropout is the share of zeros, in [0, 1)", "models: dropout %g", c.Dropout)
	case c.StochasticDepth < 0 || c.StochasticDepth >= 1:
		return usage("it is the share of images that skip the last block, in [0, 1); EfficientNets were trained with 0.2", "models: stochastic depth %g", c.StochasticDepth)
	case c.StochasticDepth > 0 && c.ONNX != "":
		return usage("name an architecture instead, with its weights from a .safetensors file", "models: stochastic depth needs the blocks of an architecture, which an ONNX file does not tell")
	case c.DropoutSamples < 0:
		return usage("the winners use 5 samples", "models: %d dropout samples", c.DropoutSamples)
	case c.Std != nil && (c.Std[0] <= 0 || c.Std[1] <= 0 || c.Std[2] <= 0):
		return usage("each of the three must be above 0", "models: standard deviation %v", *c.Std)
	case !finite(c.Mean) || !finite(c.Std):
		return usage("give three numbers", "models: mean or standard deviation is not finite")
	case c.KeepHead && c.Meta != nil:
		return usage("a new classifier is needed for the joined features", "models: the head cannot be kept with a metadata network")
	case c.Meta != nil:
		return c.Meta.validate()
	}
	return nil
}

func finite(v *[3]float32) bool {
	return v == nil || !slices.ContainsFunc(v[:], func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) })
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
