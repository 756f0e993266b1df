package onnx

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"melanoma/internal/mapped"
)

// External says where a tensor's bytes lie in a second file.
type External struct {
	Location  string // path below the model's folder
	Offset    int64  // in bytes
	Length    int64  // in bytes, if HasLength
	HasLength bool
}

// bytesEntry reads a number of bytes.
func (t *Tensor) bytesEntry(key, value string) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("the %s %q of its external data is no number of bytes", key, value)
	}
	return n, nil
}

// load returns the bytes of a tensor in a second file, which must lie in the
// model's own folder.
func (t *Tensor) load(size int) ([]byte, error) {
	x := t.External
	if !filepath.IsLocal(x.Location) {
		return nil, fmt.Errorf("tensor %s is stored in %q, outside of the model's folder", t.Name, x.Location)
	}
	if t.folder == nil {
		return nil, fmt.Errorf("tensor %s is stored in a second file, %s, but the model does not come from a folder", t.Name, x.Location)
	}
	if x.HasLength && x.Length != int64(size) {
		return nil, fmt.Errorf("tensor %s has %d bytes in %s, its shape %v needs %d", t.Name, x.Length, x.Location, t.Dims, size)
	}
	data, err := t.folder.file(x.Location)
	if err != nil {
		return nil, fmt.Errorf("tensor %s is stored in a second file, %s, which cannot be read: %w", t.Name, x.Location, err)
	}
	if x.Offset > int64(len(data)) || int64(size) > int64(len(data))-x.Offset {
		return nil, fmt.Errorf("tensor %s reaches beyond the end of %s", t.Name, x.Location)
	}
	end := x.Offset + int64(size)
	return data[x.Offset:end:end], nil
}

// folder is where a model lies, with the files beside it that are mapped.
type folder struct {
	path string

	mu     sync.Mutex
	mapped map[string]*mapped.File
}

// file maps a file of the folder, once.
func (f *folder) file(location string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if data, ok := f.mapped[location]; ok {
		return data.Bytes, nil
	}
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := mapped.OpenIn(root, location)
	if err != nil {
		return nil, err
	}
	f.mapped[location] = data
	return data.Bytes, nil
}
