package artifact

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"melanoma/internal/fault"
)

// only fails unless the folder holds just these names.
func only(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if len(got) != len(names) {
		t.Fatalf("the folder holds %q, not %q", got, names)
	}
	for i := range got {
		if got[i] != names[i] {
			t.Fatalf("the folder holds %q, not %q", got, names)
		}
	}
}

func TestWriteFileReplacesAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	for _, content := range []string{"long first content", "second"} {
		if err := WriteFile(path, func(w io.Writer) error { _, err := io.WriteString(w, content); return err }); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != content {
			t.Errorf("%q, want %q", got, content)
		}
	}
	only(t, filepath.Dir(path), "a.txt")
}

func TestAFailedWriteLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	mine := fault.New(fault.Input, "my hint", "row 3 is odd")
	err := WriteFile(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half of the"); err != nil {
			return err
		}
		return mine
	})
	if !errors.Is(err, mine) || fault.KindOf(err) != fault.Input || fault.HintOf(err) != "my hint" {
		t.Errorf("error %v, kind %v, hint %q", err, fault.KindOf(err), fault.HintOf(err))
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("the file holds %q", got)
	}
	only(t, filepath.Dir(path), "a.txt")
}

func TestAPanicLeavesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	func() {
		defer func() { recover() }()
		WriteFile(path, func(io.Writer) error { panic("a mistake") })
	}()
	only(t, filepath.Dir(path))
}

// TestAFullDiskIsSaid writes through a temporary file that is a link to the
// device that is always full.
func TestAFullDiskIsSaid(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("needs /dev/full")
	}
	for name, write := range map[string]func(path string) error{
		"a table": func(path string) error { return Write(path, sample(5000, 1)) },
		"JSON":    func(path string) error { return WriteJSON(path, map[string]int{"a": 1}) },
		"batches": func(path string) error {
			like := sample(0, 0)
			w, err := Create(path, like.Meta, like)
			if err != nil {
				return err
			}
			defer w.Abort()
			for range 3 {
				if err := w.Append(sample(2000, 1)); err != nil {
					return err
				}
			}
			return w.Commit()
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.arrow")
			if err := os.Symlink("/dev/full", TemporaryName(path)); err != nil {
				t.Skip("needs symbolic links")
			}
			err := write(path)
			if !errors.Is(err, syscall.ENOSPC) || fault.KindOf(err) != fault.Program || fault.HintOf(err) == "" {
				t.Errorf("error %v, kind %v, hint %q", err, fault.KindOf(err), fault.HintOf(err))
			}
			only(t, filepath.Dir(path))
		})
	}
}

func TestAnUnwritableFolderIsSaid(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{"no folder": filepath.Join(dir, "absent", "a.arrow"), "a file as folder": filepath.Join(file, "a.arrow")}
	if os.Geteuid() != 0 { // root may write anywhere
		closed := filepath.Join(dir, "closed")
		if err := os.Mkdir(closed, 0o555); err != nil {
			t.Fatal(err)
		}
		paths["a folder without permission"] = filepath.Join(closed, "a.arrow")
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			err := Write(path, sample(1, 1))
			if err == nil || fault.KindOf(err) != fault.Program || fault.HintOf(err) == "" {
				t.Errorf("error %v, kind %v, hint %q", err, fault.KindOf(err), fault.HintOf(err))
			}
		})
	}
}

func TestJSONIsSortedAndEndsInANewline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := WriteJSON(path, map[string]int{"b": 2, "a": 1}); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "{\n  \"a\": 1,\n  \"b\": 2\n}\n" {
		t.Errorf("%q", got)
	}
}

func TestHashes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "abc")
	if err := os.WriteFile(path, []byte("abc"), 0o644); err != nil {
		t.Fatal(err)
	}
	// FIPS 180-2, appendix B.1
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got, err := HashFile(path); err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := HashFile(path + "d"); fault.KindOf(err) != fault.Input {
		t.Errorf("a missing file: %v", err)
	}
	if HashJSON(map[string]int{"a": 1, "b": 2}) != HashJSON(map[string]int{"b": 2, "a": 1}) {
		t.Error("the order of a map changes its hash")
	}
}
