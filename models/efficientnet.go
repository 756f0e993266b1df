package models

import (
	"fmt"
	"math"
)

// stage is a row of an EfficientNet's table: repeats blocks, the first of
// which has the stride and changes the channels.
type stage struct {
	repeats, kernel, stride int
	expand                  int // 1: a depthwise-separable block without expansion
	channels                int
}

// stagesB0 is table 1 of Tan and Le (2019).
var stagesB0 = []stage{
	{1, 3, 1, 1, 16},
	{2, 3, 2, 6, 24},
	{2, 5, 2, 6, 40},
	{3, 3, 2, 6, 80},
	{3, 5, 1, 6, 112},
	{4, 5, 2, 6, 192},
	{1, 3, 1, 6, 320},
}

// stagesTiny is a network for demonstrations at 64 pixels; ours, not the
// paper's.
var stagesTiny = []stage{
	{1, 3, 1, 1, 8},
	{1, 3, 2, 4, 16},
	{2, 5, 2, 4, 24},
	{2, 3, 2, 4, 40},
	{1, 3, 1, 4, 56},
}

// efficientNet describes one member of the family.
type efficientNet struct {
	stages         []stage
	width, depth   float64
	stem, features int  // before scaling
	fixed          bool // Lite: stem, features and the depth of the end stages are not scaled
	excite         bool // squeeze and excitation, and swish; else ReLU6
	same           bool // TensorFlow's padding and BatchNorm epsilon
	size           int
	mean, std      [3]float32
}

const batchNormMomentum = 0.1

func (e efficientNet) epsilon() float64 {
	if e.same {
		return 1e-3
	}
	return 1e-5
}

// roundChannels scales a channel count to a multiple of 8 that is not below
// nine tenths of the exact value.
func roundChannels(channels int, width float64) int {
	if width == 1 {
		return channels
	}
	exact := float64(channels) * width
	rounded := max(8, int(exact+4)/8*8)
	if float64(rounded) < 0.9*exact {
		rounded += 8
	}
	return rounded
}

// build returns the network for a class count, in timm's names and order.
// depth is the rate that stochastic depth would have after the last block; the
// blocks' grow linearly from 0 at the first.
func (e efficientNet) build(name string, classes int, depth float64) *Net {
	b := &mbBuilder{arch: e, builder: builder{net: &Net{
		Name: name, Classes: classes, InputSize: e.size, Mean: e.mean, Std: e.std, Input: "input",
	}}}
	b.last = "input"
	stem, features := e.stem, e.features
	if !e.fixed {
		stem, features = roundChannels(stem, e.width), roundChannels(features, e.width)
	}
	b.conv("conv_stem", 3, stem, 3, 2, 1)
	b.normAct("bn1", stem)
	in, block := stem, 0
	for i, s := range e.stages {
		out := roundChannels(s.channels, e.width)
		for j := range e.repeats(i) {
			stride := s.stride
			if j > 0 {
				stride = 1
			}
			b.block(fmt.Sprintf("blocks.%d.%d", i, j), s, in, out, stride, depth*float64(block)/float64(e.blocks()))
			in = out
			block++
		}
	}
	b.conv("conv_head", in, features, 1, 1, 1)
	b.normAct("bn2", features)
	b.unary(OpGlobalMean, "global_pool")
	b.net.Pooled = b.unary(OpFlatten, "pooled")
	b.net.Output = b.linear("logits", "classifier", features, classes)
	return b.net
}

// repeats returns the blocks of stage i after scaling.
func (e efficientNet) repeats(i int) int {
	r := e.stages[i].repeats
	if e.fixed && (i == 0 || i == len(e.stages)-1) {
		return r
	}
	return max(1, int(math.Ceil(float64(r)*e.depth)))
}

// blocks counts them all.
func (e efficientNet) blocks() int {
	n := 0
	for i := range e.stages {
		n += e.repeats(i)
	}
	return n
}

// mbBuilder adds the pieces of a mobile inverted bottleneck.
type mbBuilder struct {
	builder
	arch efficientNet
}

func (b *mbBuilder) conv(name string, in, out, kernel, stride, groups int) {
	l := b.convolution(name, in, out, kernel, stride, groups)
	// With stride 1 SAME is symmetric at every size, so it is written out.
	if l.Same = b.arch.same && stride > 1; !l.Same {
		p := (kernel - 1) / 2
		l.Pad = [4]int{p, p, p, p}
	}
}

func (b *mbBuilder) norm(name string, channels int) {
	b.batchNorm(name, channels, b.arch.epsilon(), batchNormMomentum)
}

func (b *mbBuilder) normAct(name string, channels int) {
	b.norm(name, channels)
	if b.arch.excite {
		b.unary(OpSwish, name+".act")
		return
	}
	b.add(Layer{Name: name + ".act", Op: OpClip, Inputs: []string{b.last}, Low: 0, High: 6})
}

// block adds one inverted bottleneck, or where nothing is expanded a
// depthwise-separable block, with a residual connection if shapes allow.
func (b *mbBuilder) block(name string, s stage, in, out, stride int, rate float64) {
	input := b.last
	wide := in * s.expand
	norm := 1
	if s.expand > 1 {
		b.conv(name+".conv_pw", in, wide, 1, 1, 1)
		b.normAct(name+".bn1", wide)
		norm = 2
	}
	b.conv(name+".conv_dw", wide, wide, s.kernel, stride, wide)
	b.normAct(fmt.Sprintf("%s.bn%d", name, norm), wide)
	if b.arch.excite {
		b.squeezeExcite(name+".se", wide, int(math.RoundToEven(float64(in)*0.25)))
	}
	project := ".conv_pwl"
	if s.expand == 1 {
		project = ".conv_pw"
	}
	b.conv(name+project, wide, out, 1, 1, 1)
	b.norm(fmt.Sprintf("%s.bn%d", name, norm+1), out)
	if in == out && stride == 1 {
		b.depth(name+".drop_path", rate)
		b.add(Layer{Name: name + ".add", Op: OpAdd, Inputs: []string{b.last, input}})
	}
}

// squeezeExcite scales every channel by a gate computed from all channels'
// means (Hu et al. 2018), with a reduction relative to the block's input.
func (b *mbBuilder) squeezeExcite(name string, channels, reduced int) {
	input := b.last
	b.unary(OpGlobalMean, name+".mean")
	b.pointwise(name+".conv_reduce", channels, reduced, 1)
	b.unary(OpSwish, name+".act1")
	b.pointwise(name+".conv_expand", reduced, channels, 1)
	gate := b.unary(OpSigmoid, name+".gate")
	b.add(Layer{Name: name, Op: OpScale, Inputs: []string{input, gate}})
}
