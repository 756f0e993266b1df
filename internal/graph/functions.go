package graph

import "math"

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func swishSlope(x, _, _ float64) float64 {
	s := logistic(x)
	return s + x*s*(1-s)
}

// clipSlope is 1 strictly inside of the limits and 0 elsewhere.
func clipSlope(x, lo, hi float64) float64 {
	if lo < x && x < hi {
		return 1
	}
	return 0
}

func leaky(x, a, _ float64) float64 {
	if x < 0 {
		return a * x
	}
	return x
}

// leakySlope at 0 is that of the negative side, as in torch; eluSlope's too.
func leakySlope(x, a, _ float64) float64 {
	if x > 0 {
		return 1
	}
	return a
}

func elu(x, a, _ float64) float64 {
	if x < 0 {
		return a * math.Expm1(x)
	}
	return x
}

func eluSlope(x, a, _ float64) float64 {
	if x > 0 {
		return 1
	}
	return a * math.Exp(x)
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // 0 and NaN
}

// softplus is log(1+exp(x)), without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// gelu is x times the normal distribution's value at x.
func gelu(x, _, _ float64) float64 { return x * normal(x) }

func normal(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

func geluSlope(x, _, _ float64) float64 {
	return normal(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

const (
	GeluScale = 0.7978845608028654 // sqrt(2/pi)
	GeluCube  = 0.044715
)

func geluTanh(x, _, _ float64) float64 {
	return 0.5 * x * (1 + math.Tanh(GeluScale*(x+GeluCube*x*x*x)))
}

func geluTanhSlope(x, _, _ float64) float64 {
	t := math.Tanh(GeluScale * (x + GeluCube*x*x*x))
	return 0.5*(1+t) + 0.5*x*(1-t*t)*GeluScale*(1+3*GeluCube*x*x)
}

func hardSigmoid(x, a, b float64) float64 { return min(max(a*x+b, 0), 1) }

func hardSigmoidSlope(x, a, b float64) float64 {
	if y := a*x + b; 0 < y && y < 1 {
		return a
	}
	return 0
}

func hardSwishSlope(x, a, b float64) float64 {
	return hardSigmoid(x, a, b) + x*hardSigmoidSlope(x, a, b)
}
