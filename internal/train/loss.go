package train

import (
	"fmt"
	"math"
)

// Loss says what is minimised.
//
//   - "cross_entropy": of softmax(logits) against the targets.
//   - "focal": the same with every term scaled by (1-p)^Gamma, p being the
//     probability of the term's class, so that rows that are right already
//     count less (Lin et al. 2017, equations 4 and 5, for any number of
//     classes).
//
// Smoothed targets have a term for every class, and the focal loss scales each
// by that class's own (1-p)^Gamma. Class weights weigh rows: the loss is
// sum(w_i loss_i) / sum(w_i). Alpha scales the terms and is in no denominator.
type Loss struct {
	Name  string    `yaml:"name" json:"name"`   // cross_entropy or focal
	Gamma float64   `yaml:"gamma" json:"gamma"` // of the focal loss, at least 0; 0 is the cross-entropy
	Alpha []float64 `yaml:"alpha" json:"alpha"` // of the focal loss: one factor a class in the order of the classes; empty is 1 for all
}

// Validate reports the first setting outside its range.
func (l Loss) Validate() error {
	switch {
	case l.Name != "cross_entropy" && l.Name != "focal":
		return &ConfigError{"loss.name", fmt.Sprintf("is %q", l.Name), "cross_entropy or focal"}
	case !(l.Gamma >= 0) || math.IsInf(l.Gamma, 0):
		return &ConfigError{"loss.gamma", fmt.Sprintf("is %g", l.Gamma), "2 is usual, 0 makes the focal loss the cross-entropy"}
	case l.Name == "cross_entropy" && len(l.Alpha) > 0:
		return &ConfigError{"loss.alpha", "goes with the focal loss", "set class_weights to weigh the classes of the cross-entropy"}
	}
	for k, a := range l.Alpha {
		if !(a >= 0) || math.IsInf(a, 0) {
			return &ConfigError{fmt.Sprintf("loss.alpha.%d", k), fmt.Sprintf("is %g", a), "a factor of at least 0"}
		}
	}
	return nil
}

// exponent returns gamma, 0 for the cross-entropy.
func (l Loss) exponent() float64 {
	if l.Name == "focal" {
		return l.Gamma
	}
	return 0
}

// factors returns alpha of every class.
func (l Loss) factors(classes int) ([]float64, error) {
	if len(l.Alpha) == classes {
		return l.Alpha, nil
	}
	if len(l.Alpha) > 0 {
		return nil, &ConfigError{"loss.alpha", fmt.Sprintf("has %d factors for %d classes", len(l.Alpha), classes), "one factor a class in the order of the classes, or none"}
	}
	ones := make([]float64, classes)
	for k := range ones {
		ones[k] = 1
	}
	return ones, nil
}
