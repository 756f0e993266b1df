package rng

import (
	"math"
	"testing"
)

func TestKeyDependsOnOrderAndBoundaries(t *testing.T) {
	keys := map[uint64]string{}
	for name, k := range map[string]uint64{
		"a,b":   Key(1, "a", "b"),
		"b,a":   Key(1, "b", "a"),
		"ab":    Key(1, "ab"),
		"ab,''": Key(1, "ab", ""),
		"seed":  Key(2, "a", "b"),
		"int":   Key(1, 7),
		"none":  Key(1),
	} {
		if other, ok := keys[k]; ok {
			t.Errorf("labels %s and %s give the same key", name, other)
		}
		keys[k] = name
	}
}

func TestKeyIsStable(t *testing.T) {
	// A changed value would silently change every run made before.
	if got := Key(1, "augment", 3, "ISIC_0052060"); got != 0x22f327bf30b7dfe4 {
		t.Errorf("Key = %#x", got)
	}
}

func TestNormalIsIndependentOfTheCut(t *testing.T) {
	whole := make([]float32, 101)
	Normal(whole, 42, 0)
	for cut := 0; cut <= len(whole); cut++ {
		parts := make([]float32, len(whole))
		Normal(parts[:cut], 42, 0)
		Normal(parts[cut:], 42, uint64(cut))
		for i := range whole {
			if whole[i] != parts[i] {
				t.Fatalf("cut at %d: element %d is %v, want %v", cut, i, parts[i], whole[i])
			}
		}
	}
}

func TestNormalMoments(t *testing.T) {
	const n = 200_000
	x := make([]float32, n)
	Normal(x, Key(7, "moments"), 0)
	var m1, m2, m4 float64
	for _, v := range x {
		f := float64(v)
		m1 += f
		m2 += f * f
		m4 += f * f * f * f
	}
	m1, m2, m4 = m1/n, m2/n, m4/n
	// Five standard errors of each moment of a standard normal.
	if math.Abs(m1) > 5/math.Sqrt(n) || math.Abs(m2-1) > 5*math.Sqrt(2/float64(n)) || math.Abs(m4-3) > 5*math.Sqrt(96/float64(n)) {
		t.Errorf("moments %v %v %v, want 0 1 3", m1, m2, m4)
	}
}
