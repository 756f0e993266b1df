package models

import (
	"math"
	"slices"
)

// simplify rewrites what exporters take apart, as a list of rules over layers,
// and drops layers that no output needs. outputs are names of layers.
func (im *importer) simplify(outputs ...string) {
	for changed := true; changed; {
		changed = false
		im.prune(outputs)
		s := &simplifier{im: im, readers: map[string]int{}}
		for _, l := range im.layers {
			for _, in := range l.Inputs {
				s.readers[in]++
			}
		}
		for _, out := range outputs {
			s.readers[out] += 2 // never swallowed
		}
		for i := range im.layers {
			for _, r := range simplifications {
				changed = r(s, &im.layers[i]) || changed
			}
		}
	}
}

// prune drops layers that the outputs do not need.
func (im *importer) prune(outputs []string) {
	needed := map[string]bool{}
	for _, out := range outputs {
		needed[out] = true
	}
	var kept []Layer
	for _, l := range slices.Backward(im.layers) {
		if !needed[l.Name] {
			continue
		}
		kept = append(kept, l)
		for _, in := range l.Inputs {
			needed[in] = true
		}
	}
	slices.Reverse(kept)
	im.layers = kept
	for i, l := range kept {
		im.maker[l.Name] = i
	}
}

// simplifier knows who makes and who reads each layer.
type simplifier struct {
	im      *importer
	readers map[string]int
}

// of returns the layer that makes a value, an empty one for an input.
func (s *simplifier) of(name string) *Layer {
	if i, ok := s.im.maker[name]; ok && i < len(s.im.layers) && s.im.layers[i].Name == name {
		return &s.im.layers[i]
	}
	return &Layer{}
}

// single tells whether a value is read once.
func (s *simplifier) single(name string) bool { return s.readers[name] == 1 }

// simplifications are rules that rewrite the layer l in place. What it no
// longer reads is dropped later.
var simplifications = []func(s *simplifier, l *Layer) bool{
	joinAffines, toHardSigmoid, toGated, toHardSwish, toGelu, toLayerNorm, toBias, toNormScale, toGroupSum, toGroupSoftmax,
}

// become gives a layer another operator over one input; name and reader stay.
func (l *Layer) become(with Layer, inputs ...string) bool {
	with.Name, with.Inputs = l.Name, inputs
	*l = with
	return true
}

func (l *Layer) isFunction(kind string) bool { return l.Op == OpFunction && l.Function == kind }

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Max(math.Abs(a), math.Abs(b)) }

// joinAffines joins a*(b*x+c)+d.
func joinAffines(s *simplifier, l *Layer) bool {
	if !l.isFunction("affine") {
		return false
	}
	in := s.of(l.Inputs[0])
	if !in.isFunction("affine") || !s.single(in.Name) {
		return false
	}
	return l.become(Layer{Op: OpFunction, Function: "affine", Low: l.Low * in.Low, High: l.Low*in.High + l.High}, in.Inputs...)
}

// clipped returns x and b of clip(x+b, 0, 6).
func (s *simplifier) clipped(name string) (x string, b float64, ok bool) {
	c := s.of(name)
	if c.Op != OpClip || c.Low != 0 || c.High != 6 {
		return "", 0, false
	}
	a := s.of(c.Inputs[0])
	if !a.isFunction("affine") || a.Low != 1 {
		return "", 0, false
	}
	return a.Inputs[0], a.High, true
}

// toHardSigmoid finds clip(x+3, 0, 6)/6.
func toHardSigmoid(s *simplifier, l *Layer) bool {
	if !l.isFunction("affine") || l.High != 0 || !near(l.Low, 1./6) {
		return false
	}
	x, b, ok := s.clipped(l.Inputs[0])
	return ok && l.become(Layer{Op: OpFunction, Function: "hard-sigmoid", Low: 1. / 6, High: b / 6}, x)
}

