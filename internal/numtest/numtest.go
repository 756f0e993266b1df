// Package numtest holds what numerical tests share: where reference files
// lie and how two vectors are compared. Only tests may import it.
//
// Environment: MELANOMA_SHARED names the folder with reference data (default:
// ../shared beside the module's root), MELANOMA_GOLDEN the folder with golden
// files (default: golden in it). With MELANOMA_REQUIRE_GOLDEN=1 a missing
// file fails the test instead of skipping it.
package numtest

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

// Root returns the folder that holds go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("numtest: no go.mod above the test")
		}
		dir = parent
	}
}

// Shared returns the path of a file or folder of the reference data, and
// skips the test where it is absent.
func Shared(t testing.TB, name string) string {
	t.Helper()
	return present(t, filepath.Join(sharedFolder(t), filepath.FromSlash(name)), "../shared/"+name)
}

func sharedFolder(t testing.TB) string {
	if dir := os.Getenv("MELANOMA_SHARED"); dir != "" {
		return dir
	}
	return filepath.Join(Root(t), "..", "shared")
}

// Golden returns the path of a golden file: in the golden folder if that is
// there, else a copy under its base name in the test's own testdata or in that
// of the package of the same name; it skips the test where all are absent.
func Golden(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("MELANOMA_GOLDEN")
	if dir == "" {
		dir = filepath.Join(sharedFolder(t), "golden")
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	copied := filepath.Join("testdata", filepath.Base(path))
	if _, err := os.Stat(copied); err != nil {
		copied = filepath.Join(Root(t), filepath.Dir(filepath.FromSlash(name)), copied)
	}
	return present(t, copied, "../shared/golden/"+name)
}

func present(t testing.TB, path, what string) string {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("MELANOMA_REQUIRE_GOLDEN") == "1" {
			t.Fatalf("needs %s, which is required here: %v", what, err)
		}
		t.Skipf("needs %s", what)
	}
	return path
}

// Float is a floating-point type.
type Float interface{ ~float32 | ~float64 }

// MaxRelative returns the largest |got-want| over the largest |want|, and
// infinity where lengths differ or a value is not a number.
func MaxRelative[A, B Float](got []A, want []B) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var diff, scale float64
	for i := range got {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		diff = max(diff, d)
		scale = max(scale, math.Abs(float64(want[i])))
	}
	if scale == 0 {
		return diff
	}
	return diff / scale
}
