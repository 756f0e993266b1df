package exec

// Statistics returns mean and biased variance [2,C] of the program's i-th
// BatchNorms in the last run, valid until the next.
func (m *Machine) Statistics(i int) []float32 { return m.stats[i] }
