package graph

// Foreign is an operator that another package defines: its identity, shapes
// and plain evaluation. It has no gradient.
type Foreign struct {
	Name string  // says all that distinguishes it
	In   [][]int // the inputs' shapes
	Out  []int   // the output's
	F    func(out Array, in []Array)
}

// String implements Spec.
func (f *Foreign) String() string { return f.Name }

// Ranks implements Spec.
func (f *Foreign) Ranks() ([]int, int) {
	in := make([]int, len(f.In))
	for i, s := range f.In {
		in[i] = len(s)
	}
	return in, len(f.Out)
}

// Shape implements Spec.
func (f *Foreign) Shape(in [][]int) ([]int, error) {
	for i, s := range in {
		if !same(s, f.In[i]) {
			return nil, wrong(in)
		}
	}
	return f.Out, nil
}

// Eval implements Spec.
func (f *Foreign) Eval(out Array, in []Array) { f.F(out, in) }
