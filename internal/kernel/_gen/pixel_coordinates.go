package main

import "github.com/mmcloughlin/avo/operand"

// writeCoordinates emits a row's places in the source in 1/32 pixel.
func writeCoordinates(e *emitter) {
	writeAffineRow(e)
	writeMapRow(e)
	writeDistortRow(e)
}

func writeAffineRow(e *emitter) {
	e.function("affineRow", "(x, y, columnX, columnY []int32, rowX, rowY int32)",
		"the following, in any order:", "",
		"	for i := range x {",
		"		x[i] = (columnX[i] + rowX) >> 5",
		"		y[i] = (columnY[i] + rowY) >> 5", "	}")
	n := e.length("x")
	to, from := []gp{e.base("x"), e.base("y")}, []gp{e.base("columnX"), e.base("columnY")}
	rows := e.vecs(2)
	e.VBROADCASTSS(e.frame("rowX"), rows[0])
	e.VBROADCASTSS(e.frame("rowY"), rows[1])
	e.stages(n, []int{1}, func(int) {
		for i, row := range rows {
			v := e.loaded(e.at(from[i], 0))
			e.VPADDD(row, v, v)
			e.VPSRAD(operand.U8(5), v, v)
			e.store(v, e.at(to[i], 0))
			e.ADDQ(operand.I32(e.bytes()), to[i])
			e.ADDQ(operand.I32(e.bytes()), from[i])
		}
	})
	e.finish()
}

func writeMapRow(e *emitter) {
	e.function("mapRow", "(x []int32, m []float32)",
		"the following, in any order; what does not fit becomes the smallest number:", "",
		"	for i := range x {", "		x[i] = int32(math.RoundToEven(float64(32 * m[i])))", "	}")
	to, from, n := e.base("x"), e.base("m"), e.length("x")
	steps := e.vec()
	e.VBROADCASTSS(e.data.float32(32), steps)
	e.stages(n, []int{1}, func(int) {
		v := e.loaded(e.at(from, 0))
		e.VMULPS(steps, v, v)
		e.VCVTPS2DQ(v, v)
		e.store(v, e.at(to, 0))
		e.ADDQ(operand.I32(e.bytes()), to)
		e.ADDQ(operand.I32(e.bytes()), from)
	})
	e.finish()
}

func writeDistortRow(e *emitter) {
	e.function("distortRow", "(x, y *int32, dx, dx2 *float64, n int, k, left, dy, dy2, top float64)",
		"n places, in vectors that must be there as a whole, each operation rounded:", "",
		"	r2 = dx2[i] + dy2",
		"	g = (k*r2+k)*r2 + 1",
		"	x[i] = int32(math.RoundToEven(float64(32 * float32(dx[i]*g+left))))",
		"	y[i] = int32(math.RoundToEven(float64(32 * float32(dy*g+top))))")
	x, y, dx, dx2, n := e.param("x"), e.param("y"), e.param("dx"), e.param("dx2"), e.param("n")
	d := distorter{emitter: e, one: e.vec(), steps: e.vec()}
	e.VBROADCASTSS(e.data.float32(32), d.steps)
	e.VCVTPS2PD(e.data.float32(1), d.one)
	d.k, d.left, d.dy, d.dy2, d.top = e.spreadDouble("k"), e.spreadDouble("left"), e.spreadDouble("dy"), e.spreadDouble("dy2"), e.spreadDouble("top")
	e.wholeVectors(n, func() {
		var places [2][]vec // x, y: halves
		for half := range 2 {
			u, v := d.places(e.loadDoubles(dx, half), e.loadDoubles(dx2, half))
			places[0], places[1] = append(places[0], u), append(places[1], v)
		}
		for i, to := range []gp{x, y} {
			v := e.singles(places[i])
			e.VMULPS(d.steps, v, v)
			e.VCVTPS2DQ(v, v)
			e.VMOVUPS(v, e.at(to, 0))
			e.ADDQ(operand.I32(e.bytes()), to)
		}
		e.ADDQ(operand.I32(2*e.bytes()), dx)
		e.ADDQ(operand.I32(2*e.bytes()), dx2)
	})
	e.finish()
}

type distorter struct {
	*emitter
	k, left, dy, dy2, top, one, steps vec
}

// places are a vector of float64's two coordinates.
func (d *distorter) places(dx, r2 vec) (u, v vec) {
	g := d.vec()
	d.VADDPD(d.dy2, r2, r2)
	d.VMULPD(d.k, r2, g)
	d.VADDPD(d.k, g, g)
	d.VMULPD(r2, g, g)
	d.VADDPD(d.one, g, g)
	d.VMULPD(g, dx, dx)
	d.VADDPD(d.left, dx, dx)
	d.VMULPD(d.dy, g, g)
	d.VADDPD(d.top, g, g)
	return dx, g
}

// spreadDouble returns a parameter in every lane of float64.
func (e *emitter) spreadDouble(name string) vec {
	v := e.vec()
	e.VBROADCASTSD(e.frame(name), v)
	return v
}

func (e *emitter) loadDoubles(from gp, i int) vec {
	v := e.vec()
	e.VMOVUPD(e.at(from, i), v)
	return v
}

// singles rounds two vectors of float64 to one of float32.
func (e *emitter) singles(halves []vec) vec {
	v := e.vec()
	if e.wide {
		low, high := e.YMM(), e.YMM()
		e.VCVTPD2PS(halves[0], low)
		e.VCVTPD2PS(halves[1], high)
		e.VINSERTF64X4(operand.U8(1), high, low.AsZ(), v)
		return v
	}
	low, high := e.XMM(), e.XMM()
	e.VCVTPD2PSY(halves[0], low)
	e.VCVTPD2PSY(halves[1], high)
	e.VINSERTF128(operand.U8(1), high, low.AsY(), v)
	return v
}
