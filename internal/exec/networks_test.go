package exec

import (
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"melanoma/internal/graph"
)

// network builds one test network: body maps images to features [N,...], with
// parameters made by param.
type network struct {
	n, size, channels, classes int
	body                       func(x *gorgonia.Node, b *builder) *gorgonia.Node
	eval                       bool // given statistics, no gradients
}

// builder collects a program's parameters, in float32 or float64.
type builder struct {
	g    *gorgonia.ExprGraph
	dt   tensor.Dtype
	prog *graph.Program
	eval bool
	kept func(name string) bool // parameters that are not trained; nil for none
}

func (b *builder) node(name string, shape ...int) *gorgonia.Node {
	return gorgonia.NewTensor(b.g, b.dt, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
}

func (b *builder) param(name string, shape ...int) *gorgonia.Node {
	p := graph.Param{Name: name, Shape: shape, Node: b.node(name, shape...)}
	if b.kept != nil && b.kept(name) {
		b.prog.Buffers = append(b.prog.Buffers, p)
	} else {
		b.prog.Params = append(b.prog.Params, p)
	}
	return p.Node
}

func (b *builder) norm(name string, x *gorgonia.Node) *gorgonia.Node {
	c := x.Shape()[x.Dims()-1]
	running := map[string]*gorgonia.Node{}
	for _, s := range []string{".running_mean", ".running_var"} {
		running[s] = b.node(name+s, c)
		b.prog.Buffers = append(b.prog.Buffers, graph.Param{Name: name + s, Shape: []int{c}, Node: running[s]})
	}
	gamma, beta := b.param(name+".weight", c), b.param(name+".bias", c)
	if b.eval {
		return graph.BatchNormEval(x, gamma, beta, running[".running_mean"], running[".running_var"], 1e-3)
	}
	y, stats := graph.BatchNormTrain(x, gamma, beta, 1e-3)
	b.prog.BatchNorms = append(b.prog.BatchNorms, graph.BatchNormUse{Stats: stats, Mean: name + ".running_mean",
		Variance: name + ".running_var", Momentum: 0.1, Count: x.Shape().TotalSize() / c})
	return y
}

func (nw network) program(t *testing.T, dt tensor.Dtype) *graph.Program {
	t.Helper()
	b := &builder{g: gorgonia.NewGraph(), dt: dt, prog: &graph.Program{Draws: new(graph.Draws)}, eval: nw.eval}
	b.prog.Graph = b.g
	images := b.node("images", nw.n, nw.size, nw.size, nw.channels)
	targets, weights := b.node("targets", nw.n, nw.classes), b.node("row_weights", nw.n)
	b.prog.Inputs = map[string]*gorgonia.Node{"images": images, "targets": targets, "row_weights": weights}
	y := nw.body(images, b)
	if y.Dims() == 4 {
		y = graph.Flatten(graph.GlobalMean(y))
	}
	b.prog.Pooled = y
	b.prog.Logits = graph.Linear(y, b.param("head.weight", nw.classes, y.Shape()[1]), b.param("head.bias", nw.classes))
	b.prog.Loss = graph.SoftmaxCrossEntropy(b.prog.Logits, targets, weights)
	if nw.eval {
		return b.prog
	}
	if err := b.prog.Differentiate(); err != nil {
		t.Fatal(err)
	}
	return b.prog
}

// Networks that train with given statistics, also without their scale and
// shift, or without anything but the head.
const frozenStatistics, frozenNorm, frozenBody = "frozen statistics", "frozen normalisation", "frozen body"

// frozen is the network with given statistics and gradients all the same.
func frozen(nw network, kept func(name string) bool) network {
	body := nw.body
	nw.body = func(x *gorgonia.Node, b *builder) *gorgonia.Node {
		b.eval, b.kept = true, kept
		return body(x, b)
	}
	return nw
}

// blocks are two inverted residuals, the second with squeeze and excitation.
const blocks, inference = "two inverted residuals, the second with squeeze and excitation", "inference"

func networks() map[string]network {
	conv := func(stride int, pad [4]int, groups int) graph.ConvAttrs {
		return graph.ConvAttrs{Stride: [2]int{stride, stride}, Pad: pad, Groups: groups}
	}
	all := map[string]network{
		"stem, swish": {3, 9, 3, 4, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			return graph.Swish(b.norm("bn", graph.Conv2D(x, b.param("stem", 5, 3, 3, 3), conv(2, [4]int{0, 0, 1, 1}, 1))))
		}, false},
		"two dense convolutions": {2, 7, 3, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			x = graph.Swish(graph.Conv2D(x, b.param("a", 4, 3, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 1)))
			return graph.Conv2D(x, b.param("b", 6, 4, 5, 3), conv(2, [4]int{2, 1, 1, 0}, 1))
		}, false},
		blocks: {4, 8, 8, 5, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			f := graph.Clip(b.norm("bn4", graph.Conv2D(x, b.param("expand0", 20, 8, 1, 1), conv(1, [4]int{}, 1))), 0, 6)
			f = graph.Clip(b.norm("bn5", graph.Conv2D(f, b.param("dw0", 20, 1, 5, 5), conv(2, [4]int{1, 1, 2, 2}, 20))), 0, 6)
			x = b.norm("bn6", graph.Conv2D(f, b.param("project0", 8, 20, 1, 1), conv(1, [4]int{}, 1)))
			h := graph.Swish(b.norm("bn1", graph.Conv2D(x, b.param("expand", 24, 8, 1, 1), conv(1, [4]int{}, 1))))
			h = graph.Swish(b.norm("bn2", graph.Conv2D(h, b.param("dw", 24, 1, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 24))))
			s := graph.AddBias(graph.Conv2D(graph.GlobalMean(h), b.param("reduce", 3, 24, 1, 1), conv(1, [4]int{}, 1)), b.param("reduce.bias", 3))
			s = graph.AddBias(graph.Conv2D(graph.Swish(s), b.param("widen", 24, 3, 1, 1), conv(1, [4]int{}, 1)), b.param("widen.bias", 24))
			h = graph.ScaleChannels(h, graph.Sigmoid(s))
			h = b.norm("bn3", graph.Conv2D(h, b.param("project", 8, 24, 1, 1), conv(1, [4]int{}, 1)))
			return graph.Clip(graph.Add(h, x), -1, 1)
		}, false},
		"depthwise 5x5 of stride 2, relu6": {3, 11, 17, 2, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			x = graph.Swish(graph.Conv2D(x, b.param("pw", 17, 17, 1, 1), conv(1, [4]int{}, 1)))
			h := graph.Conv2D(x, b.param("dw", 17, 1, 5, 5), conv(2, [4]int{1, 1, 2, 2}, 17))
			return graph.Clip(b.norm("bn", h), 0, 6)
		}, false},
		"wide depthwise 5x5 whose first strip of rows finishes none": {2, 8, 3, 2, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			h := graph.Swish(b.norm("bn1", graph.Conv2D(x, b.param("expand", 1100, 3, 1, 1), conv(1, [4]int{}, 1))))
			return graph.Swish(b.norm("bn2", graph.Conv2D(h, b.param("dw", 1100, 1, 5, 5), conv(1, [4]int{2, 2, 2, 2}, 1100))))
		}, false},
		"grouped convolutions": {2, 9, 4, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			x = graph.Conv2D(graph.Swish(x), b.param("two", 12, 2, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 2))
			x = graph.Conv2D(graph.Swish(x), b.param("wide", 80, 6, 1, 1), conv(1, [4]int{}, 2))
			x = graph.Swish(b.norm("bn", graph.Conv2D(x, b.param("twenty", 40, 4, 3, 3), conv(2, [4]int{1, 1, 1, 1}, 20))))
			x = graph.Conv2D(x, b.param("multiplied", 80, 1, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 40))
			return graph.Swish(graph.Conv2D(x, b.param("four", 64, 20, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 4)))
		}, false},
		"dense convolutions of odd strides and paddings": {3, 13, 5, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			x = graph.Conv2D(graph.Swish(x), b.param("a", 40, 5, 2, 2), graph.ConvAttrs{Stride: [2]int{1, 3}, Pad: [4]int{1, 2, 0, 3}, Groups: 1})
			x = graph.Conv2D(graph.Swish(x), b.param("b", 33, 40, 3, 5), graph.ConvAttrs{Stride: [2]int{3, 2}, Pad: [4]int{4, 6, 5, 0}, Groups: 1})
			x = graph.Conv2D(graph.Swish(x), b.param("c", 20, 33, 1, 1), conv(2, [4]int{}, 1))
			x = graph.Conv2D(graph.Swish(x), b.param("e", 20, 20, 1, 1), graph.ConvAttrs{Stride: [2]int{1, 2}, Pad: [4]int{1, 0, 0, 2}, Groups: 1})
			return graph.Conv2D(graph.Swish(x), b.param("d", 34, 20, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 1))
		}, false},
		"dilated convolutions": {2, 11, 3, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			x = graph.Conv2D(graph.Swish(x), b.param("c", 20, 3, 3, 4), graph.ConvAttrs{Stride: [2]int{2, 3}, Pad: [4]int{3, 1, 2, 5}, Groups: 1, Dilation: [2]int{3, 2}})
			x = graph.Conv2D(graph.Swish(x), b.param("e", 20, 1, 3, 3), graph.ConvAttrs{Stride: [2]int{1, 1}, Pad: [4]int{3, 2, 3, 2}, Groups: 20, Dilation: [2]int{3, 2}})
			x = graph.Conv2D(graph.Swish(x), b.param("f", 3, 20, 1, 1), graph.ConvAttrs{Stride: [2]int{1, 1}, Groups: 1})
			return graph.Conv2D(graph.Swish(x), b.param("d", 5, 3, 3, 3), graph.ConvAttrs{Stride: [2]int{1, 2}, Pad: [4]int{2, 2, 2, 2}, Groups: 1, Dilation: [2]int{2, 2}})
		}, false},
		"stem with max pool, stochastic depth": {5, 13, 3, 4, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			x = graph.ReLU(b.norm("bn1", graph.Conv2D(x, b.param("stem", 17, 3, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 1))))
			x = graph.MaxPool2D(x, graph.PoolAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}})
			h := b.norm("bn2", graph.Conv2D(x, b.param("a", 17, 17, 1, 1), conv(1, [4]int{}, 1)))
			return graph.ReLU(graph.Add(graph.StochasticDepth(h, 0.4, 3, b.prog.Draws), x))
		}, false},
		"split attention, average pools": {4, 9, 6, 4, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			const radix, cardinality = 3, 2
			h := graph.ReLU(b.norm("bn1", graph.Conv2D(x, b.param("split", 24, 6, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 1))))
			s := graph.SumGroups(graph.GlobalMean(h), radix)
			s = graph.ReLU(b.norm("bn2", graph.Conv2D(s, b.param("fc1", 6, 8, 1, 1), conv(1, [4]int{}, 1))))
			s = graph.SoftmaxGroups(graph.Conv2D(s, b.param("fc2", 24, 6, 1, 1), conv(1, [4]int{}, 1)), radix, cardinality)
			h = graph.SumGroups(graph.ScaleChannels(h, s), radix)
			h = graph.AveragePool2D(h, graph.PoolAttrs{Kernel: [2]int{3, 3}, Stride: [2]int{2, 2}, Pad: [4]int{1, 1, 1, 1}}, true)
			y := graph.AveragePool2D(x, graph.PoolAttrs{Kernel: [2]int{2, 2}, Stride: [2]int{2, 2}, Extra: [2]int{1, 1}}, false)
			return graph.Add(h, b.norm("bn3", graph.Conv2D(y, b.param("short", 8, 6, 1, 1), conv(1, [4]int{}, 1))))
		}, false},
		"head with dropout, product, concat": {6, 4, 3, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
			p := graph.Flatten(graph.GlobalMean(graph.Conv2D(x, b.param("pw", 10, 3, 1, 1), conv(1, [4]int{}, 1))))
			q := graph.Swish(b.norm("bn", graph.Linear(p, b.param("l.weight", 8, 10), b.param("l.bias", 8))))
			q = graph.Dropout(q, 0.3, 2, 1, b.prog.Draws)
			return graph.Concat(1, graph.Mul(p, graph.Sigmoid(p)), q)
		}, false},
	}
	// Wide enough that windows slide over several strips of each image.
	wide := func(x *gorgonia.Node, b *builder) *gorgonia.Node {
		h := graph.Swish(b.norm("bn1", graph.Conv2D(x, b.param("expand", 96, 8, 1, 1), conv(1, [4]int{}, 1))))
		h = graph.Swish(b.norm("bn2", graph.Conv2D(h, b.param("dw", 96, 1, 5, 5), conv(2, [4]int{1, 1, 2, 2}, 96))))
		h = b.norm("bn3", graph.Conv2D(h, b.param("project", 96, 96, 1, 1), conv(1, [4]int{}, 1)))
		h = graph.Swish(h)
		return graph.Clip(b.norm("bn4", graph.Conv2D(h, b.param("dw2", 96, 1, 3, 3), conv(1, [4]int{1, 1, 1, 1}, 96))), 0, 6)
	}
	all["wide images"] = network{2, 64, 8, 3, wide, false}
	all["inference of one wide image"] = network{1, 64, 8, 3, wide, true}
	all["biases in place of normalisations"] = network{2, 12, 8, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
		biased := func(name string, x *gorgonia.Node, out, kernel, groups int) *gorgonia.Node {
			in := x.Shape()[3] / groups
			p := kernel / 2
			y := graph.Conv2D(x, b.param(name, out, in, kernel, kernel), conv(1, [4]int{p, p, p, p}, groups))
			return graph.AddBias(y, b.param(name+".bias", out))
		}
		h := graph.Sigmoid(biased("expand", x, 40, 1, 1)) // no kernel normalises and applies it at once
		h = graph.Swish(biased("depthwise", h, 40, 3, 40))
		x = graph.ReLU(graph.Add(biased("project", h, 8, 1, 1), x))
		x = graph.ReLU(biased("dense", x, 72, 3, 1))
		return graph.ScaleChannels(x, graph.Sigmoid(biased("gate", graph.GlobalMean(x), 72, 1, 1)))
	}, true}
	all["inference of one small image"] = network{1, 16, 8, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
		x = graph.Swish(b.norm("bn1", graph.Conv2D(x, b.param("a", 72, 8, 1, 1), conv(1, [4]int{}, 1))))
		h := b.norm("bn2", graph.Conv2D(x, b.param("b", 72, 72, 1, 1), conv(1, [4]int{}, 1)))
		x = graph.Add(h, x) // read twice, once for its mean
		x = graph.ScaleChannels(x, graph.Sigmoid(graph.GlobalMean(x)))
		return graph.Swish(b.norm("bn3", graph.Conv2D(x, b.param("c", 200, 72, 1, 1), conv(1, [4]int{}, 1))))
	}, true}
	none := func(string) bool { return false }
	for _, name := range []string{"stem, swish", "depthwise 5x5 of stride 2, relu6", "wide images"} {
		all[frozenStatistics+name] = frozen(all[name], none)
	}
	all[frozenStatistics] = frozen(all[blocks], none)
	all[frozenNorm] = frozen(all[blocks], func(name string) bool { return strings.HasPrefix(name, "bn") })
	all[frozenBody] = frozen(all[blocks], func(name string) bool { return !strings.HasPrefix(name, "head") })
	eval := all[blocks]
	eval.eval = true
	all[inference] = eval
	return all
}
