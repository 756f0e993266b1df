package augment

import "testing"

// skin is a smooth picture with a round dark spot in its middle.
func skin(size int) Image {
	im := NewImage(size, size)
	for y := range size {
		for x := range size {
			v := uint8(180 + 40*x/size - 30*y/size)
			if dx, dy := x-size/2, y-size/2; dx*dx+dy*dy < size*size/64 {
				v = 60
			}
			copy(im.Pix[3*(y*size+x):], []uint8{v, v - 30, v - 40})
		}
	}
	return im
}

// far counts the pixels of two pictures that are more than levels apart.
func far(a, b Image, levels int) int {
	n := 0
	for i := 0; i < len(a.Pix); i += 3 {
		for c := range 3 {
			if d := int(a.Pix[i+c]) - int(b.Pix[i+c]); d > levels || d < -levels {
				n++
				break
			}
		}
	}
	return n
}

// Hairs darken some pixels and lighten none but those of a dark lesion; the
// same seed draws the same.
func TestHairIsDarkAndThin(t *testing.T) {
	im := skin(256)
	for seed := range uint64(20) {
		op := &Hair{Strands: 6, Thickness: 2, Seed: seed}
		out := after(im, op)
		if !equal(out, after(im, op)) {
			t.Fatalf("seed %d draws twice differently", seed)
		}
		for i, v := range out.Pix {
			if v > max(im.Pix[i], 70) {
				t.Fatalf("seed %d lightens %d to %d", seed, im.Pix[i], v)
			}
		}
		// Six hairs of at most 0.9 diagonals and three pixels with their soft edges.
		if n := far(im, out, 10); n == 0 || n > 6*330*4 {
			t.Errorf("seed %d changes %d pixels", seed, n)
		}
	}
	if !equal(after(im, &Hair{Thickness: 3, Seed: 1}), im) {
		t.Error("no strands change the picture")
	}
}

// Hairs that were drawn are taken away again, and the lesion stays.
func TestHairRemovalTakesHairsAway(t *testing.T) {
	im := skin(256)
	removal := &HairRemoval{Length: 15, Threshold: 20}
	if n := far(im, after(im, removal), 0); n != 0 {
		t.Errorf("%d pixels of a picture without hairs change", n)
	}
	drawn, left := 0, 0
	for seed := range uint64(20) {
		hairy := after(im, &Hair{Strands: 6, Thickness: 2.5, Seed: seed})
		drawn += far(im, hairy, 15)
		left += far(im, after(hairy, removal), 15)
	}
	t.Logf("of %d pixels of hairs %d are left", drawn, left)
	if left > drawn/10 {
		t.Errorf("of %d pixels of hairs %d are left", drawn, left)
	}
}
