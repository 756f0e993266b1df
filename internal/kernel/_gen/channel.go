package main

import (
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/operand"
)

func writeChannel(e *emitter) {
	for _, r := range reductions {
		r.write(e)
	}
	for _, m := range channelMaps {
		m.write(e)
	}
}

// reduction is a kernel that sums over rows, one sum or two per channel.
type reduction struct {
	name     string
	sums     []string
	inputs   []string // [rows,c]
	channels []string // [c]
	add      func(e *emitter, in, channel, sums []vec)
	factor   string   // [c], multiplies the last sum at the end; "" for none
	loop     []string // what it equals, for one channel i
}

var reductions = []reduction{
	{
		name: "channelSum", sums: []string{"sum"}, inputs: []string{"x"},
		add: func(e *emitter, in, _, s []vec) { e.VADDPS(in[0], s[0], s[0]) },
		loop: []string{
			"var s float32",
			"for r := range rows {",
			"	s += x[r*c+i]",
			"}",
			"sum[i] += s",
		},
	},
	{
		name: "channelCenteredSquares", sums: []string{"sq"}, inputs: []string{"x"}, channels: []string{"mean"},
		add: func(e *emitter, in, ch, s []vec) {
			e.VSUBPS(ch[0], in[0], in[0])
			e.VFMADD231PS(in[0], in[0], s[0])
		},
		loop: []string{
			"var s float32",
			"for r := range rows {",
			"	d := x[r*c+i] - mean[i]",
			"	s += d * d",
			"}",
			"sq[i] += s",
		},
	},
	{
		name: "channelDot2", sums: []string{"sumDy", "sumDyXhat"}, inputs: []string{"dy", "x"}, channels: []string{"mean"}, factor: "rstd",
		add: func(e *emitter, in, ch, s []vec) {
			e.VADDPS(in[0], s[0], s[0])
			e.VSUBPS(ch[0], in[1], in[1])
			e.VFMADD231PS(in[0], in[1], s[1])
		},
		loop: []string{
			"var s, t float32",
			"for r := range rows {",
			"	s += dy[r*c+i]",
			"	t += dy[r*c+i] * (x[r*c+i] - mean[i])",
			"}",
			"sumDy[i] += s",
			"sumDyXhat[i] += t * rstd[i]",
		},
	},
	{
		name: "channelMulSum", sums: []string{"sum"}, inputs: []string{"x", "y"},
		add: func(e *emitter, in, _, s []vec) { e.VFMADD231PS(in[0], in[1], s[0]) },
		loop: []string{
			"var s float32",
			"for r := range rows {",
			"	s += x[r*c+i] * y[r*c+i]",
			"}",
			"sum[i] += s",
		},
	},
}

// rowsAtOnce is how many rows are summed side by side for a number of
// channel vectors, to hide the latency of an addition.
var rowsAtOnce = map[int]int{4: 1, 2: 2, 1: 4}

func (r reduction) write(e *emitter) {
	names := slices.Concat(r.sums, r.inputs, r.channels)
	var factor []gp
	if r.factor != "" {
		names = append(names, r.factor)
	}
	doc := []string{"(in another order, fixed by c):", "", "	for i := range c {"}
	for _, line := range r.loop {
		doc = append(doc, "		"+line)
	}
	e.function(r.name, "("+strings.Join(names, ", ")+" []float32, rows, c int)", append(doc, "	}")...)
	sums, inputs, channels := e.bases(r.sums), e.bases(r.inputs), e.bases(r.channels)
	if r.factor != "" {
		factor = append(factor, e.base(r.factor))
	}
	c := e.param("c")
	stride := e.GP64()
	e.MOVQ(c, stride)
	e.SHLQ(operand.U8(2), stride)
	odd := e.odds(stride, 4)
	counts := []int{4, 2, 1}
	if len(r.sums) > 1 {
		counts = counts[1:] // more do not fit into the registers of AVX2
	}
	e.stages(c, counts, func(vectors int) {
		b := reductionBlock{emitter: e, r: r, vectors: vectors, rows: rowsAtOnce[vectors], stride: stride, odd: odd, inputs: inputs}
		b.write(channels)
		for _, p := range factor {
			for v := range vectors {
				last := b.sums[v][len(sums)-1]
				e.VMULPS(e.loaded(e.at(p, v)), last, last)
			}
		}
		for i, s := range sums {
			for v := range vectors {
				acc := b.sums[v][i]
				e.VADDPS(e.loaded(e.at(s, v)), acc, acc)
				e.store(acc, e.at(s, v))
			}
		}
		for _, p := range slices.Concat(sums, inputs, channels, factor) {
			e.ADDQ(operand.I32(vectors*e.bytes()), p)
		}
	})
	e.finish()
}

// bases loads the addresses of several slices.
func (e *emitter) bases(names []string) []gp {
	var r []gp
	for _, n := range names {
		r = append(r, e.base(n))
	}
	return r
}

// reductionBlock is the loop over rows for a few channel vectors.
type reductionBlock struct {
	*emitter
	r             reduction
	vectors, rows int
	stride        gp
	odd           map[int]gp
	inputs        []gp
	channel       [][]vec // by vector
	sums          [][]vec // by row side by side and vector: row*vectors+vector
}

