package metrics

import (
	"cmp"
	"slices"
)

// Ranks returns the rank of every score, 1 for the smallest; equal scores
// share the mean of their ranks. The input is not changed.
func Ranks(score []float64) []float64 {
	rank := make([]float64, len(score))
	for _, t := range tieBlocks(score) {
		// Ranks first+1 .. first+len share their mean.
		mean := float64(2*t.first+len(t.rows)+1) / 2
		for _, i := range t.rows {
			rank[i] = mean
		}
	}
	return rank
}

// PercentileRank returns Ranks divided by the number of rows: values in
// (0, 1], as pandas' rank(pct=True).
func PercentileRank(score []float64) []float64 {
	rank := Ranks(score)
	for i := range rank {
		rank[i] /= float64(len(rank))
	}
	return rank
}

// tieBlock is a set of rows with equal scores; first is the number of rows
// with smaller ones.
type tieBlock struct {
	first int
	rows  []int
}

// tieBlocks returns the rows by ascending score, one block a distinct score.
func tieBlocks(score []float64) []tieBlock {
	order := ascending(score)
	var blocks []tieBlock
	for start := 0; start < len(order); {
		end := start + 1
		for end < len(order) && score[order[end]] == score[order[start]] {
			end++
		}
		blocks = append(blocks, tieBlock{first: start, rows: order[start:end]})
		start = end
	}
	return blocks
}

func ascending(score []float64) []int {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		// Rows as the last key make the order one and the same everywhere.
		return cmp.Or(cmp.Compare(score[a], score[b]), cmp.Compare(a, b))
	})
	return order
}
