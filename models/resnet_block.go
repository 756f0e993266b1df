package models

import "fmt"

// block adds a residual block of the given base channels and returns how many
// it puts out.
func (b *resBuilder) block(name string, in, base, stride int, rate float64) int {
	input := b.last
	out := 4 * base
	last := "3" // number of the last convolution
	if b.arch.basic {
		out, last = base, "2"
		b.convNorm(name+".conv1", name+".bn1", name+".act1", in, base, 3, stride, 1)
		b.convNorm(name+".conv2", name+".bn2", "", base, base, 3, 1, 1)
	} else {
		b.bottleneck(name, in, base, stride)
	}
	if b.arch.excite {
		b.excitation(name+".se", out)
	}
	b.depth(name+".drop_path", rate)
	body := b.last
	b.last = input
	b.shortcut(name+".downsample", in, out, stride)
	b.add(Layer{Name: name + ".add", Op: OpAdd, Inputs: []string{body, b.last}})
	b.unary(OpReLU, name+".act"+last)
	return out
}

// bottleneck adds the three convolutions of a block.
func (b *resBuilder) bottleneck(name string, in, base, stride int) {
	a := b.arch
	width := base * a.width / 64 * a.groups
	first := width / a.reduce
	b.convNorm(name+".conv1", name+".bn1", name+".act1", in, first, 1, 1, 1)
	if a.radix == 0 {
		b.convNorm(name+".conv2", name+".bn2", name+".act2", first, width, 3, stride, a.groups)
	} else {
		if stride > 1 && a.poolFirst {
			b.pool(OpAveragePool, name+".avd_first", 3, stride, 1)
		}
		b.splitAttention(name+".conv2", width)
		if stride > 1 && !a.poolFirst {
			b.pool(OpAveragePool, name+".avd_last", 3, stride, 1)
		}
	}
	b.convNorm(name+".conv3", name+".bn3", "", width, base*4, 1, 1, 1)
}

// shortcut projects the block's input where its shape changes.
func (b *resBuilder) shortcut(name string, in, out, stride int) {
	if in == out && stride == 1 {
		return
	}
	piece := 0
	kernel := 1
	if b.arch.average {
		if stride > 1 {
			b.add(Layer{Name: name + ".0", Op: OpAveragePool, Inputs: []string{b.last}, Ceil: true,
				Kernel: [2]int{2, 2}, Stride: [2]int{stride, stride}})
		}
		piece, stride = 1, 1 // the pooling counts even where it is left out
	} else if stride > 1 {
		kernel = b.arch.projection
	}
	b.convNorm(fmt.Sprintf("%s.%d", name, piece), fmt.Sprintf("%s.%d", name, piece+1), "", in, out, kernel, stride, 1)
}

// excitation scales every channel by a gate computed from all channels' means
// (Hu et al. 2018), with a sixteenth of them between.
func (b *resBuilder) excitation(name string, channels int) {
	input := b.last
	reduced := max(8, (channels/16+4)/8*8)
	b.unary(OpGlobalMean, name+".mean")
	b.pointwise(name+".fc1", channels, reduced, 1)
	b.unary(OpReLU, name+".act")
	b.pointwise(name+".fc2", reduced, channels, 1)
	gate := b.unary(OpSigmoid, name+".gate")
	b.add(Layer{Name: name, Op: OpScale, Inputs: []string{input, gate}})
}

// splitAttention adds a convolution into `radix` groups of channels and their
// sum, weighted by a softmax over the radix (Zhang et al. 2020, section 3.1).
// The mean of the sum is computed as the sum of the means, which are few.
func (b *resBuilder) splitAttention(name string, channels int) {
	a := b.arch
	wide := channels * a.radix
	inner := max(roundChannels(wide, 0.25), 32)
	b.convNorm(name+".conv", name+".bn0", name+".act0", channels, wide, 3, 1, a.groups*a.radix)
	split := b.last
	b.unary(OpGlobalMean, name+".mean")
	if a.radix > 1 {
		b.add(Layer{Name: name + ".sum_of_means", Op: OpGroupSum, Inputs: []string{b.last}, Radix: a.radix})
	}
	b.pointwise(name+".fc1", channels, inner, a.groups)
	b.norm(name+".bn1", inner)
	b.unary(OpReLU, name+".act1")
	b.pointwise(name+".fc2", inner, wide, a.groups)
	if a.radix == 1 {
		gate := b.unary(OpSigmoid, name+".rsoftmax")
		b.add(Layer{Name: name, Op: OpScale, Inputs: []string{split, gate}})
		return
	}
	gate := b.add(Layer{Name: name + ".rsoftmax", Op: OpGroupSoftmax, Inputs: []string{b.last}, Radix: a.radix, Groups: a.groups})
	b.add(Layer{Name: name + ".scaled", Op: OpScale, Inputs: []string{split, gate}})
	b.add(Layer{Name: name, Op: OpGroupSum, Inputs: []string{b.last}, Radix: a.radix})
}
