package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
)

// FocalLoss is the focal loss of softmax(logits) = p (Lin et al. 2017,
// equation 4, for any number of classes), a scalar:
//
//	sum_i w_i sum_k t_ik (1-p_ik)^gamma (-log p_ik) / sum_i w_i
//
// logits and targets are [N,K], rowWeights [N], gamma is at least 0; 0 is the
// cross-entropy. The alpha of a class (equation 5) is a factor of its targets.
// Targets with several classes, as label smoothing makes them, weigh one term
// a class.
func FocalLoss(logits, targets, rowWeights *gorgonia.Node, gamma float64) *gorgonia.Node {
	if !(gamma >= 0) || math.IsInf(gamma, 0) {
		panic(fmt.Sprintf("graph: focal loss: gamma %g must be at least 0", gamma))
	}
	return Apply(Focal{gamma}, logits, targets, rowWeights)
}

// Focal is the operator of [FocalLoss].
type Focal struct{ Gamma float64 }

// String implements Spec.
func (f Focal) String() string { return fmt.Sprintf("focal gamma=%g", f.Gamma) }

// Ranks implements Spec.
func (Focal) Ranks() ([]int, int) { return CrossEntropy{}.Ranks() }

// Shape implements Spec.
func (Focal) Shape(in [][]int) ([]int, error) { return CrossEntropy{}.Shape(in) }

// DiffWRT implements differentiable.
func (Focal) DiffWRT() []bool { return []bool{true, false, false} }

// Gradients implements differentiable.
func (f Focal) Gradients(x gorgonia.Nodes, _, dy *gorgonia.Node) gorgonia.Nodes {
	return gorgonia.Nodes{Apply(FocalGrad(f), x[0], x[1], x[2], dy), nil, nil}
}

// Eval implements Spec.
func (f Focal) Eval(out Array, in []Array) {
	k := in[0].Shape[1]
	loss, total := 0.0, 0.0
	for i, w := range in[2].Data {
		target := in[1].Data[i*k : (i+1)*k]
		softmaxOf(in[0].Data[i*k : (i+1)*k]).each(func(j int, p, rest, logP float64) {
			if target[j] != 0 { // 0 * log 0 is 0
				loss -= w * target[j] * math.Pow(rest, f.Gamma) * logP
			}
		})
		total += w
	}
	out.Data[0] = loss / total
}

// FocalGrad maps logits, targets, row weights and the gradient of the loss (a
// scalar) to the gradient of the logits.
type FocalGrad Focal

// String implements Spec.
func (f FocalGrad) String() string { return fmt.Sprintf("focal-dlogits gamma=%g", f.Gamma) }

// Ranks implements Spec.
func (FocalGrad) Ranks() ([]int, int) { return CrossEntropyGrad{}.Ranks() }

// Shape implements Spec.
func (FocalGrad) Shape(in [][]int) ([]int, error) { return in[0], nil }

// Eval implements Spec. With s_j = t_j (gamma p_j (1-p_j)^(gamma-1) log p_j -
// (1-p_j)^gamma), the derivative of term j by log p_j, the gradient of logit j
// is s_j - p_j sum_k s_k.
func (f FocalGrad) Eval(out Array, in []Array) {
	k := in[0].Shape[1]
	total := 0.0
	for _, w := range in[2].Data {
		total += w
	}
	for i, w := range in[2].Data {
		target, grad := in[1].Data[i*k:(i+1)*k], out.Data[i*k:(i+1)*k]
		row := softmaxOf(in[0].Data[i*k : (i+1)*k])
		sum := 0.0
		row.each(func(j int, p, rest, logP float64) {
			ratio := -1.0 // of log p to 1-p, its limit at p = 1
			if rest > 0 {
				ratio = logP / rest
			}
			grad[j] = 0
			if target[j] != 0 {
				grad[j] = target[j] * math.Pow(rest, f.Gamma) * (f.Gamma*p*ratio - 1)
			}
			sum += grad[j]
		})
		factor := in[3].Data[0] * w / total
		row.each(func(j int, p, _, _ float64) { grad[j] = factor * (grad[j] - p*sum) })
	}
}

// softmaxRow is a row of logits with what its softmax needs.
type softmaxRow struct {
	logits []float64
	top    int     // index of the largest logit
	others float64 // sum of exp(logit - largest) over all but that one
}

func softmaxOf(logits []float64) softmaxRow {
	r := softmaxRow{logits: logits}
	for j, z := range logits {
		if z > logits[r.top] {
			r.top = j
		}
	}
	for j, z := range logits {
		if j != r.top {
			r.others += math.Exp(z - logits[r.top])
		}
	}
	return r
}

// each calls f with p, 1-p and log p of every class, all three without
// cancellation: 1-p of a nearly certain class is the sum of the others.
func (r softmaxRow) each(f func(j int, p, rest, logP float64)) {
	total := 1 + r.others
	for j, z := range r.logits {
		d := z - r.logits[r.top]
		if j == r.top {
			f(j, 1/total, r.others/total, -math.Log1p(r.others))
			continue
		}
		e := math.Exp(d)
		f(j, e/total, (total-e)/total, d-math.Log1p(r.others))
	}
}
