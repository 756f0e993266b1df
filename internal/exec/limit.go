package exec

import "fmt"

// AtMost bounds the memory of a machine's intermediate results and work space.
// Compile returns a *MemoryError, before it takes any of it, where the plan
// needs more; a bound of 0 asks for what a plan needs.
func AtMost(bytes int) Option {
	return func(o *options) { o.limited, o.limit = true, bytes }
}

// MemoryError is a plan that needs more memory than it may take, in bytes.
type MemoryError struct{ Need, Limit int }

func (e *MemoryError) Error() string {
	return fmt.Sprintf("exec: the plan needs %d bytes, more than %d", e.Need, e.Limit)
}

// fits compares so many floats with the bound.
func (o options) fits(floats int) error {
	if o.limited && 4*floats > o.limit {
		return &MemoryError{4 * floats, o.limit}
	}
	return nil
}
