package mapped

import (
	"bytes"
	"encoding/binary"
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

func TestFloat32sAreAViewWhereTheyCanBe(t *testing.T) {
	var b bytes.Buffer
	want := []float32{1.5, -2, 3e-8}
	if err := binary.Write(&b, binary.LittleEndian, want); err != nil {
		t.Fatal(err)
	}
	content := append(b.Bytes(), 0, 0, 0, 0)
	view, ok := Float32s(content[:12])
	if !ok || !slices.Equal(view, want) {
		t.Fatalf("view %v, ok %v", view, ok)
	}
	binary.LittleEndian.PutUint32(content, 0)
	if view[0] != 0 {
		t.Error("the view is a copy")
	}
	if _, ok := Float32s(content[1:13]); ok {
		t.Error("a view of numbers at an odd address")
	}
	if _, ok := Float32s(content[:11]); ok {
		t.Error("a view of two numbers and three quarters")
	}
	if view, ok := Float32s(content[:0]); !ok || len(view) != 0 {
		t.Error("no view of nothing")
	}
}
