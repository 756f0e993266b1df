package augment

import "melanoma/internal/pixel"

// CLAHE equalises the lightness of Grid x Grid tiles (contrast-limited:
// Zuiderveld 1994) in 8-bit Lab, as OpenCV does.
type CLAHE struct {
	plain
	ClipLimit float64 `json:"clip_limit"`
	Grid      int     `json:"grid"`
}

// HueSaturationValue shifts the channels of 8-bit HSV: hue in units of two
// degrees, modulo 180; saturation and value in levels, clipped. Results are
// truncated.
type HueSaturationValue struct {
	plain
	Hue float64 `json:"hue"`
	Sat float64 `json:"sat"`
	Val float64 `json:"val"`
}

// Name is the transform's name in records.
func (*CLAHE) Name() string { return "clahe" }

// Name is the transform's name in records.
func (*HueSaturationValue) Name() string { return "hue_saturation_value" }

func (a *CLAHE) check() error {
	return firstOf(within("clip_limit", a.ClipLimit, 0, 1e6), within("grid", float64(a.Grid), 1, 64))
}

func (h *HueSaturationValue) check() error {
	return firstOf(within("hue", h.Hue, -1e6, 1e6), within("sat", h.Sat, -1e6, 1e6), within("val", h.Val, -1e6, 1e6))
}

func (a *CLAHE) apply(c *canvas) { pixel.CLAHE(&c.work, c.picture(), a.ClipLimit, a.Grid) }

func (h *HueSaturationValue) apply(c *canvas) {
	pixel.ShiftHSV(&c.work, c.picture(), h.Hue, h.Sat, h.Val)
}

// CLAHEStep draws [CLAHE] of a clip limit uniform in [1, Clip).
type CLAHEStep struct {
	P    float64 `yaml:"p"`    // probability
	Clip float64 `yaml:"clip"` // largest clip limit, 1 or more
	Grid int     `yaml:"grid"` // tiles a side, 1 to 64
}

// HueSaturationValueStep draws [HueSaturationValue], each shift uniform in
// plus or minus its limit.
type HueSaturationValueStep struct {
	P   float64 `yaml:"p"`   // probability
	Hue float64 `yaml:"hue"` // in units of two degrees, 0 to 90
	Sat float64 `yaml:"sat"` // in levels, 0 to 255
	Val float64 `yaml:"val"` // in levels, 0 to 255
}

func (s *CLAHEStep) chance() float64              { return s.P }
func (s *HueSaturationValueStep) chance() float64 { return s.P }

func (s *CLAHEStep) check() error {
	return firstOf(limits("clip", s.Clip, 1, 1e6), limits("grid", float64(s.Grid), 1, 64))
}

func (s *HueSaturationValueStep) check() error {
	return firstOf(limits("hue", s.Hue, 0, 90), limits("sat", s.Sat, 0, 255), limits("val", s.Val, 0, 255))
}

func (s *CLAHEStep) prepare(env) drawer {
	op := &CLAHE{Grid: s.Grid}
	return func(r *stream, d *drawing) {
		op.ClipLimit = r.between(1, s.Clip)
		d.add(op)
	}
}

func (s *HueSaturationValueStep) prepare(env) drawer {
	op := new(HueSaturationValue)
	return func(r *stream, d *drawing) {
		op.Hue, op.Sat, op.Val = r.around(s.Hue), r.around(s.Sat), r.around(s.Val)
		d.add(op)
	}
}
