//go:build unix

package pipeline

import (
	"errors"
	"os"
	"syscall"
)

// tryFlock takes an exclusive advisory lock on f; the kernel drops it when
// the process ends, however it ends, so that no lock is ever stale. A file
// system without locks counts as locked: one process at a time is then up to
// the user.
func tryFlock(f *os.File) (bool, error) {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil, errors.Is(err, syscall.ENOTSUP), errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.ENOSYS):
			return true, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		default:
			return false, err
		}
	}
}
