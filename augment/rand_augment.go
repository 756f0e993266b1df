package augment

// RandAugmentStep runs N of a list of thirteen operations at magnitude M
// (Cubuk, Zoph, Shlens, Le 2020): each of the N is drawn on its own, so that
// one may come twice. Directions are drawn as well: what turns or moves goes
// either way.
//
// Of the paper's fourteen, shear and sharpness have no counterpart here;
// autocontrast and equalize are CLAHE, color is a shift of saturation, and
// scale, hue and blur are added. At M = 10 they reach as far as in the paper:
// 30 degrees, 45% of the side, factors of 1.9 and 0.1, all levels solarized,
// 4 bits.
type RandAugmentStep struct {
	P float64 `yaml:"p"` // probability
	N int     `yaml:"n"` // operations, 1 to 8
	M float64 `yaml:"m"` // magnitude, 0 to 10
}

func (s *RandAugmentStep) chance() float64 { return s.P }

func (s *RandAugmentStep) check() error {
	return firstOf(limits("n", float64(s.N), 1, 8), limits("m", s.M, 0, 10))
}

func (s *RandAugmentStep) prepare(env) drawer {
	slots := make([]randAugmentSlot, s.N)
	return func(r *stream, d *drawing) {
		for i := range slots {
			if op := slots[i].draw(r, s.M/10); op != nil {
				d.add(op)
			}
		}
	}
}

// randAugmentSlot holds one operation of each kind.
type randAugmentSlot struct {
	affine     ShiftScaleRotate
	brightness Contrast // PIL's brightness is a gain about black
	contrast   Tone
	colour     HueSaturationValue
	equalize   CLAHE
	posterize  Posterize
	solarize   Solarize
	blur       GaussianBlur
}

// randAugmentKinds is the number of operations to choose from.
const randAugmentKinds = 13

// draw returns one operation of magnitude m in [0, 1]; nil is the identity.
func (o *randAugmentSlot) draw(r *stream, m float64) Op {
	which, sign := r.below(randAugmentKinds), 1.0
	if r.unit() < 0.5 {
		sign = -1
	}
	o.affine = ShiftScaleRotate{Scale: 1}
	o.colour = HueSaturationValue{}
	switch which {
	case 0:
		o.affine.Angle = sign * 30 * m
		return &o.affine
	case 1:
		o.affine.DX = sign * 0.45 * m
		return &o.affine
	case 2:
		o.affine.DY = sign * 0.45 * m
		return &o.affine
	case 3:
		o.affine.Scale = 1 + sign*0.5*m
		return &o.affine
	case 4:
		o.brightness.Alpha = 1 + sign*0.9*m
		return &o.brightness
	case 5: // about the middle of the scale
		gain := 1 + sign*0.9*m
		o.contrast.Gain, o.contrast.Shift = gain, (1-gain)/2
		return &o.contrast
	case 6:
		o.colour.Sat = sign * 90 * m
		return &o.colour
	case 7:
		o.colour.Hue = sign * 18 * m
		return &o.colour
	case 8:
		o.equalize.ClipLimit, o.equalize.Grid = 1+3*m, 8
		return &o.equalize
	case 9:
		o.posterize.Bits = 8 - int(4*m+0.5)
		return &o.posterize
	case 10:
		o.solarize.Threshold = 256 - int(256*m+0.5)
		return &o.solarize
	case 11:
		o.blur.KSize = 3
		if m > 0.5 {
			o.blur.KSize = 5
		}
		return &o.blur
	}
	return nil
}
