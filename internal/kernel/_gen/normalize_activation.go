package main

// activation is a function of z within a normalizeKernel.
type activation struct {
	name    string
	meaning string
	prepare func(e *emitter)
	value   func(s *site, z vec) vec        // act(z), in z
	back    func(s *site, g func() vec) vec // g()*act'(z)
}

// activations lists them in the order of kernel.Kind.
func activations() []activation {
	return []activation{identityActivation(), swishActivation(), clipActivation()}
}

func identityActivation() activation {
	return activation{
		name:    "Identity",
		meaning: "act(z) = z",
		prepare: func(*emitter) {},
		value:   func(_ *site, z vec) vec { return z },
		back:    func(_ *site, g func() vec) vec { return g() },
	}
}

func swishActivation() activation {
	var k sigmoid
	return activation{
		name:    "Swish",
		meaning: "act(z) = z / (1 + exp(-z))",
		prepare: k.prepare,
		value: func(s *site, z vec) vec {
			s.VDIVPS(k.denominator(s.emitter, z), z, z)
			return z
		},
		back: func(s *site, g func() vec) vec {
			z := s.z()
			p := k.denominator(s.emitter, z)
			s.VDIVPS(p, k.one, p)
			q := s.vec()
			s.VSUBPS(p, k.one, q)
			s.VFMADD213PS(k.one, z, q)
			dz := g()
			s.VMULPS(p, dz, dz) // beside the computation of q
			s.VMULPS(q, dz, dz)
			return dz
		},
	}
}

func clipActivation() activation {
	limits := make([]vec, 2)
	return activation{
		name:    "Clip",
		meaning: "act(z) = min(max(z, lo), hi)",
		prepare: func(e *emitter) {
			for i, name := range []string{"lo", "hi"} {
				limits[i] = e.vec()
				e.VBROADCASTSS(e.frame(name), limits[i])
			}
		},
		value: func(s *site, z vec) vec {
			s.VMAXPS(z, limits[0], z) // a NaN wins where it is the first operand
			s.VMINPS(z, limits[1], z)
			return z
		},
		back: func(s *site, g func() vec) vec {
			z := s.z()
			return clipBackward(s.emitter, []vec{g(), z}, limits)
		},
	}
}
