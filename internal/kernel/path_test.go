package kernel

import (
	"slices"
	"testing"
)

func TestUseSwitchesAndRestores(t *testing.T) {
	before := Selected()
	for _, name := range Available() {
		restore, err := Use(name)
		if err != nil || Selected() != name {
			t.Errorf("Use(%q) gives %v and selects %q", name, err, Selected())
		}
		restore()
		if Selected() != before {
			t.Errorf("%q selected after restore, %q before", Selected(), before)
		}
	}
}

func TestUseNamesWhatThereIs(t *testing.T) {
	if _, err := Use("sse9"); err == nil {
		t.Error("no error for an unknown path")
	}
	if names := Available(); names[len(names)-1] != "go" {
		t.Errorf("paths are %v, the last should be go", names)
	}
	if !slices.Contains(Available(), Selected()) {
		t.Errorf("%q is selected but not available", Selected())
	}
}

func TestTheEnvironmentChoosesThePath(t *testing.T) {
	defer func(before *table) { active = before }(active)
	if err := useEnv("go"); err != nil || Selected() != "go" {
		t.Errorf("go: %v, selected %q", err, Selected())
	}
	if err := useEnv("neon"); err == nil || Selected() != "go" {
		t.Errorf("neon: error %v, selected %q", err, Selected())
	}
	if err := useEnv(""); err != nil {
		t.Errorf("unset: %v", err)
	}
}

// TestNoAllocation: the executor runs these in its inner loop.
func TestNoAllocation(t *testing.T) {
	const n, c = 14, 24
	g := Geometry{n, n, n, n, 3, 3, 1, 1, 1, 1}
	x, y, w, s := make([]float32, n*n*c), make([]float32, n*n*c), make([]float32, 9*c), make([]float32, c)
	packed := make([]float32, PackedLen(c, c))
	if got := testing.AllocsPerRun(10, func() {
		PackB(packed, w, 9, c, c)
		GemmPacked(y, c, x, c, packed, n*n, c, c, false)
		GemmTN(packed, c, x, c, y, c, n*n, c, 8, false)
		DepthwiseForward(y, x, w, g, c, 0, n)
		DepthwiseBackwardData(x, y, w, g, c, 0, n)
		ChannelSum(s, x, n*n, c)
		ChannelDot2(s, w, x, y, s, s, n*n, c)
		ChannelAffine(x, x, s, s, n*n, c)
		ChannelMoments(s, w, x, s, n*n, c)
		NormalizeActivate(y, x, s, s, n*n, c, Activation{Kind: SwishActivation})
		NormalizeActivateDot(s, y, x, s, s, n*n, c, Activation{Kind: ClipActivation, Hi: 6})
		NormalizeActivateBackwardSums(s, w, y, x, s, s, s, s, s, n*n, c, Activation{Kind: SwishActivation})
		Swish(y, x)
		GeluBackward(y, x, x)
		HardSwish(y, x, 1./6, 0.5)
		LayerNormBackward(y, x, x, s, n*n, c, 1e-5)
		Softmax(y, x, n*n, c)
		Axpy(y, 2, x)
		_ = SumSquares(x)
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
