package data

import (
	"fmt"
	"math"

	"melanoma/internal/rng"
)

// holdOut marks a fraction of the rows as the test set, whole groups at a
// time and roughly with the class shares of all rows, and returns the training
// rows followed by the test rows. Groups come in an order drawn from the seed;
// each goes to the test set if that brings the class counts there nearer to
// the fraction of the whole (sum over classes of the squared distance,
// relative to the class).
func holdOut(rows []listed, classes int, fraction float64, seed uint64) []listed {
	if fraction <= 0 {
		return rows
	}
	var order []string
	counts := map[string][]float64{}
	total := make([]float64, classes)
	for i := range rows {
		r := &rows[i]
		if counts[r.Group] == nil {
			order = append(order, r.Group)
			counts[r.Group] = make([]float64, classes)
		}
		if r.Target >= 0 {
			counts[r.Group][r.Target]++
			total[r.Target]++
		}
	}
	rng.New(rng.Key(seed, "holdout")).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	have := make([]float64, classes)
	held := map[string]bool{}
	for _, group := range order {
		gain := 0.0
		for k, n := range counts[group] {
			if n > 0 {
				before := have[k]/total[k] - fraction
				after := (have[k]+n)/total[k] - fraction
				gain += before*before - after*after
			}
		}
		if held[group] = gain > 0; held[group] {
			for k, n := range counts[group] {
				have[k] += n
			}
		}
	}
	var train, test []listed
	for _, r := range rows {
		if r.Test = held[r.Group]; r.Test {
			test = append(test, r)
		} else {
			train = append(train, r)
		}
	}
	return append(train, test...)
}

// groupOverlap reports groups that stand in the training and in the test set.
func groupOverlap(rows []listed) []Problem {
	train := map[string]*listed{}
	for i := range rows {
		if r := &rows[i]; !r.Test && train[r.Group] == nil {
			train[r.Group] = r
		}
	}
	seen := map[string]bool{}
	var problems []Problem
	for i := range rows {
		r := &rows[i]
		if have := train[r.Group]; r.Test && have != nil && !seen[r.Group] {
			seen[r.Group] = true
			problems = append(problems, r.problem("group %s stands in the test set and in the training set (%s row %d)", r.Group, have.csv, have.CSVRow))
		}
	}
	return problems
}

// duplicateWarnings says which image files have equal content under two names
// in two groups, or in training and test set: a leak that groups do not show.
func duplicateWarnings(rows []listed) []string {
	first := map[string]*listed{}
	n := 0
	var example string
	for i := range rows {
		r := &rows[i]
		if r.FileSHA256 == "" {
			continue
		}
		have := first[r.FileSHA256]
		if have == nil {
			first[r.FileSHA256] = r
			continue
		}
		if have.Group != r.Group || have.Test != r.Test {
			if n++; n == 1 {
				example = fmt.Sprintf("%s and %s", have.ImageName, r.ImageName)
			}
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d image file(s) repeat the content of one in another group or split, the first being %s", n, example)}
}

// rareWarnings names classes with fewer images than folds can share.
func rareWarnings(rows []listed, classes []string) []string {
	counts := make([]int, len(classes))
	for _, r := range rows {
		if !r.Test && r.Target >= 0 {
			counts[r.Target]++
		}
	}
	least, which := math.MaxInt, 0
	rare := 0
	for k, n := range counts {
		if n < 10 {
			rare++
		}
		if n < least {
			least, which = n, k
		}
	}
	if rare == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d classes have fewer than 10 training images, %q the fewest with %d", rare, len(classes), classes[which], least)}
}
