//go:build !unix

package mapped

import (
	"io"
	"os"
)

// content reads the file.
func content(f *os.File, size int) (*File, error) {
	b := make([]byte, size)
	_, err := io.ReadFull(f, b)
	return &File{Bytes: b}, err
}
