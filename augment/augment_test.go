package augment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"testing"

	"melanoma/internal/rng"
)

// noise returns a picture of independent random bytes.
func noise(width, height int, key uint64) Image {
	im := NewImage(width, height)
	for i := range im.Pix {
		im.Pix[i] = uint8(256 * rng.Uniform(key, uint64(i)))
	}
	return im
}

func equal(a, b Image) bool {
	return a.Width == b.Width && a.Height == b.Height && bytes.Equal(a.Pix, b.Pix)
}

func at(im Image, x, y int) [3]uint8 { return [3]uint8(im.Pix[3*(y*im.Width+x):]) }

func TestOrientationsMovePixels(t *testing.T) {
	im := noise(7, 4, 1)
	transposed, vertical, horizontal := Transpose(im), FlipVertical(im), FlipHorizontal(im)
	if transposed.Width != 4 || transposed.Height != 7 {
		t.Fatalf("transposed to %dx%d", transposed.Width, transposed.Height)
	}
	for y := range im.Height {
		for x := range im.Width {
			want := at(im, x, y)
			if at(transposed, y, x) != want || at(vertical, x, 3-y) != want || at(horizontal, 6-x, y) != want {
				t.Fatalf("pixel (%d, %d) is not where it belongs", x, y)
			}
		}
	}
}

func TestOrientationsTwiceAreTheIdentity(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {5, 3}, {8, 8}, {17, 64}} {
		im := noise(size[0], size[1], 2)
		for name, f := range map[string]func(Image) Image{"transpose": Transpose, "vertical": FlipVertical, "horizontal": FlipHorizontal} {
			if !equal(f(f(im)), im) {
				t.Errorf("%s twice changes a picture of %v", name, size)
			}
		}
	}
}

func TestApplyLeavesTheInputAlone(t *testing.T) {
	im := noise(6, 9, 3)
	before := im.clone()
	for i := range uint64(64) {
		out := Default().Draw(rng.New(i)).Apply(im)
		for j := range out.Pix {
			out.Pix[j] = 0
		}
		if !equal(im, before) {
			t.Fatalf("draw %d shares memory with its input", i)
		}
	}
}

// The draw's steps run in the documented order.
func TestApplyRunsTheStepsInOrder(t *testing.T) {
	im := noise(6, 9, 4)
	tone := &Tone{Gain: 1.1, Shift: -0.05}
	got := Draw{Transpose: true, VerticalFlip: true, BrightnessContrast: tone}.Apply(im)
	want := FlipVertical(Transpose(im))
	table := tone.table()
	for i, v := range want.Pix {
		want.Pix[i] = table[v]
	}
	if !equal(got, want) {
		t.Error("transpose, vertical flip and tone do not give the picture of the single steps")
	}
	if equal(got, Draw{HorizontalFlip: true, Transpose: true, BrightnessContrast: tone}.Apply(im)) {
		t.Error("both flips give the same picture")
	}
}

// Levels computed by hand from v*gain + 255*shift, clipped and truncated.
func TestToneClipsAndTruncates(t *testing.T) {
	for _, test := range []struct {
		gain, shift float64
		in, want    uint8
	}{
		{1, 0, 137, 137},
		{1.2, 0, 3, 3},         // 3.6
		{0.8, 0, 4, 3},         // 3.2
		{1, 0.1, 100, 125},     // 125.5
		{1, -0.1, 100, 74},     // 74.5
		{1.2, 0.2, 255, 255},   // 357
		{0.8, -0.2, 60, 0},     // -3
		{0.8, -0.2, 65, 1},     // 1
		{1.1, -0.05, 200, 207}, // 207.25
	} {
		table := Tone{Gain: test.gain, Shift: test.shift}.table()
		if got := table[test.in]; got != test.want {
			t.Errorf("level %d at gain %g, shift %g: %d, want %d", test.in, test.gain, test.shift, got, test.want)
		}
	}
}

func TestDrawsReplayFromJSON(t *testing.T) {
	im := noise(12, 10, 5)
	for i := range uint64(200) {
		d := Default().Draw(rng.New(rng.Key(9, "augment", i)))
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var again Draw
		if err := json.Unmarshal(raw, &again); err != nil {
			t.Fatal(err)
		}
		if !equal(d.Apply(im), again.Apply(im)) {
			t.Fatalf("draw %s does not replay", raw)
		}
	}
}

