package models

import (
	"fmt"
	"regexp"
	"strconv"
)

// resNet describes one member of the ResNet family: ResNet (He et al. 2016),
// with squeeze and excitation (Hu et al. 2018), ResNeXt's grouped convolutions
// (Xie et al. 2017), the deep stem and pooled shortcut of He et al. (2019),
// and ResNeSt's split attention (Zhang et al. 2020).
type resNet struct {
	repeats    [4]int // blocks of each stage
	basic      bool   // blocks of two 3x3 convolutions; else bottlenecks
	groups     int    // of the 3x3 convolution: cardinality
	width      int    // channels of a group at 64 channels of a stage
	stem       int    // width of a stem of three 3x3 convolutions; 0: one of 7x7
	tiered     bool   // the stem's first convolution has three quarters of its width
	average    bool   // the shortcut is pooled before it is projected
	excite     bool   // squeeze and excitation
	radix      int    // splits of split attention; 0 without
	poolFirst  bool   // split attention's pooling stands before it
	reduce     int    // first convolution of a block has width/reduce channels
	projection int    // kernel of the shortcut's projection where it has a stride
	size       int
}

// depths are the blocks of each stage by the number in the name.
var depths = map[string]resNet{
	"10": {repeats: [4]int{1, 1, 1, 1}, basic: true}, "14": {repeats: [4]int{1, 1, 1, 1}},
	"18": {repeats: [4]int{2, 2, 2, 2}, basic: true}, "26": {repeats: [4]int{2, 2, 2, 2}},
	"34": {repeats: [4]int{3, 4, 6, 3}, basic: true}, "50": {repeats: [4]int{3, 4, 6, 3}},
	"101": {repeats: [4]int{3, 4, 23, 3}}, "152": {repeats: [4]int{3, 8, 36, 3}},
	"200": {repeats: [4]int{3, 24, 36, 3}}, "269": {repeats: [4]int{3, 30, 48, 8}},
}

// resNetName is the rule behind timm's names: squeeze and excitation, kind,
// depth, stem, and radix, groups and width as in 4s2x40d.
var resNetName = regexp.MustCompile(`^(se|wide_)?res(net|next|nest)(\d+)([cdest]?)(?:_(?:(\d+)s)?(\d+)x(\d+)d|_2)?$`)

// parseResNet reads a description from a name. It is for names of the table;
// others may mean nothing.
func parseResNet(name string, size int) (resNet, bool) {
	if name == "senet154" { // Hu et al. (2018), section 6.6
		r := depths["152"]
		r.groups, r.width, r.stem, r.excite, r.reduce, r.projection, r.size = 64, 4, 64, true, 2, 3, size
		return r, true
	}
	m := resNetName.FindStringSubmatch(name)
	if m == nil {
		return resNet{}, false
	}
	r, ok := depths[m[3]]
	r.groups, r.width, r.reduce, r.projection, r.size = 1, 64, 1, 1, size
	r.excite = m[1] == "se"
	if m[1] == "wide_" {
		r.width = 128
	}
	switch m[4] {
	case "c", "d", "t":
		r.stem = 32
	case "e", "s":
		r.stem = 64
	}
	switch m[4] {
	case "d", "e", "t":
		r.average = true
	}
	r.tiered = m[4] == "t"
	if m[2] == "nest" {
		r.radix = 2
	}
	if m[6] != "" {
		r.groups, r.width = digits(m[6]), digits(m[7])
	}
	if m[5] != "" {
		r.radix, r.poolFirst = digits(m[5]), true
	}
	return r, ok
}

func digits(s string) int {
	n, _ := strconv.Atoi(s) // the pattern lets digits pass alone
	return n
}

// build returns the network for a class count, in timm's names and order.
// depth is the rate of stochastic depth at the last block; the others' grow
// linearly from 0 at the first.
func (r resNet) build(name string, classes int, depth float64) *Net {
	b := &resBuilder{arch: r, builder: builder{net: &Net{
		Name: name, Classes: classes, InputSize: r.size, Mean: imageNetMean, Std: imageNetStd, Input: "input",
	}}}
	b.last = "input"
	in := b.stem()
	blocks := r.repeats[0] + r.repeats[1] + r.repeats[2] + r.repeats[3]
	block := 0
	for i, repeats := range r.repeats {
		for j := range repeats {
			stride := 1
			if i > 0 && j == 0 {
				stride = 2
			}
			rate := depth * float64(block) / float64(blocks-1)
			in = b.block(fmt.Sprintf("layer%d.%d", i+1, j), in, 64<<i, stride, rate)
			block++
		}
	}
	b.unary(OpGlobalMean, "global_pool")
	b.net.Pooled = b.unary(OpFlatten, "pooled")
	b.net.Output = b.linear("logits", "fc", in, classes)
	return b.net
}

// resBuilder adds the pieces of a residual network.
type resBuilder struct {
	builder
	arch resNet
}

// conv adds a convolution without bias, padded to keep the size at stride 1.
func (b *resBuilder) conv(name string, in, out, kernel, stride, groups int) {
	p := (kernel - 1) / 2
	b.convolution(name, in, out, kernel, stride, groups).Pad = [4]int{p, p, p, p}
}

func (b *resBuilder) norm(name string, channels int) {
	b.batchNorm(name, channels, 1e-5, batchNormMomentum)
}

// convNorm adds a convolution, its BatchNorm and, with a name for it, a ReLU.
func (b *resBuilder) convNorm(conv, norm, act string, in, out, kernel, stride, groups int) {
	b.conv(conv, in, out, kernel, stride, groups)
	b.norm(norm, out)
	if act != "" {
		b.unary(OpReLU, act)
	}
}

// stem adds everything before the first block and returns its channels.
func (b *resBuilder) stem() int {
	out := 64
	if w := b.arch.stem; w == 0 {
		b.conv("conv1", 3, out, 7, 2, 1)
	} else {
		first := w
		if b.arch.tiered {
			first = 3 * (w / 4)
		}
		out = 2 * w
		b.convNorm("conv1.0", "conv1.1", "conv1.2", 3, first, 3, 2, 1)
		b.convNorm("conv1.3", "conv1.4", "conv1.5", first, w, 3, 1, 1)
		b.conv("conv1.6", w, out, 3, 1, 1)
	}
	b.norm("bn1", out)
	b.unary(OpReLU, "act1")
	b.pool(OpMaxPool, "maxpool", 3, 2, 1)
	return out
}

// pool adds a pooling in which padding counts.
func (b *resBuilder) pool(op Op, name string, kernel, stride, pad int) {
	b.add(Layer{
		Name: name, Op: op, Inputs: []string{b.last}, CountPad: op == OpAveragePool,
		Kernel: [2]int{kernel, kernel}, Stride: [2]int{stride, stride}, Pad: [4]int{pad, pad, pad, pad},
	})
}
