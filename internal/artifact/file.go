package artifact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"melanoma/internal/fault"
)

// atomicFile is a file that gets its name only when it is complete.
type atomicFile struct {
	path, temporary string
	file            *os.File
}

// TemporaryName returns the name under which path is written until it is
// complete.
func TemporaryName(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp")
}

func createAtomic(path string) (*atomicFile, error) {
	a := &atomicFile{path: path, temporary: TemporaryName(path)}
	var err error
	a.file, err = os.OpenFile(a.temporary, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, writeFault(path, err)
	}
	return a, nil
}

// commit syncs the file, gives it its name and syncs the folder.
func (a *atomicFile) commit() error {
	err := a.file.Sync()
	if e := a.file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(a.temporary, a.path)
	}
	if err != nil {
		os.Remove(a.temporary)
		return writeFault(a.path, err)
	}
	if err := SyncFolder(filepath.Dir(a.path)); err != nil {
		return writeFault(a.path, err)
	}
	return nil
}

// abort removes what was written; path stays as it was.
func (a *atomicFile) abort() {
	a.file.Close()
	os.Remove(a.temporary)
}

// SyncFolder makes renames in a folder durable. File systems that cannot sync
// a folder are left alone.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

// writeFault adds to a failed write what a user can do about it.
func writeFault(path string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		hint = "free some space on that disk, or choose another folder, then run the same command again"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		hint = "the folder cannot be written: change its permissions or choose another"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		hint = "the folder is not there: create it or choose another"
	}
	return fault.New(fault.KindOf(err), hint, "artifact: write %s: %w", path, err)
}

// WriteFile writes a file atomically: what write wrote gets the name path only
// when it is complete and on the disk. On any error, and on a panic of write,
// path is as it was before and the temporary file is gone; an error of the
// disk is a program fault that wraps its cause, an error of write's own is
// wrapped and keeps its kind.
func WriteFile(path string, write func(io.Writer) error) error {
	a, err := createAtomic(path)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			a.abort()
		}
	}()
	if err := write(a.file); err != nil {
		return writeFault(path, err)
	}
	done = true
	return a.commit()
}

// WriteJSON writes v as indented JSON with a trailing newline, atomically.
// Maps are written in the order of their keys.
func WriteJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("artifact: write %s: %w", path, err)
	}
	return WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
}

// HashFile returns the SHA-256 of a file's content in hexadecimal.
func HashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", readFault(path, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", readFault(path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// HashJSON returns the SHA-256 of v's JSON in hexadecimal. It panics if v
// has no JSON: what is hashed is the program's own choice.
func HashJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("artifact: hash: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// readFault classifies a failed read: a file that is not there or cannot be
// read is the user's to mend.
func readFault(path string, err error) error {
	hint := ""
	if errors.Is(err, fs.ErrNotExist) {
		hint = "run the stage that writes it"
	}
	return fault.New(fault.Input, hint, "artifact: read %s: %w", path, err)
}
