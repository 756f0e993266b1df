package main

// layerNorm normalises rows. Their moments are taken in two passes, the second
// of which corrects the mean of the first (Chan, Golub and LeVeque 1983,
// equation 1.7): x-mean is (x-m)-delta, where m is the rounded mean.
type layerNorm struct {
	*rowWalk
	m, delta, rstd vec
}

func (k *layerNorm) prepare(w *rowWalk) { k.rowWalk = w }

// moments sets m, delta and rstd.
func (k *layerNorm) moments() {
	sums := k.sums()
	k.pass(func(v int) { k.VADDPS(k.read("x", v), sums[v], sums[v]) })
	k.m = k.total(sums, k.VADDPS)
	k.VDIVPS(k.count(), k.m, k.m)
	sums, squares := k.sums(), k.sums()
	k.pass(func(v int) {
		d := k.read("x", v)
		k.VSUBPS(k.m, d, d)
		k.keep(d)
		k.VADDPS(d, sums[v], sums[v])
		k.VFMADD231PS(d, d, squares[v])
	})
	k.delta, k.rstd = k.total(sums, k.VADDPS), k.total(squares, k.VADDPS)
	n, eps, zero := k.count(), k.vec(), k.vec()
	k.VDIVPS(n, k.delta, k.delta)
	k.VDIVPS(n, k.rstd, k.rstd)
	k.VFNMADD231PS(k.delta, k.delta, k.rstd)
	k.zero(zero)
	k.VMAXPS(k.rstd, zero, k.rstd) // NaN passes
	k.VBROADCASTSS(k.frame("eps"), eps)
	k.VADDPS(eps, k.rstd, k.rstd)
	k.VSQRTPS(k.rstd, k.rstd)
	k.VDIVPS(k.rstd, k.broadcast(1), k.rstd)
}

// centred returns x-mean.
func (k *layerNorm) centred(v int) vec {
	d := k.read("x", v)
	k.VSUBPS(k.m, d, d)
	k.VSUBPS(k.delta, d, d)
	return d
}

// gradient returns dy*gamma.
func (k *layerNorm) gradient(v int) vec {
	g := k.read("dy", v)
	k.VMULPS(k.read("gamma", v), g, g)
	return g
}

func writeLayerNorm(e *emitter) {
	k := &layerNorm{}
	lead := []string{"the following, fusing multiply and add, with mean and rstd of the row and xhat = (x[k]-mean)*rstd:", "",
		"	for r := range rows {", "		for i := range c {", "			k := r*c + i"}
	doc := func(loop ...string) []string {
		for i := range loop {
			loop[i] = "			" + loop[i]
		}
		return append(append(append([]string{}, lead...), loop...), "		}", "	}")
	}
	e.eachRow("layerNorm", []string{"y", "x"}, []string{"gamma", "beta"}, ", eps float32",
		doc("y[k] = xhat*gamma[i] + beta[i]"),
		k.prepare, func(*rowWalk) { k.moments(); k.forward() })
	e.eachRow("layerNormBackward", []string{"dx", "dy", "x"}, []string{"gamma"}, ", eps float32",
		doc("g := dy[k]*gamma[i]", "dx[k] = rstd * (g - mean of g - xhat * mean of g*xhat)"),
		k.prepare, func(*rowWalk) { k.moments(); k.backward() })
	e.eachRow("layerNormSums", []string{"dy", "x"}, []string{"dgamma", "dbeta"}, ", eps float32",
		doc("dgamma[i] += dy[k] * xhat", "dbeta[i] += dy[k]"),
		k.prepare, func(*rowWalk) { k.moments(); k.parameters() })
}

func (k *layerNorm) forward() {
	k.pass(func(v int) {
		d, a := k.centred(v), k.read("gamma", v)
		k.VMULPS(k.rstd, a, a)
		k.VFMADD213PS(k.read("beta", v), a, d)
		k.store(d, k.place("y", v))
	})
}

// backward sums g and g*(x-mean), then writes rstd*g + (x-mean)*b + a, where a
// and b take the two means off.
func (k *layerNorm) backward() {
	plain, along := k.sums(), k.sums()
	k.pass(func(v int) {
		g, d := k.gradient(v), k.centred(v)
		k.VADDPS(g, plain[v], plain[v])
		k.VFMADD231PS(g, d, along[v]) // g is 0 beyond the row
	})
	a, b := k.total(plain, k.VADDPS), k.total(along, k.VADDPS)
	rate, zero := k.vec(), k.vec()
	k.zero(zero)
	k.VDIVPS(k.count(), k.rstd, rate)
	k.VSUBPS(rate, zero, rate)
	k.VMULPS(rate, a, a)
	k.VMULPS(k.rstd, b, b)
	k.VMULPS(k.rstd, b, b)
	k.VMULPS(rate, b, b)
	k.pass(func(v int) {
		g, d := k.gradient(v), k.centred(v)
		k.VFMADD213PS(a, b, d)
		k.VFMADD231PS(k.rstd, g, d)
		k.store(d, k.place("dx", v))
	})
}

func (k *layerNorm) parameters() {
	k.pass(func(v int) {
		dy, d := k.read("dy", v), k.centred(v)
		k.VMULPS(k.rstd, d, d)
		k.VFMADD213PS(k.read("dgamma", v), dy, d)
		k.store(d, k.place("dgamma", v))
		k.VADDPS(k.read("dbeta", v), dy, dy)
		k.store(dy, k.place("dbeta", v))
	})
}
