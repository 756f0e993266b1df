package exec

import "slices"

// A rule rewrites values so that fewer results are written to memory and read
// back. It looks at one value at a time and replaces its operator and inputs
// by a fused operator; what nobody reads any more disappears. Rules run in the
// order of the table, each over the whole program.
type rule struct {
	name string
	why  string
	// rewrite changes v if the rule applies to it. users lists who reads a
	// value.
	rewrite func(v *value, users map[*value][]*value) bool
}

// rules is the table of fusion rules. n(x) stands for a batch normalisation
// and a for the activation behind it.
var rules = []rule{
	{"activate", "a(n(x)) in one pass; n(x) is not stored, the gradient recomputes it", fuseActivate},
	{"normalise", "a(n(x)) with given statistics, or a(x+bias), while a convolution's result x is in cache", fuseNormalise},
	{"activate-gradient", "the gradients of a and n in two passes over dy and x, without the gradient between them", fuseActivateGradient},
	{"squeeze", "mean of a(n(x)) from x, where all readers recompute a(n(x))", fuseSqueeze},
	{"excite", "a(n(x))*s from x", fuseExcite},
	{"excite-scale-gradient", "sum of dy*a(n(x)) from dy and x", fuseExciteScaleGradient},
	{"excite-gradient", "the gradient of a(n(x)) behind a squeeze and excitation, dy*s + q, inside the two passes", fuseExciteGradient},
	{"add", "the sum with a convolution's normalised result while that is in cache", fuseAddition},
	{"follow", "an element-wise function of what a convolution made by now, likewise", fuseFollow},
	{"mean", "the mean over positions likewise", fuseMean},
	{"expand", "a pointwise convolution's result where a depthwise one loads it; not stored", fuseExpand},
	{"sum", "a sum and its limits in one pass; the gradient of the limits reads the result", fuseSum},
	{"gradients", "both gradients of a convolution in one pass over dy", fuseGradients},
	{"statistics", "mean and variance of a convolution's result while it is in cache", fuseStatistics},
	{"load", "a(n(x)) and a(n(x))*s where convolutions load them; not stored", fuseLoad},
	{"load-gradient", "the gradient of n's input where the gradients of the convolution before it load it", fuseLoadGradient},
	{"parameters", "the gradients of gamma and beta where the gradient of a(n(x)) is made", fuseParameters},
}

// RuleNames lists the fusion rules in their order.
func RuleNames() []string {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.name
	}
	return names
}

// rulesWithout returns the table without the named rules; "all" stands for
// every one.
func rulesWithout(off []string) []rule {
	return slices.DeleteFunc(slices.Clone(rules), func(r rule) bool {
		return slices.Contains(off, r.name) || slices.Contains(off, "all")
	})
}

// apply runs one rule over the program and tells whether it changed anything.
func (p *planner) apply(r rule) bool {
	users := map[*value][]*value{}
	for _, v := range p.order {
		if _, ok := v.op.(companion); ok {
			continue // computed by the step of another value
		}
		for _, in := range v.in {
			users[in] = append(users[in], v)
		}
	}
	changed := false
	for _, v := range p.order {
		if r.rewrite(v, users) {
			changed = true
		}
	}
	return changed
}
