package augment

// Brightness adds Beta of the full scale to every level: v + 255*Beta, clipped
// and truncated.
type Brightness struct {
	plain
	Beta float64 `json:"beta"`
}

// Contrast multiplies every level by Alpha, clipped and truncated: a gain
// about black, as RandomContrast of albumentations 0.4.6 is.
type Contrast struct {
	plain
	Alpha float64 `json:"alpha"`
}

// Tone is gain and shift with one rounding: v*Gain + 255*Shift, clipped and
// truncated.
type Tone struct {
	plain
	Gain  float64 `json:"gain"`
	Shift float64 `json:"shift"`
}

// Solarize inverts the levels from Threshold on (Cubuk et al. 2019).
type Solarize struct {
	plain
	Threshold int `json:"threshold"` // 0 to 256
}

// Posterize keeps the Bits highest bits of every level (Cubuk et al. 2019).
type Posterize struct {
	plain
	Bits int `json:"bits"` // 1 to 8
}

// Name is the transform's name in records.
func (*Brightness) Name() string { return "random_brightness" }

// Name is the transform's name in records.
func (*Contrast) Name() string { return "random_contrast" }

// Name is the transform's name in records.
func (*Tone) Name() string { return "brightness_contrast" }

// Name is the transform's name in records.
func (*Solarize) Name() string { return "solarize" }

// Name is the transform's name in records.
func (*Posterize) Name() string { return "posterize" }

func (b *Brightness) check() error { return within("beta", b.Beta, -1e6, 1e6) }
func (b *Contrast) check() error   { return within("alpha", b.Alpha, -1e6, 1e6) }
func (s *Solarize) check() error   { return within("threshold", float64(s.Threshold), 0, 256) }
func (p *Posterize) check() error  { return within("bits", float64(p.Bits), 1, 8) }
func (t *Tone) check() error {
	if err := within("gain", t.Gain, -1e6, 1e6); err != nil {
		return err
	}
	return within("shift", t.Shift, -1e6, 1e6)
}

func (b *Brightness) apply(c *canvas) { applyTone(c, 1, b.Beta) }
func (b *Contrast) apply(c *canvas)   { applyTone(c, b.Alpha, 0) }
func (t *Tone) apply(c *canvas)       { applyTone(c, t.Gain, t.Shift) }

func applyTone(c *canvas, gain, shift float64) {
	table := toneTable(gain, shift)
	c.tone(&table)
}

// toneTable computes v*gain + 255*shift in float32 with a rounding after each
// operation, clips to [0, 255] and truncates, as NumPy does when a float32
// result is assigned to a uint8 array.
func toneTable(gain, shift float64) (table [256]uint8) {
	g, s := float32(gain), float32(255*shift)
	for v := range table {
		scaled := float32(float32(v) * g)
		table[v] = uint8(min(max(scaled+s, 0), 255))
	}
	return table
}

func (s *Solarize) apply(c *canvas) {
	var table [256]uint8
	for v := range table {
		table[v] = uint8(v)
		if v >= s.Threshold {
			table[v] = uint8(255 - v)
		}
	}
	c.tone(&table)
}

func (p *Posterize) apply(c *canvas) {
	var table [256]uint8
	for v := range table {
		table[v] = uint8(v) &^ (1<<(8-p.Bits) - 1)
	}
	c.tone(&table)
}

// BrightnessStep draws [Brightness], uniform in +-Limit (RandomBrightness).
type BrightnessStep struct {
	P     float64 `yaml:"p"`     // probability
	Limit float64 `yaml:"limit"` // of the full scale, in [0, 1]
}

// ContrastStep draws [Contrast], uniform in 1+-Limit (RandomContrast).
type ContrastStep struct {
	P     float64 `yaml:"p"`     // probability
	Limit float64 `yaml:"limit"` // in [0, 1]
}

// BrightnessContrastStep draws [Tone]: a gain uniform in 1+-Contrast and a
// shift uniform in +-Brightness.
type BrightnessContrastStep struct {
	P          float64 `yaml:"p"`          // probability
	Brightness float64 `yaml:"brightness"` // largest shift, as a share of the full scale; in [0, 1]
	Contrast   float64 `yaml:"contrast"`   // largest change of the gain; in [0, 1]
}

func (s *BrightnessStep) chance() float64         { return s.P }
func (s *ContrastStep) chance() float64           { return s.P }
func (s *BrightnessContrastStep) chance() float64 { return s.P }

func (s *BrightnessStep) check() error { return share("limit", s.Limit) }
func (s *ContrastStep) check() error   { return share("limit", s.Limit) }
func (s *BrightnessContrastStep) check() error {
	return firstOf(share("brightness", s.Brightness), share("contrast", s.Contrast))
}

func (s *BrightnessStep) prepare(env) drawer {
	op := new(Brightness)
	return func(r *stream, d *drawing) {
		op.Beta = r.around(s.Limit)
		d.add(op)
	}
}

func (s *ContrastStep) prepare(env) drawer {
	op := new(Contrast)
	return func(r *stream, d *drawing) {
		op.Alpha = 1 + r.around(s.Limit)
		d.add(op)
	}
}

func (s *BrightnessContrastStep) prepare(env) drawer {
	op := new(Tone)
	return func(r *stream, d *drawing) {
		op.Gain, op.Shift = 1+r.around(s.Contrast), r.around(s.Brightness)
		d.add(op)
	}
}
