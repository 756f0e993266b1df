package exec

import (
	"fmt"

	"melanoma/internal/kernel"
)

// norm is a map x*scale + shift per channel that may stand between an
// operator and an activation.
type norm struct {
	eps  float64
	from normSource
}

// normSource says where scale and shift come from.
type normSource int

const (
	batchStatistics normSource = iota // inputs x, stats, gamma, beta
	givenStatistics                   // inputs x, gamma, beta, mean, variance
	biasAlone                         // inputs x, bias; the scale is 1
)

// given tells whether scale and shift depend on parameters alone.
func (n norm) given() bool { return n.from != batchStatistics }

// width is the number of inputs that a normalisation takes.
func (n norm) width() int { return [...]int{4, 5, 2}[n.from] }

func (n norm) String() string { return [...]string{"norm", "given norm", "bias"}[n.from] }

// normActivate is a(n(x)); inputs are those of the normalisation.
type normActivate struct {
	norm
	act kernel.Activation
}

// normActivateSqueeze is the mean over positions of a(n(x)), [N,1,1,C].
type normActivateSqueeze normActivate

// normActivateExcite is a(n(x))*s; s is the last input.
type normActivateExcite normActivate

// normActivateDot is the sum over positions of dy*a(n(x)), [N,1,1,C]; dy is
// the last input.
type normActivateDot normActivate

// normActivateGradParams is [2,C], the gradients of gamma and beta. Inputs are
// those of the normalisation, dy, and with excited also s and dsq: the gradient of
// a(n(x)) is then dy*s + dsq/positions.
type normActivateGradParams struct {
	normActivate
	excited bool
}

// normActivateGradInput is the gradient of x. Inputs are dy first, which it
// may overwrite, then those of the normalisation, with a batch's own statistics
// the gradients of gamma and beta, and with excited also s and dsq.
type normActivateGradInput struct {
	normActivate
	excited bool
}

// limitedSum is the sum of two values, limited to [lo,hi].
type limitedSum struct{ lo, hi float32 }

func (o limitedSum) String() string { return fmt.Sprintf("clip[%g,%g] of add", o.lo, o.hi) }

func (o normActivate) String() string {
	switch o.act.Kind {
	case kernel.SwishActivation:
		return fmt.Sprintf("swish(%v)", o.norm)
	case kernel.ClipActivation:
		return fmt.Sprintf("clip[%g,%g](%v)", o.act.Lo, o.act.Hi, o.norm)
	default:
		return o.norm.String()
	}
}

func (o normActivateSqueeze) String() string { return "squeeze of " + normActivate(o).String() }
func (o normActivateExcite) String() string  { return "excite of " + normActivate(o).String() }
func (o normActivateDot) String() string     { return "excite-ds of " + normActivate(o).String() }
func (o normActivateGradParams) String() string {
	return fmt.Sprintf("dgamma, dbeta of %v%s", o.normActivate, behind(o.excited))
}
func (o normActivateGradInput) String() string {
	return fmt.Sprintf("dx of %v%s", o.normActivate, behind(o.excited))
}

// behind names what a gradient passed on its way to a normalisation.
func behind(excited bool) string {
	if excited {
		return " behind excite"
	}
	return ""
}
