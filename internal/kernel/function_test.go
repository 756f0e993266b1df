package kernel

import (
	"math"
	"strings"
	"testing"
)

// normalSlope is Phi(x) + x*phi(x).
func normalSlope(x float64) float64 {
	return math.Erfc(-x/math.Sqrt2)/2 + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

// tanhGelu is GeluTanh by its definition, with its derivative.
func tanhGelu(x float64) (y, slope float64) {
	u := math.Sqrt(2/math.Pi) * (x + 0.044715*x*x*x)
	t := math.Tanh(u)
	return x / 2 * (1 + t), (1+t)/2 + x/2*(1-t*t)*math.Sqrt(2/math.Pi)*(1+3*0.044715*x*x)
}

// ofInput makes an element of a function of one number.
func ofInput(name string, run func(y, x []float32), f func(x float64) float64, tolerance float64) element {
	return element{name, func(y, a, _ []float32, _, _ float32) { run(y, a) },
		func(a, _, _, _ float64) (float64, float64) { return f(a), math.Abs(f(a)) }, tolerance}
}

// ofSlope makes an element of a derivative; its errors are those of the slope.
func ofSlope(name string, run func(dx, dy, x []float32), slope func(x float64) float64, tolerance float64) element {
	return element{name, func(y, a, b []float32, _, _ float32) { run(y, a, b) },
		func(a, b, _, _ float64) (float64, float64) { return a * slope(b), math.Abs(a) }, tolerance}
}

// cut is min(max(alpha*x+beta, 0), 1), and whether it is neither.
func cut(x, alpha, beta float64) (y float64, inside bool) {
	t := alpha*x + beta
	return min(max(t, 0), 1), 0 < t && t < 1
}

var functions = []element{
	ofInput("erf", Erf, math.Erf, 6*eps),
	ofSlope("erfBackward", ErfBackward, func(x float64) float64 { return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x) }, 5*eps),
	ofInput("gelu", Gelu, func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 }, 8*eps),
	ofSlope("geluBackward", GeluBackward, normalSlope, 6*eps),
	{"geluTanh", func(y, a, _ []float32, _, _ float32) { GeluTanh(y, a) },
		func(a, _, _, _ float64) (float64, float64) { y, _ := tanhGelu(a); return y, math.Abs(a) }, 6 * eps},
	ofSlope("geluTanhBackward", GeluTanhBackward, func(x float64) float64 { _, s := tanhGelu(x); return s }, 9*eps),
	ofInput("exp", Exp, math.Exp, 3*eps),
	ofInput("tanh", Tanh, math.Tanh, 6*eps),
	ofSlope("tanhBackward", TanhBackward, func(x float64) float64 { return 1 - math.Tanh(x)*math.Tanh(x) }, 5*eps),
	{"log of a square", func(y, a, _ []float32, _, _ float32) { Mul(y, a, a); Log(y, y) },
		func(a, _, _, _ float64) (float64, float64) { v := math.Log(a * a); return v, math.Abs(v) + 1 }, 4 * eps},
	{"leakyReLU", func(y, a, _ []float32, s, _ float32) { LeakyReLU(y, a, s) },
		func(a, _, s, _ float64) (float64, float64) { return rounded(max(a, 0) + s*min(a, 0)) }, eps},
	{"leakyReLUBackward", func(y, a, b []float32, s, _ float32) { LeakyReLUBackward(y, a, b, s) },
		func(a, b, s, _ float64) (float64, float64) {
			if b <= 0 {
				a *= s
			}
			return rounded(a)
		}, eps},
	{"elu", func(y, a, _ []float32, s, _ float32) { ELU(y, a, s) },
		func(a, _, s, _ float64) (float64, float64) { return rounded(max(a, 0) + s*math.Expm1(min(a, 0))) }, 5 * eps},
	{"eluBackward", func(y, a, b []float32, s, _ float32) { ELUBackward(y, a, b, s) },
		func(a, b, s, _ float64) (float64, float64) {
			if b <= 0 {
				a *= s * math.Exp(b)
			}
			return rounded(a)
		}, 4 * eps},
	{"hardSigmoid", func(y, a, _ []float32, s, t float32) { HardSigmoid(y, a, s, t) },
		func(a, _, s, t float64) (float64, float64) {
			y, _ := cut(a, s, t)
			return y, math.Abs(s*a) + math.Abs(t)
		}, 3 * eps},
	{"hardSigmoidBackward", func(y, a, b []float32, s, t float32) { HardSigmoidBackward(y, a, b, s, t) },
		func(a, b, s, t float64) (float64, float64) {
			if _, inside := cut(b, s, t); inside {
				return rounded(a * s)
			}
			return 0, 0
		}, 2 * eps},
	{"hardSwish", func(y, a, _ []float32, s, t float32) { HardSwish(y, a, s, t) },
		func(a, _, s, t float64) (float64, float64) {
			y, _ := cut(a, s, t)
			return a * y, math.Abs(a) * (math.Abs(s*a) + math.Abs(t))
		}, 4 * eps},
	{"hardSwishBackward", func(y, a, b []float32, s, t float32) { HardSwishBackward(y, a, b, s, t) },
		func(a, b, s, t float64) (float64, float64) {
			slope, inside := cut(b, s, t)
			if inside {
				slope += s * b
			}
			return a * slope, math.Abs(a) * (1 + 2*math.Abs(s*b) + math.Abs(t))
		}, 4 * eps},
}