func (b *reductionBlock) write(channels []gp) {
	for v := range b.vectors {
		var loaded []vec
		for _, p := range channels {
			loaded = append(loaded, b.loaded(b.at(p, v)))
		}
		b.channel = append(b.channel, loaded)
	}
	for range b.rows * b.vectors {
		s := b.vecs(len(b.r.sums))
		for _, v := range s {
			b.zero(v)
		}
		b.sums = append(b.sums, s)
	}
	left := b.param("rows")
	at := make([]gp, len(b.inputs))
	for i, p := range b.inputs {
		at[i] = b.GP64()
		b.MOVQ(p, at[i])
	}
	b.walk(left, at, b.rows)
	if b.rows > 1 {
		b.walk(left, at, 1)
	}
	b.combine()
}

// walk sums groups of n rows while so many are left.
func (b *reductionBlock) walk(left gp, at []gp, n int) {
	loop, done := b.label("rows"), b.label("rest")
	b.Label(loop)
	b.CMPQ(left, operand.I32(n))
	b.JLT(operand.LabelRef(done))
	for r := range n {
		for v := range b.vectors {
			var in []vec
			for _, p := range at {
				in = append(in, b.loaded(b.row(p, b.stride, b.odd, r, v*b.bytes())))
			}
			b.r.add(b.emitter, in, b.channel[v], b.sums[r*b.vectors+v])
		}
	}
	for _, p := range at {
		b.LEAQ(mem{Base: p, Index: b.stride, Scale: uint8(n)}, p)
	}
	b.SUBQ(operand.I32(n), left)
	b.JMP(operand.LabelRef(loop))
	b.Label(done)
}

// combine adds up the sums of rows side by side, pair by pair.
func (b *reductionBlock) combine() {
	for n := b.rows / 2; n >= 1; n /= 2 {
		for i := range n * b.vectors {
			for j, s := range b.sums[i] {
				b.VADDPS(b.sums[i+n*b.vectors][j], s, s)
			}
		}
	}
}

// channelMap is a kernel that computes each element from inputs [rows,c] and
// values of its channel.
type channelMap struct {
	name     string
	out      string
	inputs   []string
	channels []string
	value    func(e *emitter, in, channel []vec) vec
	loop     string
}

var channelMaps = []channelMap{
	{
		name: "channelAffine", out: "y", inputs: []string{"x"}, channels: []string{"scale", "shift"},
		value: func(e *emitter, in, ch []vec) vec {
			e.VFMADD213PS(ch[1], ch[0], in[0])
			return in[0]
		},
		loop: "y[r*c+i] = x[r*c+i]*scale[i] + shift[i]",
	},
	{
		name: "batchNormBackward", out: "dx", inputs: []string{"dy", "x"}, channels: []string{"a", "b", "d"},
		value: func(e *emitter, in, ch []vec) vec {
			e.VFMADD213PS(ch[2], ch[1], in[1])
			e.VFMADD231PS(in[0], ch[0], in[1])
			return in[1]
		},
		loop: "dx[r*c+i] = a[i]*dy[r*c+i] + (b[i]*x[r*c+i] + d[i])",
	},
	{
		name: "scaleChannels", out: "y", inputs: []string{"x"}, channels: []string{"s"},
		value: func(e *emitter, in, ch []vec) vec {
			e.VMULPS(ch[0], in[0], in[0])
			return in[0]
		},
		loop: "y[r*c+i] = x[r*c+i] * s[i]",
	},
	{
		name: "addBias", out: "y", inputs: []string{"x"}, channels: []string{"b"},
		value: func(e *emitter, in, ch []vec) vec {
			e.VADDPS(ch[0], in[0], in[0])
			return in[0]
		},
		loop: "y[r*c+i] = x[r*c+i] + b[i]",
	},
}

func (m channelMap) write(e *emitter) {
	names := append(append([]string{m.out}, m.inputs...), m.channels...)
	e.function(m.name, "("+strings.Join(names, ", ")+" []float32, rows, c int)",
		"the following, fusing multiply and add:", "",
		"	for r := range rows {", "		for i := range c {", "			"+m.loop, "		}", "	}")
	streams := e.bases(append([]string{m.out}, m.inputs...))
	rows := e.param("rows")
	end := e.label("end")
	e.TESTQ(rows, rows)
	e.JZ(operand.LabelRef(end))
	e.loop(rows, func() {
		channels, left := e.bases(m.channels), e.param("c")
		e.stages(left, []int{4, 1}, func(vectors int) {
			for v := range vectors {
				e.store(m.value(e, e.each(streams[1:], v), e.each(channels, v)), e.at(streams[0], v))
			}
			for _, p := range streams {
				if e.masked {
					e.LEAQ(mem{Base: p, Index: left, Scale: 4}, p)
				} else {
					e.ADDQ(operand.I32(vectors*e.bytes()), p)
				}
			}
			for _, p := range channels {
				e.ADDQ(operand.I32(vectors*e.bytes()), p)
			}
		})
	})
	e.Label(end)
	e.finish()
}

// each loads vector v at several addresses.
func (e *emitter) each(at []gp, v int) []vec {
	var r []vec
	for _, p := range at {
		r = append(r, e.loaded(e.at(p, v)))
	}
	return r
}
