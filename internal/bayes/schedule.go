package bayes

import "fmt"

// Schedule says after which steps of a run a posterior sample is kept. Steps
// are counted by updates done, from 1.
type Schedule struct {
	BurnIn   int // no sample at or before this many updates
	Thinning int // updates between samples; 0 spreads Samples evenly, the last at Total
	Samples  int // most samples kept
	Total    int // updates of the whole run
}

// Schedule returns the schedule of a run of total updates: a sampler's burn-in
// and thinning, for an optimiser the last state alone. A burn-in that leaves no
// room for one sample is a *ConfigError.
func (c Config) Schedule(total int) (Schedule, error) {
	if !c.Sampler() {
		return Schedule{Samples: 1, Total: total}, nil
	}
	s := Schedule{BurnIn: c.BurnIn, Thinning: c.Thinning, Samples: c.Samples, Total: total}
	if s.Count() == 0 {
		return s, &ConfigError{"burn_in",
			fmt.Sprintf("is %d steps and thinning %d, but the run has %d steps: no sample is kept", c.BurnIn, c.Thinning, total),
			"lower burn_in or thinning, or train for more epochs"}
	}
	return s, nil
}

// Count returns how many samples the schedule keeps.
func (s Schedule) Count() int {
	room := max(0, s.Total-s.BurnIn)
	if s.Thinning > 0 {
		room /= s.Thinning
	}
	return max(0, min(s.Samples, room))
}

// After returns the number of updates after which sample index (from 0) is
// kept.
func (s Schedule) After(index int) int {
	if s.Thinning > 0 {
		return s.BurnIn + (index+1)*s.Thinning
	}
	return s.BurnIn + (index+1)*(s.Total-s.BurnIn)/s.Count()
}

// Keep reports whether a sample is kept once `updates` updates are done, and
// its index from 0.
func (s Schedule) Keep(updates int) (index int, ok bool) {
	for i := range s.Count() {
		if s.After(i) == updates {
			return i, true
		}
	}
	return 0, false
}
