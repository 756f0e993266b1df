package main

import (
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/operand"
)

func writeNormalize(e *emitter) {
	channelMoments.writePlain(e)
	for _, k := range normalizeKernels {
		for _, a := range activations() {
			k.write(e, a)
		}
	}
}

// normalizeKernel goes over activations x [rows,c] through z = x*scale +
// shift and a function of z. It either writes out or adds to sums.
type normalizeKernel struct {
	name     string
	out      string
	sums     []string
	inputs   []string          // [rows,c]
	channels []string          // [c]
	apart    bool              // rows of out are ldout elements apart, not c
	emit     func(s *site) vec // the value of out, or nil where it adds to the sums
	loop     []string          // what it equals for row r and channel i, after z; k is r*c+i
}

// site is one vector of elements within the loops of a kernel.
type site struct {
	*emitter
	act      activation
	inputs   map[string]mem
	channels map[string]mem
	sums     []vec
}

func (s *site) input(name string) vec { return s.loaded(s.inputs[name]) }

// channel is a value per channel. It comes from the nearest cache each time:
// that is free beside the arithmetic, and registers are few.
func (s *site) channel(name string) vec { return s.loaded(s.channels[name]) }

// operand is the same as the first operand of an instruction.
func (s *site) operand(name string) op {
	if s.masked {
		return s.channel(name)
	}
	return s.channels[name]
}

func (s *site) z() vec {
	z := s.input("x")
	s.VFMADD213PS(s.operand("shift"), s.channel("scale"), z)
	return z
}

func (s *site) y() vec { return s.act.value(s, s.z()) }

// dz is the gradient at z; dy comes as late as it can, to save registers.
func (s *site) dz() vec { return s.act.back(s, func() vec { return s.input("dy") }) }

func (s *site) scaledDz() vec {
	return s.act.back(s, func() vec {
		g := s.input("dy")
		s.VFMADD213PS(s.operand("q"), s.channel("s"), g)
		return g
	})
}

func (s *site) addGradient(dz vec) {
	centered := s.input("x")
	s.VSUBPS(s.operand("mean"), centered, centered)
	s.VADDPS(dz, s.sums[0], s.sums[0])
	s.VFMADD231PS(dz, centered, s.sums[1])
}

func (s *site) dx(dz vec) vec {
	v := s.input("x")
	s.VFMADD213PS(s.operand("d"), s.channel("b"), v)
	s.VFMADD231PS(s.operand("a"), dz, v)
	return v
}

const (
	gradientLoop       = "dz := dy[k] * act'(z)"
	scaledGradientLoop = "dz := (dy[k]*s[i] + q[i]) * act'(z)"
)

