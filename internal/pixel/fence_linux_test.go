package pixel

import (
	"syscall"
	"testing"
)

// fenced returns n bytes that begin right behind a page that cannot be read,
// or end right before one: a kernel that leaves them crashes.
func fenced(t *testing.T, n int, end bool) []uint8 {
	t.Helper()
	page := syscall.Getpagesize()
	inside := (n + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, inside+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	for _, fence := range [][]uint8{memory[:page], memory[page+inside:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	start := page
	if end {
		start += inside - n
	}
	return memory[start : start+n : start+n]
}
