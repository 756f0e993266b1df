//go:build !linux

package exec

// processors is a set of processors; elsewhere than on Linux none is known.
type processors struct{}

func allowedProcessors() processors { return processors{} }
func (processors) remove(int)       {}
func (processors) move()            {}
func currentProcessor() int         { return -1 }
