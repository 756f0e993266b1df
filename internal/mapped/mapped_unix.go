//go:build unix

package mapped

import (
	"os"

	"golang.org/x/sys/unix"
)

// content maps the file. Writing to the pages copies them.
func content(f *os.File, size int) (*File, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE)
	if err != nil {
		return nil, &os.PathError{Op: "map", Path: f.Name(), Err: err}
	}
	return &File{Bytes: b, release: func() error { return unix.Munmap(b) }}, nil
}
