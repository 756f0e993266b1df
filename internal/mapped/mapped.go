package mapped

import (
	"fmt"
	"os"
)

// File is the content of a file.
type File struct {
	Bytes   []byte
	release func() error
}

// Open maps a regular file. The error is the system's, or says that the path
// is no regular file: reading a pipe or a device might never end.
func Open(path string) (*File, error) {
	return open(path, os.Stat, os.Open)
}

// OpenIn maps a regular file of a folder. Every way out of the folder,
// symbolic links included, is an error.
func OpenIn(root *os.Root, name string) (*File, error) {
	return open(name, root.Stat, root.Open)
}

func open(path string, stat func(string) (os.FileInfo, error), open func(string) (*os.File, error)) (*File, error) {
	info, err := stat(path) // before opening, which waits for a pipe's writer
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return &File{}, nil
	}
	if int64(int(info.Size())) != info.Size() {
		return nil, fmt.Errorf("%s is too large: %d bytes", path, info.Size())
	}
	return content(f, int(info.Size()))
}

// Close ends the views of the file. A second call does nothing.
func (f *File) Close() error {
	release := f.release
	f.Bytes, f.release = nil, nil
	if release == nil {
		return nil
	}
	return release()
}
