package mapped

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func write(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWritingToAMappingLeavesTheFile(t *testing.T) {
	path := write(t, []byte("as it was"))
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(f.Bytes) != "as it was" {
		t.Fatalf("read %q", f.Bytes)
	}
	copy(f.Bytes, "no")
	if content, err := os.ReadFile(path); err != nil || string(content) != "as it was" {
		t.Errorf("the file holds %q, error %v", content, err)
	}
	for range 2 {
		if err := f.Close(); err != nil || f.Bytes != nil {
			t.Errorf("close: %v, bytes %q", err, f.Bytes)
		}
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !os.IsNotExist(err) {
		t.Errorf("absent file: %v", err)
	}
	f, err := Open(write(t, nil))
	if err != nil || len(f.Bytes) != 0 || f.Close() != nil {
		t.Errorf("empty file: %v", err)
	}
}

func TestNumbersAreAViewOfTheirBytes(t *testing.T) {
	want := []float32{1.5, -2, 3e-8}
	content := append(slices.Clone(Bytes(want)), 0, 0, 0, 0)
	view := View[float32](content[:12])
	if !slices.Equal(view, want) {
		t.Fatalf("view %v", view)
	}
	if content[3] = 0x7f; view[0] == want[0] && littleEndian {
		t.Error("the view is a copy")
	}
	odd := append([]byte{0}, Bytes(want)...)
	if got := View[float32](odd[1:]); !slices.Equal(got, want) {
		t.Errorf("at an odd address: %v", got)
	}
	if got := View[float32](content[:11]); len(got) != 2 {
		t.Errorf("two numbers and three quarters: %v", got)
	}
	if got := View[float32](nil); got == nil || len(got) != 0 {
		t.Errorf("nothing: %v", got)
	}
}

func TestEveryHalfPrecisionNumberIsWidenedExactly(t *testing.T) {
	for h := range 1 << 16 {
		exponent, fraction := h>>10&31, float64(h&0x3ff)
		want := math.Ldexp(1+fraction/1024, exponent-15)
		if exponent == 0 {
			want = math.Ldexp(fraction/1024, -14)
		}
		if exponent == 31 {
			want = math.Inf(1)
			if fraction > 0 {
				want = math.NaN()
			}
		}
		if h>>15 == 1 {
			want = -want
		}
		got := float64(Half(uint16(h)))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != math.Signbit(want) && !math.IsNaN(want) {
			t.Fatalf("%04x is %v, want %v", h, got, want)
		}
	}
}

func TestBrainNumbersAreTheUpperHalves(t *testing.T) {
	for bits, want := range map[uint16]float32{0x3f80: 1, 0xc040: -3, 0x7f80: float32(math.Inf(1))} {
		if got := Brain(bits); got != want {
			t.Errorf("bfloat16 %04x is %g, want %g", bits, got, want)
		}
	}
}