var normalizeKernels = []normalizeKernel{
	{
		name: "normalize", out: "y", inputs: []string{"x"}, channels: []string{"scale", "shift"}, apart: true,
		emit: func(s *site) vec { return s.y() },
		loop: []string{"y[r*ldy+i] = act(z)"},
	},
	{
		name: "normalizeScale", out: "y", inputs: []string{"x"}, channels: []string{"scale", "shift", "s"},
		emit: func(s *site) vec {
			y := s.y()
			s.VMULPS(s.operand("s"), y, y)
			return y
		},
		loop: []string{"y[k] = act(z) * s[i]"},
	},
	{
		name: "normalizeSum", sums: []string{"sum"}, inputs: []string{"x"}, channels: []string{"scale", "shift"},
		emit: func(s *site) vec {
			s.VADDPS(s.y(), s.sums[0], s.sums[0])
			return nil
		},
		loop: []string{"sum[i] += act(z)"},
	},
	{
		name: "normalizeDot", sums: []string{"sum"}, inputs: []string{"dy", "x"}, channels: []string{"scale", "shift"},
		emit: func(s *site) vec {
			y := s.y()
			s.fmaMem(s.inputs["dy"], y, s.sums[0])
			return nil
		},
		loop: []string{"sum[i] += dy[k] * act(z)"},
	},
	{
		name: "normalizeBackwardSums", sums: []string{"sumDz", "sumDzX"}, inputs: []string{"dy", "x"},
		channels: []string{"scale", "shift", "mean"},
		emit: func(s *site) vec {
			s.addGradient(s.dz())
			return nil
		},
		loop: []string{gradientLoop, "sumDz[i] += dz", "sumDzX[i] += dz * (x[k] - mean[i])"},
	},
	{
		name: "normalizeScaleBackwardSums", sums: []string{"sumDz", "sumDzX"}, inputs: []string{"dy", "x"},
		channels: []string{"scale", "shift", "mean", "s", "q"},
		emit: func(s *site) vec {
			s.addGradient(s.scaledDz())
			return nil
		},
		loop: []string{scaledGradientLoop, "sumDz[i] += dz", "sumDzX[i] += dz * (x[k] - mean[i])"},
	},
	{
		name: "normalizeBackward", out: "dx", inputs: []string{"dy", "x"},
		channels: []string{"scale", "shift", "a", "b", "d"},
		emit:     func(s *site) vec { return s.dx(s.dz()) },
		loop:     []string{gradientLoop, "dx[k] = a[i]*dz + (b[i]*x[k] + d[i])"},
	},
	{
		name: "normalizeScaleBackward", out: "dx", inputs: []string{"dy", "x"},
		channels: []string{"scale", "shift", "a", "b", "d", "s", "q"},
		emit:     func(s *site) vec { return s.dx(s.scaledDz()) },
		loop:     []string{scaledGradientLoop, "dx[k] = a[i]*dz + (b[i]*x[k] + d[i])"},
	},
}

// channelMoments is a kernel of the same form without z.
var channelMoments = normalizeKernel{
	name: "channelMoments", sums: []string{"sum", "sq"}, inputs: []string{"x"}, channels: []string{"shift"},
	emit: func(s *site) vec {
		v := s.input("x")
		s.VSUBPS(s.operand("shift"), v, v)
		s.VADDPS(v, s.sums[0], s.sums[0])
		s.VFMADD231PS(v, v, s.sums[1])
		return nil
	},
	loop: []string{"d := x[k] - shift[i]", "sum[i] += d", "sq[i] += d * d"},
}

// slices lists the parameters that are slices.
func (k normalizeKernel) slices() []string {
	names := slices.Concat(k.sums, k.inputs, k.channels)
	if k.out != "" {
		names = append([]string{k.out}, names...)
	}
	return names
}

func (k normalizeKernel) write(e *emitter, a activation) {
	sizes := "rows, c int"
	if k.apart {
		sizes = "rows, c, ldy int"
	}
	k.function(e, a.name, sizes+", lo, hi float32", ", with "+a.meaning, append([]string{"z := x[k]*scale[i] + shift[i]"}, k.loop...))
	a.prepare(e)
	if k.out == "" {
		k.writeSums(e, a)
	} else {
		k.writeMap(e, a)
	}
	e.finish()
}

// writePlain writes a kernel of sums that has no activation.
func (k normalizeKernel) writePlain(e *emitter) {
	k.function(e, "", "rows, c int", "", k.loop)
	k.writeSums(e, activation{})
	e.finish()
}

// function starts the function and documents its loop.
func (k normalizeKernel) function(e *emitter, variant, sizes, with string, loop []string) {
	lead := "the following, fusing multiply and add" + with
	if k.out == "" {
		lead += " (in another order, fixed by c)"
	}
	doc := []string{lead + ":", "", "	for r := range rows {", "		for i := range c {", "			k := r*c + i"}
	for _, line := range loop {
		doc = append(doc, "			"+line)
	}
	e.function(k.name+variant, "("+strings.Join(k.slices(), ", ")+" []float32, "+sizes+")", append(doc, "		}", "	}")...)
}

