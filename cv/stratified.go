package cv

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"melanoma/internal/fault"
)

// StratifiedGroupKFold returns the fold, 0..k-1, of every row, such that no
// group stands in two folds and each fold has nearly the same share of every
// class.
//
// Groups are taken by falling standard deviation of their class counts, each
// to the fold where the mean over classes of the standard deviation over folds
// of (count in fold / count of class) becomes smallest, ties to the fold with
// fewer rows so far. This is scikit-learn's StratifiedGroupKFold (1.9), with
// the same order of floating-point operations, so without shuffling the folds
// are the same row by row. Groups count in the order of their names as
// strings, classes in the order of their numbers; the order of rows does not
// matter.
//
// A non-nil stream shuffles the groups first; it is not NumPy's, so shuffled
// folds differ from scikit-learn's.
//
// It returns a fault where there are fewer groups than folds, or where every
// class has fewer rows than there are folds.
func StratifiedGroupKFold(class []int32, group []string, k int, shuffle *rand.Rand) ([]int32, error) {
	if len(class) != len(group) {
		return nil, fault.New(fault.Program, "", "cv: %d classes for %d groups", len(class), len(group))
	}
	if k < 2 {
		return nil, fault.New(fault.Usage, "set cv.folds to 2 or more", "cv: cannot cut rows into %d folds", k)
	}
	classIndex, classCount := compact(class)
	groupIndex, groupCount := compact(group)
	if k > len(groupCount) {
		return nil, fault.New(fault.Input, "use fewer folds (cv.folds)", "cv: %d folds of %d groups", k, len(groupCount))
	}
	if k > slices.Max(classCount) {
		return nil, fault.New(fault.Input, "use fewer folds (cv.folds)", "cv: %d folds, but no class has more than %d rows", k, slices.Max(classCount))
	}
	if shuffle != nil {
		order := shuffle.Perm(len(groupCount))
		for i, g := range groupIndex {
			groupIndex[i] = order[g]
		}
	}
	perGroup := make([][]float64, len(groupCount))
	for g := range perGroup {
		perGroup[g] = make([]float64, len(classCount))
	}
	for i, g := range groupIndex {
		perGroup[g][classIndex[i]]++
	}
	foldOf := placeGroups(perGroup, classCount, k)
	fold := make([]int32, len(class))
	for i, g := range groupIndex {
		fold[i] = int32(foldOf[g])
	}
	return fold, nil
}

// compact numbers the distinct values in ascending order.
func compact[T cmp.Ordered](values []T) (index, count []int) {
	distinct := slices.Compact(slices.Sorted(slices.Values(values)))
	number := make(map[T]int, len(distinct))
	for i, v := range distinct {
		number[v] = i
	}
	index, count = make([]int, len(values)), make([]int, len(distinct))
	for i, v := range values {
		index[i] = number[v]
		count[index[i]]++
	}
	return index, count
}

// placeGroups returns the fold of every group, given its class counts.
func placeGroups(perGroup [][]float64, classCount []int, k int) []int {
	spread := make([]float64, len(perGroup))
	order := make([]int, len(perGroup))
	for g, counts := range perGroup {
		spread[g] = standardDeviation(counts)
		order[g] = g
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(spread[b], spread[a]) })
	p := newPlacer(classCount, k)
	foldOf := make([]int, len(perGroup))
	for _, g := range order {
		foldOf[g] = p.place(perGroup[g])
	}
	return foldOf
}

// placer holds the class counts [k,classes] of the folds while groups are
// placed one after another.
type placer struct {
	k          int
	classCount []float64
	perFold    []float64 // [k,classes]
	rows       []float64 // [k]
	share      []float64 // scratch [k]
	spread     []float64 // scratch [classes]
}

func newPlacer(classCount []int, k int) *placer {
	p := &placer{k: k, perFold: make([]float64, k*len(classCount)), rows: make([]float64, k),
		share: make([]float64, k), spread: make([]float64, len(classCount))}
	for _, n := range classCount {
		p.classCount = append(p.classCount, float64(n))
	}
	return p
}

// place adds a group to the best fold and returns it.
func (p *placer) place(counts []float64) int {
	best, bestValue, bestRows := -1, math.Inf(1), math.Inf(1)
	for f := range p.k {
		value := p.unevenness(f, counts)
		// The first comparison lets any improvement win, also one within the
		// tolerance of the second: the reference does so too.
		if value < bestValue || (isClose(value, bestValue) && p.rows[f] < bestRows) {
			best, bestValue, bestRows = f, value, p.rows[f]
		}
	}
	for c, n := range counts {
		p.perFold[best*len(counts)+c] += n
		p.rows[best] += n
	}
	return best
}

// unevenness is the criterion if the group went to fold f.
func (p *placer) unevenness(f int, counts []float64) float64 {
	classes := len(p.classCount)
	for c := range classes {
		for g := range p.k {
			n := p.perFold[g*classes+c]
			if g == f {
				n += counts[c]
			}
			p.share[g] = n / p.classCount[c]
		}
		if classes == 1 {
			p.spread[c] = standardDeviation(p.share)
		} else {
			p.spread[c] = columnDeviation(p.share)
		}
	}
	return pairwiseSum(p.spread) / float64(classes)
}
