package bayes

import (
	"math"
	"testing"

	"melanoma/internal/rng"
)

// The Gaussian target: the mean loss is (p-centre)' A (p-centre) / 2 over N
// images, so the posterior at temperature T is Gaussian with covariance
// T/N * inverse(A + r/N) and mean inverse(A + r/N) * A * centre, r the prior's
// precision.
var (
	targetA      = [2][2]float64{{2, 0.9}, {0.9, 1}}
	targetCentre = [2]float64{1, -2}
)

const (
	targetN     = 50
	targetPrior = 10
	gaussRate   = 0.1
	gaussBurnIn = 400
	gaussSteps  = 6000
	gaussChains = 64
)

func gaussConfig(name string, temperature float64) Config {
	c := Default()
	c.Name, c.Temperature, c.Observations, c.PriorPrecision = name, temperature, targetN, targetPrior
	c.Friction = 1
	return c
}

// chains runs parallel chains of a sampler, element 2c and 2c+1 being chain c,
// from spread initial states, and returns each chain's time averages of
// (x, y, xx, xy, yy) and the final state.
func chains(t *testing.T, c Config, seed uint64) (averages [][5]float64, final []float64) {
	t.Helper()
	rule, err := NewRule(c)
	if err != nil {
		t.Fatal(err)
	}
	init := make([]float64, 2*gaussChains)
	for i := range init {
		init[i] = 8*rng.Uniform(rng.Key(seed, "init"), uint64(i)) - 4
	}
	v := newVectors[float64](rule, init, 1)
	normals := make([]float32, len(init))
	averages = make([][5]float64, gaussChains)
	for step := range gaussBurnIn + gaussSteps {
		for k := 0; k < len(init); k += 2 {
			dx, dy := v.Param[k]-targetCentre[0], v.Param[k+1]-targetCentre[1]
			v.Grad[k] = targetA[0][0]*dx + targetA[0][1]*dy
			v.Grad[k+1] = targetA[1][0]*dx + targetA[1][1]*dy
		}
		Run(rule.Program(), v, rule.Scalars(step, gaussRate), func(dst []float64) {
			rng.Normal(normals, rng.Key(seed, "noise", step), 0)
			for i := range dst {
				dst[i] = float64(normals[i])
			}
		})
		if step < gaussBurnIn {
			continue
		}
		for k := range averages {
			x, y := v.Param[2*k], v.Param[2*k+1]
			for j, m := range [5]float64{x, y, x * x, x * y, y * y} {
				averages[k][j] += m / gaussSteps
			}
		}
	}
	return averages, v.Param
}

// posterior returns mean and covariance of the Gaussian target.
func posterior(temperature float64) (mean [2]float64, cov [2][2]float64) {
	a, b, d := targetA[0][0]+float64(targetPrior)/targetN, targetA[0][1], targetA[1][1]+float64(targetPrior)/targetN
	det := a*d - b*b
	inverse := [2][2]float64{{d / det, -b / det}, {-b / det, a / det}}
	var shifted [2]float64
	for i := range 2 {
		shifted[i] = targetA[i][0]*targetCentre[0] + targetA[i][1]*targetCentre[1]
	}
	for i := range 2 {
		mean[i] = inverse[i][0]*shifted[0] + inverse[i][1]*shifted[1]
		for j := range 2 {
			cov[i][j] = temperature / targetN * inverse[i][j]
		}
	}
	return mean, cov
}

// stationary returns the covariance (xx, xy, yy) that the discretised chain
// itself settles to: the fixed point of S = M S M' + Q of its linear map,
// written down from the equations and not from the program.
func stationary(c Config, learningRate float64) [3]float64 {
	t := c.Temperature / targetN
	var h [2][2]float64 // A + r/N
	for i := range 2 {
		h[i] = targetA[i]
		h[i][i] += float64(targetPrior) / targetN
	}
	var m [4][4]float64 // state: parameters, momenta
	var q [4]float64    // variance of the noise
	for i := range 2 {
		m[i][i] = 1
		if c.Name == "sgld" {
			for j := range 2 {
				m[i][j] -= learningRate * h[i][j]
			}
			q[i] = 2 * t * learningRate
			continue
		}
		m[i][2+i] = learningRate / (c.Sigma * c.Sigma)
		m[2+i][2+i] = 1 - learningRate*c.Friction/(c.Sigma*c.Sigma)
		for j := range 2 {
			m[2+i][j] = -learningRate * h[i][j]
		}
		q[2+i] = 2 * t * learningRate * c.Friction
	}
	var s [4][4]float64
	for range 4000 {
		s = lyapunov(m, s, q)
	}
	return [3]float64{s[0][0], s[0][1], s[1][1]}
}

func lyapunov(m, s [4][4]float64, q [4]float64) (out [4][4]float64) {
	for i := range 4 {
		for j := range 4 {
			for k := range 4 {
				for l := range 4 {
					out[i][j] += m[i][k] * s[k][l] * m[j][l]
				}
			}
		}
		out[i][i] += q[i]
	}
	return out
}