// toGated finds x*sigmoid(x) and x*hardsigmoid(x).
func toGated(s *simplifier, l *Layer) bool {
	if l.Op != OpMul {
		return false
	}
	for i, in := range l.Inputs {
		x := l.Inputs[1-i]
		switch g := s.of(in); {
		case g.Op == OpSigmoid && g.Inputs[0] == x:
			return l.become(Layer{Op: OpSwish}, x)
		case g.isFunction("hard-sigmoid") && g.Inputs[0] == x:
			return l.become(Layer{Op: OpFunction, Function: "hard-swish", Low: g.Low, High: g.High}, x)
		}
	}
	return false
}

// toHardSwish finds x*clip(x+3, 0, 6)/6.
func toHardSwish(s *simplifier, l *Layer) bool {
	if !l.isFunction("affine") || l.High != 0 || !near(l.Low, 1./6) {
		return false
	}
	m := s.of(l.Inputs[0])
	if m.Op != OpMul {
		return false
	}
	for i, in := range m.Inputs {
		if x, b, ok := s.clipped(in); ok && x == m.Inputs[1-i] {
			return l.become(Layer{Op: OpFunction, Function: "hard-swish", Low: 1. / 6, High: b / 6}, x)
		}
	}
	return false
}

// toGelu finds x*(1+erf(x/sqrt 2))/2, whatever is halved.
func toGelu(s *simplifier, l *Layer) bool {
	half, m := 1.0, l
	if l.isFunction("affine") && l.High == 0 {
		half, m = l.Low, s.of(l.Inputs[0])
	}
	if m.Op != OpMul {
		return false
	}
	for i, in := range m.Inputs {
		e, x, h := s.of(in), m.Inputs[1-i], half
		if a := s.of(x); a.isFunction("affine") && a.High == 0 {
			h *= a.Low
			x = a.Inputs[0]
		}
		if !e.isFunction("affine") || !near(e.Low, e.High) || !near(h*e.Low, 0.5) {
			continue
		}
		f := s.of(e.Inputs[0])
		if !f.isFunction("erf") {
			continue
		}
		r := s.of(f.Inputs[0])
		if r.isFunction("affine") && r.High == 0 && near(r.Low, 1/math.Sqrt2) && r.Inputs[0] == x {
			return l.become(Layer{Op: OpFunction, Function: "gelu"}, x)
		}
	}
	return false
}

// toBias lets a convolution or linear layer add a constant of its channels.
func toBias(s *simplifier, l *Layer) bool {
	if l.Op != OpBinary || l.Function != "add" || len(l.Params) != 1 {
		return false
	}
	y := s.of(l.Inputs[0])
	bias := s.im.loaded[l.Params[0]]
	ch := bias.shape[len(bias.shape)-1]
	if !s.single(y.Name) || count(bias.shape) != ch {
		return false
	}
	switch {
	case y.Op == OpConv && len(y.Params) == 1 && ch == s.im.loaded[y.Params[0]].shape[0]:
	case y.Op == OpLinear && s.zeroBias(y) && ch == s.im.loaded[y.Params[0]].shape[0]:
		delete(s.im.loaded, y.Params[1])
		y.Params = y.Params[:1]
	default:
		return s.biasBehindView(l, y, bias, ch)
	}
	bias.shape = []int{ch}
	with := *y
	with.Params = append(slices.Clone(y.Params), l.Params[0])
	return l.become(with, y.Inputs...)
}

func (s *simplifier) zeroBias(l *Layer) bool {
	return !slices.ContainsFunc(s.im.loaded[l.Params[1]].values, func(v float32) bool { return v != 0 })
}

// biasBehindView moves a bias in front of a reshape that keeps the channels.
func (s *simplifier) biasBehindView(l, y *Layer, bias *loaded, ch int) bool {
	if y.Op != OpReshape || len(y.Sizes) == 0 || y.Sizes[len(y.Sizes)-1] != ch {
		return false
	}
	c := s.of(y.Inputs[0])
	if c.Op != OpConv || len(c.Params) != 1 || !s.single(c.Name) || s.im.loaded[c.Params[0]].shape[0] != ch {
		return false
	}
	bias.shape = []int{ch}
	c.Params = append(slices.Clone(c.Params), l.Params[0])
	return l.become(Layer{Op: OpReshape, Sizes: y.Sizes}, y.Inputs...)
}
