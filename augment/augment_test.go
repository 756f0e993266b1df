package augment

import (
	"bytes"
	"hash/crc32"
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

// after applies transforms one by one, each to a whole picture.
func after(im Image, ops ...Op) Image {
	for _, op := range ops {
		im = Draw{Ops: []Op{op}}.Image(im)
	}
	return im
}

func TestOrientationsMovePixels(t *testing.T) {
	im := noise(7, 4, 1)
	transposed, vertical, horizontal := after(im, &Transpose{}), after(im, &VerticalFlip{}), after(im, &HorizontalFlip{})
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

// Orientations and tables are gathered before they are carried out, at the
// start of a record and in its middle: any sequence gives the pixels of its
// single steps.
func TestGatheredStepsEqualSingleSteps(t *testing.T) {
	choices := []Op{&Transpose{}, &VerticalFlip{}, &HorizontalFlip{}, &Brightness{Beta: 0.1}, &Contrast{Alpha: 0.8},
		&Tone{Gain: 1.1, Shift: -0.05}, &Solarize{Threshold: 100}, &Posterize{Bits: 3}, &MedianBlur{KSize: 3}, &Cutout{Hole: 4, CentreX: 5, CentreY: 2}}
	for i := range uint64(300) {
		r := stream{key: rng.Key(i, "sequence")}
		ops := make([]Op, r.below(9))
		for j := range ops {
			ops[j] = choices[r.below(len(choices))]
		}
		im := noise(5+r.below(9), 5+r.below(9), i)
		if got, want := (Draw{Ops: ops}).Image(im), after(im, ops...); !equal(got, want) {
			t.Fatalf("%v in one go differs from its single steps", describe(ops))
		}
	}
}

func describe(ops []Op) []string {
	out := make([]string, len(ops))
	for i, op := range ops {
		out[i] = Describe(op)
	}
	return out
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
		table := toneTable(test.gain, test.shift)
		if got := table[test.in]; got != test.want {
			t.Errorf("level %d at gain %g, shift %g: %d, want %d", test.in, test.gain, test.shift, got, test.want)
		}
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
		table := toneTable(test.gain, test.shift)
		if got := crc32.ChecksumIEEE(table[:]); got != test.crc {
			t.Errorf("gain %g, shift %g: table has CRC %#x, want %#x", test.gain, test.shift, got, test.crc)
		}
	}
}
