package augment

import "math/rand/v2"

// Draw is what one picture gets: the recorded outcome of all random choices.
// The zero value changes nothing.
type Draw struct {
	Transpose          bool  `json:"transpose,omitempty"`
	VerticalFlip       bool  `json:"vertical_flip,omitempty"`
	HorizontalFlip     bool  `json:"horizontal_flip,omitempty"`
	BrightnessContrast *Tone `json:"brightness_contrast,omitempty"` // nil: skipped
}

// Tone is a change of grey levels: v becomes v*Gain + 255*Shift.
type Tone struct {
	Gain  float64 `json:"gain"`
	Shift float64 `json:"shift"`
}

// Draw draws the parameters of one picture. It takes six numbers from r: the
// gates of transpose, vertical flip, horizontal flip and brightness and
// contrast (a step runs if its number is below its probability), then gain and
// shift.
func (c Config) Draw(r *rand.Rand) Draw {
	d := Draw{
		Transpose:      r.Float64() < c.Transpose,
		VerticalFlip:   r.Float64() < c.VerticalFlip,
		HorizontalFlip: r.Float64() < c.HorizontalFlip,
	}
	b := c.BrightnessContrast
	gate, gain, shift := r.Float64(), r.Float64(), r.Float64()
	if gate < b.P {
		d.BrightnessContrast = &Tone{
			Gain:  1 + b.Contrast*(2*gain-1),
			Shift: b.Brightness * (2*shift - 1),
		}
	}
	return d
}

// Apply returns the picture after the draw's steps, in the package's order.
// The result shares no memory with im; width and height change places if the
// draw transposes.
func (d Draw) Apply(im Image) Image {
	im.check()
	out := im
	if d.Transpose {
		out = Transpose(out)
	}
	if d.VerticalFlip {
		out = FlipVertical(out)
	}
	if d.HorizontalFlip {
		out = FlipHorizontal(out)
	}
	if !d.Transpose && !d.VerticalFlip && !d.HorizontalFlip {
		out = im.clone()
	}
	if d.BrightnessContrast != nil {
		table := d.BrightnessContrast.table()
		for i, v := range out.Pix {
			out.Pix[i] = table[v]
		}
	}
	return out
}

// table computes v*gain + 255*shift in float32 with a rounding after each
// operation, clips to [0, 255] and truncates, as NumPy does when a float32
// result is assigned to a uint8 array.
func (t Tone) table() [256]uint8 {
	var table [256]uint8
	gain, shift := float32(t.Gain), float32(255*t.Shift)
	for v := range table {
		scaled := float32(float32(v) * gain)
		table[v] = uint8(min(max(scaled+shift, 0), 255))
	}
	return table
}