// accurate is a function whose comment states its error against float64.
type accurate struct {
	name  string
	run   func(y, x []float32)
	value func(x float64) float64
}

var accurates = []accurate{
	{"Erf", Erf, math.Erf},
	{"Exp", Exp, math.Exp},
	{"Log", Log, math.Log},
	{"Tanh", Tanh, math.Tanh},
	{"Gelu", Gelu, func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 }},
	{"GeluTanh", GeluTanh, func(x float64) float64 {
		return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}},
}

// TestFunctionsKeepTheirAccuracy compares with float64 and takes the limits
// from the comments of the kernels.
func TestFunctionsKeepTheirAccuracy(t *testing.T) {
	x := sweep()
	for _, f := range accurates {
		want := make([]float64, len(x))
		for i, v := range x {
			want[i] = f.value(float64(v))
		}
		t.Run(f.name, func(t *testing.T) {
			eachPath(t, func(t *testing.T) {
				y := make([]float32, len(x))
				f.run(y, x)
				if strings.Contains(sources().docs[f.name], "units of |x|") {
					checkUnits(t, f.name, y, want, x)
					return
				}
				var a accuracy
				for i, w := range want {
					if endless := float32(w); endless-endless != 0 { // NaN or Inf
						near(t, f.name, y[i:i+1], []float32{endless}, 0, nil)
						continue
					}
					a.add(y[i], w, math.Abs(w) >= 0x1p-126)
				}
				a.check(t, f.name)
			})
		})
	}
}

// checkUnits compares the largest error as a part of |x| with what is stated.
func checkUnits(t *testing.T, name string, got []float32, want []float64, x []float32) {
	t.Helper()
	worst := 0.0
	for i, w := range want {
		worst = max(worst, (math.Abs(float64(got[i])-w)-underflow)/(eps*math.Abs(float64(x[i]))+underflow))
	}
	t.Logf("%s is off by at most %.3f units of |x|", name, worst)
	if m := errorStatement.FindStringSubmatch(sources().docs[name]); m == nil || worst > number(m[1]) {
		t.Errorf("%s is off by %.3f units of |x|; stated is %q", name, worst, m)
	}
}

// figures are values and derivatives of torch 2.15 in float64 at torchX.
var torchX = []float32{-30, -9, -3.5, -3, -1.25, -0.751, -1e-3, 0, 0.4, 2.75, 3, 8}