// moments returns mean and covariance (xx, xy, yy) over all chains about the
// known mean, with the standard errors found from the spread between chains.
func moments(averages [][5]float64, mean [2]float64) (value, sd [5]float64) {
	n := float64(len(averages))
	var sum, square [5]float64
	for _, a := range averages {
		x, y := a[0]-mean[0], a[1]-mean[1]
		central := [5]float64{x, y,
			a[2] - 2*mean[0]*a[0] + mean[0]*mean[0],
			a[3] - mean[0]*a[1] - mean[1]*a[0] + mean[0]*mean[1],
			a[4] - 2*mean[1]*a[1] + mean[1]*mean[1]}
		for j, v := range central {
			sum[j] += v
			square[j] += v * v
		}
	}
	for j := range value {
		value[j] = sum[j] / n
		sd[j] = math.Sqrt((square[j]/n - value[j]*value[j]) / (n - 1))
	}
	return value, sd
}

// Bounds: the estimate lies within 4 standard errors (found from 64
// independent chains of 6,000 steps) of the moments that the discretised
// chain has; those lie within the stated relative discretisation error of the
// continuous target's, which is of first order in the learning rate; and the
// standard error is small enough (4%) for the comparison to mean something.
func TestChainsReproduceAGaussianTarget(t *testing.T) {
	for _, test := range []struct {
		name           string
		temperature    float64
		discretisation float64
	}{{"sgld", 1, 0.17}, {"sgld", 0.5, 0.17}, {"sghmc", 1, 0.21}, {"sghmc", 0.5, 0.21}} {
		c := gaussConfig(test.name, test.temperature)
		averages, _ := chains(t, c, 7)
		mean, cov := posterior(test.temperature)
		value, sd := moments(averages, mean)
		exact, finer := stationary(c, gaussRate), stationary(c, gaussRate/10)
		want := [5]float64{0, 0, exact[0], exact[1], exact[2]}
		for j, target := range [3]float64{cov[0][0], cov[0][1], cov[1][1]} {
			d, small := math.Abs(exact[j]/target-1), math.Abs(finer[j]/target-1)
			if d > test.discretisation || small > test.discretisation/8 {
				t.Errorf("%s at T=%g: covariance %d of the discretised chain is off by %.3f, at a tenth of the rate by %.4f",
					test.name, test.temperature, j, d, small)
			}
			if sd[2+j] > 0.04*math.Abs(target) {
				t.Errorf("%s at T=%g: standard error %.3g of covariance %.3g", test.name, test.temperature, sd[2+j], target)
			}
		}
		for j := range want {
			if math.Abs(value[j]-want[j]) > 4*sd[j] {
				t.Errorf("%s at T=%g: moment %d is %.5g, want %.5g +- %.2g", test.name, test.temperature, j, value[j], want[j], 4*sd[j])
			}
		}
	}
}

func TestCovarianceIsProportionalToTemperature(t *testing.T) {
	for _, name := range []string{"sgld", "sghmc"} {
		mean, _ := posterior(1)
		warm, _ := chains(t, gaussConfig(name, 1), 21)
		cool, _ := chains(t, gaussConfig(name, 0.5), 22)
		w, wsd := moments(warm, mean)
		c, csd := moments(cool, mean)
		for j := 2; j < 5; j++ {
			ratio := w[j] / c[j]
			sd := ratio * math.Hypot(wsd[j]/w[j], csd[j]/c[j])
			if math.Abs(ratio-2) > 4*sd || sd > 0.1 {
				t.Errorf("%s: covariance %d falls by %.3f from T=1 to T=0.5, want 2 +- %.2f", name, j, ratio, 4*sd)
			}
		}
	}
}

// Chains that do not spread would make every uncertainty of this package zero.
func TestParallelChainsSpreadOnlyWithTemperature(t *testing.T) {
	for _, name := range []string{"sgld", "sghmc"} {
		_, cov := posterior(1)
		for _, temperature := range []float64{1, 0} {
			_, final := chains(t, gaussConfig(name, temperature), 33)
			spread := spreadOf(final)
			want := math.Sqrt(cov[0][0])
			if temperature > 0 && (spread < 0.7*want || spread > 1.5*want) {
				t.Errorf("%s: chains at T=1 end with standard deviation %.4g, want about %.4g", name, spread, want)
			}
			if temperature == 0 && spread > 1e-9 {
				t.Errorf("%s: chains at T=0 end with standard deviation %.4g, want none", name, spread)
			}
		}
	}
}

// spreadOf returns the standard deviation over chains of the first parameter.
func spreadOf(params []float64) float64 {
	var sum, square float64
	n := float64(len(params) / 2)
	for i := 0; i < len(params); i += 2 {
		sum += params[i] / n
	}
	for i := 0; i < len(params); i += 2 {
		square += (params[i] - sum) * (params[i] - sum)
	}
	return math.Sqrt(square / (n - 1))
}
