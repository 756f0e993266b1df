package main

import "math"

// softmax takes exp by the method of exponential.go.
type softmax struct {
	exponential
	least vec // -Inf
}

func (k *softmax) prepare(w *rowWalk) {
	k.exponential.prepare(w.emitter)
	k.least = w.broadcast(math.Inf(-1))
}

func writeSoftmax(e *emitter) {
	k := &softmax{}
	e.eachRow("softmax", []string{"y", "x"}, nil, "", []string{
		"the following, with the largest x of each row, in any order:", "",
		"	for r := range rows {", "		for i := range c {", "			k := r*c + i",
		"			y[k] = exp(x[k]-largest) / (the sum of the row's)", "		}", "	}",
	}, k.prepare, k.row)
	e.eachRow("softmaxBackward", []string{"dx", "dy", "y"}, nil, "", []string{
		"the following, with the sum over each row of dy*y, in any order:", "",
		"	for r := range rows {", "		for i := range c {", "			k := r*c + i",
		"			dx[k] = y[k] * (dy[k] - sum)", "		}", "	}",
	}, func(*rowWalk) {}, softmaxGradient)
}

func (k *softmax) row(w *rowWalk) {
	tops := w.vecs(rowSums)
	for _, t := range tops {
		w.VMOVAPS(k.least, t)
	}
	w.pass(func(v int) { w.VMAXPS(k.present(w, w.place("x", v)), tops[v], tops[v]) })
	top := w.total(tops, w.VMAXPS)
	sums := w.sums()
	w.pass(func(v int) {
		t := w.read("x", v)
		w.VSUBPS(t, top, t)
		w.VMINPS(t, w.register(k.limits[1]), t) // NaN passes
		n, r := k.reduce(w.emitter, t)
		p := w.keep(k.power(w.emitter, n, r))
		w.VADDPS(p, sums[v], sums[v])
		w.store(p, w.place("y", v))
	})
	rate := w.total(sums, w.VADDPS)
	w.VDIVPS(rate, k.one, rate)
	w.pass(func(v int) {
		y := w.read("y", v)
		w.VMULPS(rate, y, y)
		w.store(y, w.place("y", v))
	})
}

// present loads a vector whose lanes beyond the row are -Inf.
func (k *softmax) present(w *rowWalk, m mem) vec {
	v := w.vec()
	switch {
	case !w.masked:
		w.VMOVUPS(m, v)
	case w.wide:
		w.VMOVAPS(k.least, v)
		w.VMOVUPS(m, w.kmask, v)
	default:
		w.load(m, v)
		w.VBLENDVPS(w.ymask, v, k.least, v)
	}
	return v
}

func softmaxGradient(w *rowWalk) {
	sums := w.sums()
	w.pass(func(v int) { w.VFMADD231PS(w.read("dy", v), w.read("y", v), sums[v]) })
	sum := w.total(sums, w.VADDPS)
	w.pass(func(v int) {
		dy, y := w.read("dy", v), w.read("y", v)
		w.VSUBPS(sum, dy, dy)
		w.VMULPS(dy, y, y)
		w.store(y, w.place("dx", v))
	})
}
