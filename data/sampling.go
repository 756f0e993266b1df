package data

import (
	"slices"

	"melanoma/internal/rng"
)

// Stratum is a set of rows of which an epoch shows a fixed number: each row
// Draws/len(Rows) times, rounded down or up. Which rows are shown once more
// than the others is drawn anew for every epoch, without replacement, from the
// seed, the epoch and the stratum's place among the others.
type Stratum struct {
	Rows  []int // of the store, at least 1
	Draws int   // rows that an epoch shows, at least 0
}

// Len returns the number of rows that an epoch shows.
func (c LoaderConfig) Len() int {
	if c.Strata == nil {
		return len(c.Rows)
	}
	n := 0
	for _, s := range c.Strata {
		n += s.Draws
	}
	return n
}

// drawn returns the rows that an epoch shows, stratum by stratum.
func (c LoaderConfig) drawn(epoch int) []int {
	if c.Strata == nil {
		return slices.Clone(c.Rows)
	}
	rows := make([]int, 0, c.Len())
	for i, s := range c.Strata {
		for range s.Draws / len(s.Rows) {
			rows = append(rows, s.Rows...)
		}
		order := rng.New(rng.Key(c.Seed, "draw", epoch, i)).Perm(len(s.Rows))
		for _, j := range order[:s.Draws%len(s.Rows)] {
			rows = append(rows, s.Rows[j])
		}
	}
	return rows
}

// repeats counts, for each place of an order, how often its row was shown
// before; nil where no row is shown twice.
func (c LoaderConfig) repeats(order []int) []int {
	if c.Strata == nil {
		return nil
	}
	seen := map[int]int{}
	out := make([]int, len(order))
	for i, row := range order {
		out[i] = seen[row]
		seen[row]++
	}
	return out
}
