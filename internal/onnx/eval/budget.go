package eval

import "fmt"

// budget bounds what evaluating may cost: a file of a few bytes can ask for
// any amount.
type budget struct {
	most  int // elements alive at once
	alive int
	left  int // elements still to be computed
}

// Bounds on any array, known or not.
const (
	maxElements = 1 << 31
	maxRank     = 64
)

// elements returns the size of a shape that is about to be made.
func (b *budget) elements(shape []int) (int, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("its result would have %d dimensions", len(shape))
	}
	n := 1
	for _, d := range shape {
		if d < 0 || d > maxElements || n*d > maxElements {
			return 0, fmt.Errorf("its result would have the impossible shape %v", shape)
		}
		n *= d
	}
	return n, nil
}

// spend takes products of factors from the budget.
func (b *budget) spend(factors ...int) error {
	n := 1
	for _, f := range factors {
		if f > 0 && n > b.left/f {
			return fmt.Errorf("it is too much work: more than %d elements are left to compute", b.left)
		}
		n *= f
	}
	b.left -= n
	return nil
}

// own counts the elements of an array that is about to be filled.
func (b *budget) own(n int) error {
	if n > b.most-b.alive {
		return fmt.Errorf("its result would have %d elements; %d of at most %d are in use", n, b.alive, b.most)
	}
	if err := b.spend(n); err != nil {
		return err
	}
	b.alive += n
	return nil
}
