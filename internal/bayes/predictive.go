package bayes

import (
	"fmt"
	"math"
)

// Prediction is what all members and views say about one picture. Entropies
// are in nats.
type Prediction struct {
	// Prob [K] is the mean over members of the mean over views of softmax.
	Prob []float64
	// PredictiveEntropy is the entropy of Prob: all uncertainty.
	PredictiveEntropy float64
	// ExpectedEntropy is the mean over members of the entropy of the member's
	// probabilities (averaged over its views): what no further data removes.
	ExpectedEntropy float64
	// MutualInformation is the difference, at least 0: what members disagree
	// about (Houlsby et al. 2011; Depeweg et al. 2018).
	MutualInformation float64
	// ViewVariance is the mean over members of the variance over views
	// (population form) of the positive class's probability; without a positive
	// class, of that variance summed over the classes.
	ViewVariance float64
}

// Predictive averages the logits [members,views,classes] of one picture,
// row-major: softmax, mean over the views within each member, then mean over
// members. positive is the index of the positive class, or -1. A length that
// disagrees, or no member, view or class, panics.
func Predictive[T Float](logits []T, members, views, classes, positive int) Prediction {
	if members < 1 || views < 1 || classes < 1 || len(logits) != members*views*classes {
		panic(fmt.Sprintf("bayes: predictive: %d logits for %d members, %d views, %d classes", len(logits), members, views, classes))
	}
	if positive < -1 || positive >= classes {
		panic(fmt.Sprintf("bayes: predictive: positive class %d of %d", positive, classes))
	}
	out := Prediction{Prob: make([]float64, classes)}
	probs := make([]float64, views*classes)
	mean := make([]float64, classes)
	for m := range members {
		for v := range views {
			Softmax(probs[v*classes:][:classes], logits[(m*views+v)*classes:][:classes])
		}
		meanRows(mean, probs)
		out.ExpectedEntropy += Entropy(mean)
		out.ViewVariance += rowVariance(probs, mean, positive)
		for k, p := range mean {
			out.Prob[k] += p
		}
	}
	n := float64(members)
	for k := range out.Prob {
		out.Prob[k] /= n
	}
	out.ExpectedEntropy /= n
	out.ViewVariance /= n
	out.PredictiveEntropy = Entropy(out.Prob)
	out.MutualInformation = max(0, out.PredictiveEntropy-out.ExpectedEntropy)
	return out
}

// Softmax writes the probabilities of the logits to dst, in float64 and
// shifted by the largest logit so that nothing overflows. Lengths that differ
// panic.
func Softmax[T Float](dst []float64, logits []T) {
	if len(dst) != len(logits) {
		panic(fmt.Sprintf("bayes: softmax: %d logits into %d values", len(logits), len(dst)))
	}
	largest := math.Inf(-1)
	for _, l := range logits {
		largest = max(largest, float64(l))
	}
	var sum float64
	for k, l := range logits {
		dst[k] = math.Exp(float64(l) - largest)
		sum += dst[k]
	}
	for k := range dst {
		dst[k] /= sum
	}
}

// Entropy returns -sum p log p in nats; 0 log 0 is 0.
func Entropy(prob []float64) float64 {
	var h float64
	for _, p := range prob {
		if p != 0 { // a NaN must stay one
			h -= p * math.Log(p)
		}
	}
	return max(0, h)
}

// meanRows writes the mean of the rows [n,len(mean)] to mean.
func meanRows(mean, rows []float64) {
	clear(mean)
	for i, p := range rows {
		mean[i%len(mean)] += p
	}
	n := float64(len(rows) / len(mean))
	for k := range mean {
		mean[k] /= n
	}
}

// rowVariance returns the population variance over rows of column k, or of all
// columns added up if k is negative.
func rowVariance(rows, mean []float64, k int) float64 {
	var sum float64
	for i, p := range rows {
		if c := i % len(mean); k < 0 || c == k {
			sum += (p - mean[c]) * (p - mean[c])
		}
	}
	return sum / float64(len(rows)/len(mean))
}