// pointers loads the addresses of several slices by name.
func (e *emitter) pointers(names []string) map[string]gp {
	p := map[string]gp{}
	for _, n := range names {
		p[n] = e.base(n)
	}
	return p
}

// places are the vectors number v behind several pointers, index elements on.
func (e *emitter) places(p map[string]gp, index gp, v int) map[string]mem {
	m := map[string]mem{}
	for name, base := range p {
		m[name] = e.indexed(base, index, 4, v)
	}
	return m
}

// writeMap walks the rows from end to end, so that memory is read and
// written in its order.
func (k normalizeKernel) writeMap(e *emitter, a activation) {
	rows, stride := e.param("rows"), e.GP64()
	end := e.label("end")
	e.TESTQ(rows, rows)
	e.JZ(operand.LabelRef(end))
	e.Load(e.Param("c"), stride)
	e.SHLQ(operand.U8(2), stride)
	out, apart := e.base(k.out), stride
	if k.apart {
		apart = e.GP64()
		e.Load(e.Param("ldy"), apart)
		e.SHLQ(operand.U8(2), apart)
	}
	inputs, channels := e.pointers(k.inputs), e.pointers(k.channels)
	index := e.GP64()
	e.loop(rows, func() {
		left := e.param("c")
		e.XORQ(index, index)
		e.stages(left, []int{2, 1}, func(vectors int) {
			for v := range vectors {
				s := &site{emitter: e, act: a, inputs: e.places(inputs, index, v), channels: e.places(channels, index, v)}
				e.store(k.emit(s), e.indexed(out, index, 4, v))
			}
			e.ADDQ(operand.I32(vectors*e.lanes()), index)
		})
		e.ADDQ(apart, out)
		for _, name := range k.inputs {
			e.ADDQ(stride, inputs[name])
		}
	})
	e.Label(end)
}

// writeSums walks the rows once for every few vectors of channels, whose
// sums stay in registers. These are strides that the processor does not
// foresee, so each row has the one a call's height further on fetched: the
// next call goes on there. A fetch beyond the end of a slice does nothing.
func (k normalizeKernel) writeSums(e *emitter, a activation) {
	c, stride, index := e.param("c"), e.GP64(), e.GP64()
	e.MOVQ(c, stride)
	e.SHLQ(operand.U8(2), stride)
	e.XORQ(index, index)
	ahead := e.param("rows")
	e.IMULQ(stride, ahead)
	channels := e.pointers(k.channels)
	e.stages(c, []int{4, 1}, func(vectors int) {
		var sites []*site
		for v := range vectors {
			s := &site{emitter: e, act: a, inputs: map[string]mem{}, channels: e.places(channels, index, v), sums: e.vecs(len(k.sums))}
			for _, acc := range s.sums {
				e.zero(acc)
			}
			sites = append(sites, s)
		}
		at := map[string]gp{}
		for _, name := range k.inputs {
			at[name] = e.base(name)
			e.LEAQ(mem{Base: at[name], Index: index, Scale: 4}, at[name])
		}
		e.loop(e.param("rows"), func() {
			for v, s := range sites {
				for _, name := range k.inputs {
					s.inputs[name] = e.at(at[name], v)
				}
				k.emit(s)
			}
			for _, name := range k.inputs {
				for line := 0; line < vectors*e.bytes(); line += 64 {
					e.PREFETCHT0(mem{Base: at[name], Index: ahead, Scale: 1, Disp: line})
				}
				e.ADDQ(stride, at[name])
			}
		})
		for i, name := range k.sums {
			sum := e.base(name)
			for v, s := range sites {
				m := e.indexed(sum, index, 4, v)
				e.VADDPS(e.loaded(m), s.sums[i], s.sums[i])
				e.store(s.sums[i], m)
			}
		}
		e.ADDQ(operand.I32(vectors*e.lanes()), index)
	})
}
