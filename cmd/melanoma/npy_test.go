package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"melanoma/internal/fault"
)

func TestNPYRoundTrip(t *testing.T) {
	for _, want := range []*array{
		{shape: []int{2, 3}, data: []float32{1, -2.5, 3e-9, 4, 5, 6}},
		{shape: []int{4}, data: []float32{0, 1, 2, 3}},
		{shape: []int{1, 0, 3}, data: []float32{}},
	} {
		path := filepath.Join(t.TempDir(), "x.npy")
		if err := writeNPY(path, want); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil || (10+int(raw[8])+int(raw[9])<<8)%64 != 0 {
			t.Errorf("the header of %v does not end on 64 bytes: %v", want.shape, err)
		}
		got, err := readNPY(path)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.shape, want.shape) || !slices.Equal(got.data, want.data) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestNPYOfOtherTypes reads what numpy.save writes for float64, int64 and bool.
func TestNPYOfOtherTypes(t *testing.T) {
	header := func(descr string) string {
		h := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (2,), }"
		for len(h) < 117 {
			h += " "
		}
		return "\x93NUMPY\x01\x00\x76\x00" + h + "\n"
	}
	for descr, body := range map[string]string{
		"<f8": "\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x00\x00",
		"<i8": "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"|b1": "\x01\x00", "|u1": "\x01\x00", "<i4": "\x01\x00\x00\x00\x00\x00\x00\x00",
	} {
		path := filepath.Join(t.TempDir(), "x.npy")
		if err := os.WriteFile(path, []byte(header(descr)+body), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := readNPY(path)
		if err != nil || !slices.Equal(got.data, []float32{1, 0}) {
			t.Errorf("%s: %v, %v", descr, got, err)
		}
	}
}

func FuzzReadNPY(f *testing.F) {
	f.Add([]byte("\x93NUMPY\x01\x00\x10\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		path := filepath.Join(t.TempDir(), "x.npy")
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := readNPY(path); err != nil && fault.KindOf(err) != fault.Input {
			t.Error(err)
		}
	})
}
