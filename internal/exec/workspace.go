package exec

// loan is a piece of the memory that steps share.
type loan struct {
	to           *[]float32
	offset, size int
}

// borrow gives *to a piece of the memory that steps use while they run: what
// one step leaves there the next overwrites. The piece is there once all
// steps are bound.
func (c *compiler) borrow(to *[]float32, size int) {
	c.loans = append(c.loans, loan{to, c.workUsed, size})
	c.workUsed += rounded(size)
	c.workSize = max(c.workSize, c.workUsed)
}

// scratch borrows one array of the given size for each worker.
func (c *compiler) scratch(size int) [][]float32 {
	s := make([][]float32, c.pool.Workers())
	for i := range s {
		c.borrow(&s[i], size)
	}
	return s
}

// lend hands out what was borrowed.
func (c *compiler) lend() {
	c.work = floats(c.workSize)
	for _, l := range c.loans {
		*l.to = c.work[l.offset : l.offset+l.size : l.offset+l.size]
	}
}
