package exec

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// processors is a set of processors.
type processors struct{ set unix.CPUSet }

// allowedProcessors are those that this process may run on; empty if the
// system does not tell.
func allowedProcessors() processors {
	var p processors
	if err := unix.SchedGetaffinity(0, &p.set); err != nil {
		p.set.Zero()
	}
	return p
}

func (p *processors) remove(cpu int) {
	if cpu >= 0 {
		p.set.Clear(cpu)
	}
}

// move keeps the calling thread on the processors of the set. With none in
// it, or where the system refuses, it does nothing.
func (p processors) move() {
	if p.set.Count() > 0 {
		_ = unix.SchedSetaffinity(0, &p.set)
	}
}

// currentProcessor is the one that the calling thread runs on, -1 if unknown.
func currentProcessor() int {
	var cpu uint32
	if _, _, errno := syscall.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		return -1
	}
	return int(cpu)
}