// Rates over 20,000 keyed draws lie within 4.5 standard errors; gain and shift
// have the range, mean and variance of their uniform distribution.
func TestDrawingRates(t *testing.T) {
	const n = 20000
	c := Config{Transpose: 0.1, VerticalFlip: 0.5, HorizontalFlip: 0.9, BrightnessContrast: BrightnessContrast{P: 0.75, Brightness: 0.2, Contrast: 0.3}}
	var counts [4]float64
	var gains, shifts []float64
	for i := range n {
		d := c.Draw(rng.New(rng.Key(3, "augment", i)))
		for j, on := range []bool{d.Transpose, d.VerticalFlip, d.HorizontalFlip, d.BrightnessContrast != nil} {
			if on {
				counts[j]++
			}
		}
		if d.BrightnessContrast != nil {
			gains = append(gains, d.BrightnessContrast.Gain-1)
			shifts = append(shifts, d.BrightnessContrast.Shift)
		}
	}
	for j, p := range []float64{0.1, 0.5, 0.9, 0.75} {
		if bound := 4.5 * math.Sqrt(p*(1-p)/n); math.Abs(counts[j]/n-p) > bound {
			t.Errorf("step %d runs at rate %.4f, want %g +- %.4f", j, counts[j]/n, p, bound)
		}
	}
	checkUniform(t, "gain", gains, 0.3)
	checkUniform(t, "shift", shifts, 0.2)
}

func checkUniform(t *testing.T, name string, values []float64, limit float64) {
	t.Helper()
	var sum, square float64
	for _, v := range values {
		if v < -limit || v >= limit {
			t.Fatalf("%s %g is outside +-%g", name, v, limit)
		}
		sum += v
		square += v * v
	}
	n := float64(len(values))
	variance := limit * limit / 3
	if math.Abs(sum/n) > 4.5*math.Sqrt(variance/n) {
		t.Errorf("%s has mean %g", name, sum/n)
	}
	if sd := limit * limit * math.Sqrt(4.0/45/n); math.Abs(square/n-variance) > 4.5*sd {
		t.Errorf("%s has mean square %g, want %g", name, square/n, variance)
	}
}

// By default every symmetry of the square is equally likely.
func TestDefaultReachesEverySymmetryEqually(t *testing.T) {
	const n = 16000
	im := noise(3, 3, 6)
	counts := map[string]float64{}
	for i := range n {
		d := Default().Draw(rng.New(rng.Key(4, "augment", i)))
		d.BrightnessContrast = nil
		counts[string(d.Apply(im).Pix)]++
	}
	if len(counts) != 8 {
		t.Fatalf("%d symmetries, want 8", len(counts))
	}
	var chi2 float64
	for _, c := range counts {
		chi2 += (c - n/8) * (c - n/8) / (n / 8)
	}
	if chi2 > 24.3 { // the 99.9th percentile at 7 degrees of freedom
		t.Errorf("chi-square %g of the symmetries' counts %v", chi2, counts)
	}
}

func TestOneProbabilityDoesNotMoveOtherDraws(t *testing.T) {
	for i := range uint64(100) {
		c := Default()
		a := c.Draw(rng.New(i))
		c.Transpose = 1 - c.Transpose/2
		c.HorizontalFlip = 0
		b := c.Draw(rng.New(i))
		if a.VerticalFlip != b.VerticalFlip || fmt.Sprint(a.BrightnessContrast == nil) != fmt.Sprint(b.BrightnessContrast == nil) ||
			a.BrightnessContrast != nil && *a.BrightnessContrast != *b.BrightnessContrast {
			t.Fatalf("key %d: %+v became %+v", i, a, b)
		}
	}
}

func TestNoneChangesNothing(t *testing.T) {
	im := noise(5, 6, 7)
	for i := range uint64(50) {
		if d := None().Draw(rng.New(i)); d != (Draw{}) || !equal(d.Apply(im), im) {
			t.Fatalf("key %d draws %+v", i, d)
		}
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	for key, change := range map[string]func(*Config){
		"transpose":                      func(c *Config) { c.Transpose = 1.5 },
		"vertical_flip":                  func(c *Config) { c.VerticalFlip = -0.1 },
		"horizontal_flip":                func(c *Config) { c.HorizontalFlip = math.NaN() },
		"brightness_contrast.p":          func(c *Config) { c.BrightnessContrast.P = 2 },
		"brightness_contrast.brightness": func(c *Config) { c.BrightnessContrast.Brightness = -1 },
		"brightness_contrast.contrast":   func(c *Config) { c.BrightnessContrast.Contrast = math.Inf(1) },
	} {
		c := Default()
		change(&c)
		var wrong *ConfigError
		if err := c.Validate(); !errors.As(err, &wrong) || wrong.Key != key || wrong.Hint() == "" {
			t.Errorf("%s: %v", key, err)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

// CRC-32 of the tables that NumPy 2.4.6 computes for
// np.clip(a.astype('f4')*gain + 255*shift, 0, 255) assigned to a uint8 array,
// a = 0..255.
func TestToneEqualsNumPy(t *testing.T) {
	for _, test := range []struct {
		gain, shift float64
		crc         uint32
	}{
		{1.2, 0.2, 0x399d1fbe},
		{0.8, -0.2, 0xfb78eec8},
		{1.0321456789, -0.0712345, 0xb94fefbc},
		{0.87654321, 0.154321, 0xa015c02a},
		{1.1, -0.1, 0x1c1742a1},
	} {
		table := Tone{Gain: test.gain, Shift: test.shift}.table()
		if got := crc32.ChecksumIEEE(table[:]); got != test.crc {
			t.Errorf("gain %g, shift %g: table has CRC %#x, want %#x", test.gain, test.shift, got, test.crc)
		}
	}
}