var figures = []struct {
	name         string
	run          func(y, x []float32)
	back         func(dx, dy, x []float32)
	value, slope []float32
}{
	{"erf", Erf, ErfBackward,
		[]float32{-1, -1, -0.999999257, -0.99997791, -0.922900128, -0.711798083, -0.00112837879, 0, 0.428392355, 0.999899378, 0.99997791, 1},
		[]float32{0, 7.49207343e-36, 5.39942678e-06, 0.000139253052, 0.236521122, 0.641966754, 1.12837804, 1.12837917, 0.961541299, 0.000586277247, 0.000139253052, 1.8097068e-28}},
	{"gelu", Gelu, GeluBackward,
		[]float32{0, 0, -0.000814201777, -0.00404969409, -0.132062217, -0.169971072, -0.000499601058, 0, 0.262168697, 2.74180565, 2.99595031, 8},
		[]float32{0, -9.25179621e-18, -0.00282176035, -0.0119456472, -0.122661583, 0.000341781406, 0.499202116, 0.5, 0.802729798, 1.02202753, 1.01194565, 1}},
	{"gelu by tanh", GeluTanh, GeluTanhBackward,
		[]float32{0, 0, -0.000616197655, -0.00363739208, -0.132285797, -0.170040291, -0.000499601058, 0, 0.262161169, 2.74227686, 2.99636261, 8},
		[]float32{0, 0, -0.00242264376, -0.0115841666, -0.122492632, 0.000629823787, 0.499202116, 0.5, 0.802658834, 1.02194892, 1.01158417, 1}},
	{"tanh", Tanh, TanhBackward,
		[]float32{-1, -0.99999997, -0.998177898, -0.995054754, -0.84828364, -0.635745159, -0.000999999667, 0, 0.379948962, 0.991859725, 0.995054754, 0.999999775},
		[]float32{0, 6.09199171e-08, 0.00364088472, 0.00986603717, 0.280414866, 0.595828092, 0.999999, 1, 0.855638786, 0.0162142868, 0.00986603717, 4.50140598e-07}},
	{"elu", func(y, x []float32) { ELU(y, x, 0.5) }, func(dx, dy, x []float32) { ELUBackward(dx, dy, x, 0.5) },
		[]float32{-0.5, -0.499938295, -0.484901308, -0.475106466, -0.356747602, -0.264052789, -0.000499750083, 0, 0.4, 2.75, 3, 8},
		[]float32{4.67881148e-14, 6.1704902e-05, 0.0150986917, 0.0248935342, 0.143252398, 0.235947211, 0.49950025, 0.5, 1, 1, 1, 1}},
	{"leaky", func(y, x []float32) { LeakyReLU(y, x, 0.25) }, func(dx, dy, x []float32) { LeakyReLUBackward(dx, dy, x, 0.25) },
		[]float32{-7.5, -2.25, -0.875, -0.75, -0.3125, -0.18775, -0.00025, 0, 0.4, 2.75, 3, 8},
		[]float32{0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 1, 1, 1, 1}},
	{"hard sigmoid", mobileNet(HardSigmoid), mobileNetBackward(HardSigmoidBackward),
		[]float32{0, 0, 0, 0, 0.291666667, 0.374833333, 0.499833333, 0.5, 0.566666667, 0.958333333, 1, 1},
		[]float32{0, 0, 0, 0, 0.166666667, 0.166666667, 0.166666667, 0.166666667, 0.166666667, 0.166666667, 0, 0}},
	{"hard swish", mobileNet(HardSwish), mobileNetBackward(HardSwishBackward),
		[]float32{0, 0, 0, 0, -0.364583333, -0.281499833, -0.000499833333, 0, 0.226666667, 2.63541667, 3, 8},
		[]float32{0, 0, 0, 0, 0.0833333333, 0.249666667, 0.499666667, 0.5, 0.633333333, 1.41666667, 1, 1}},
}

func mobileNet(f func(y, x []float32, alpha, beta float32)) func(y, x []float32) {
	return func(y, x []float32) { f(y, x, 1./6, 0.5) }
}

func mobileNetBackward(f func(dx, dy, x []float32, alpha, beta float32)) func(dx, dy, x []float32) {
	return func(dx, dy, x []float32) { f(dx, dy, x, 1./6, 0.5) }
}

func TestFunctionsAgreeWithTorch(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		y, one := make([]float32, len(torchX)), make([]float32, len(torchX))
		Fill(one, 1)
		for _, f := range figures {
			f.run(y, torchX)
			near(t, f.name, y, f.value, 3e-7, nil)
			f.back(y, one, torchX)
			near(t, f.name+" backward", y, f.slope, 6e-7, nil)
		}
	})
}

func TestFunctionsAtTheEnds(t *testing.T) {
	x := []float32{inf, -inf, nan, 1e30, -1e30}
	one := []float32{1, 1, 1, 1, 1}
	eachPath(t, func(t *testing.T) {
		y := make([]float32, len(x))
		for _, f := range []struct {
			name         string
			run          func(y, x []float32)
			back         func(dx, dy, x []float32)
			value, slope []float32
		}{
			{"erf", Erf, ErfBackward, []float32{1, -1, nan, 1, -1}, []float32{0, 0, nan, 0, 0}},
			{"gelu", Gelu, GeluBackward, []float32{inf, 0, nan, 1e30, 0}, []float32{1, 0, nan, 1, 0}},
			{"gelu by tanh", GeluTanh, GeluTanhBackward, []float32{inf, 0, nan, 1e30, 0}, []float32{1, 0, nan, 1, 0}},
			{"tanh", Tanh, TanhBackward, []float32{1, -1, nan, 1, -1}, []float32{0, 0, nan, 0, 0}},
			{"exp", Exp, TanhBackward, []float32{inf, 0, nan, inf, 0}, []float32{0, 0, nan, 0, 0}},
			{"log", Log, TanhBackward, []float32{inf, nan, nan, 69.0775528, nan}, []float32{0, 0, nan, 0, 0}},
			{"hard swish", mobileNet(HardSwish), mobileNetBackward(HardSwishBackward), []float32{inf, nan, nan, 1e30, 0}, []float32{1, 0, nan, 1, 0}},
		} {
			f.run(y, x)
			near(t, f.name, y, f.value, 1e-30, nil)
			f.back(y, one, x)
			near(t, f.name+" backward", y, f.slope, 1e-30, nil)
		}
	})
}
