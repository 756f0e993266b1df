package exec

import "melanoma/internal/kernel"

// Option changes how a program is compiled.
type Option func(*options)

type options struct {
	rules      []rule
	checkpoint bool
	bfloat16   bool
	limited    bool
	limit      int // bytes that a machine may take, if limited
}

// Without leaves out the named fusion rules ("all" for every one): it is for
// debugging.
func Without(rules ...string) Option {
	return func(o *options) { o.rules = rulesWithout(rules) }
}

// Checkpoint computes parts of the forward pass a second time in the backward
// pass, which takes longer and needs less memory. Results are the same bytes.
func Checkpoint() Option {
	return func(o *options) { o.checkpoint = true }
}

// BFloat16 multiplies in bfloat16 with sums in float32 where a network is
// evaluated: two to three digits in place of seven, for speed. Without effect
// where the selected kernels have no such product, and on training.
func BFloat16() Option {
	return func(o *options) { o.bfloat16 = kernel.HasBF16() }
}

func optionsOf(list []Option) options {
	o := options{rules: rules}
	for _, f := range list {
		f(&o)
	}
	return o
}
