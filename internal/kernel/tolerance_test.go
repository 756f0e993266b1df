package kernel

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// tolerance is how far a path may be from the reference. It is read from the
// comment of the kernel, so what is stated there is what is tested.
type tolerance struct {
	base, root float64 // base + root*sqrt(terms)
	inUlp      bool    // of the result, else units of 2^-24 of the magnitudes
	floor      float64 // a difference that is always allowed
}

// statement is "Tolerance: 3 ULP", with "or 2^-126" for results near zero,
// or "Tolerance: 4+sqrt(rows) units", where sqrt(rows) is that of terms, or
// "Tolerance: that of Swish".
var (
	statement      = regexp.MustCompile(`Tolerance: ([\d.]+)(?:\+(?:([\d.]+)\*)?sqrt(\([^)]+\)))? (ULP|units)(?: or 2\^-(\d+))?`)
	likeStatement  = regexp.MustCompile(`Tolerance: that of (\w+)`)
	errorStatement = regexp.MustCompile(`Error against float64: at most ([\d.]+) (ULP|units of \|x\|)`)
)

// underflow is the difference that vanishing products make, times factors of
// up to largest.
const underflow = 0x1p-100

func parseTolerance(doc string) (tol tolerance, ok bool) {
	if like := likeStatement.FindStringSubmatch(doc); like != nil {
		doc = sources().docs[like[1]]
	}
	m := statement.FindStringSubmatch(doc)
	if m == nil {
		return tol, false
	}
	tol = tolerance{base: number(m[1]), root: number(m[2]), inUlp: m[4] == "ULP"}
	if m[2] == "" && m[3] != "" {
		tol.root = 1
	}
	if !tol.inUlp {
		tol.floor = underflow
	} else if m[5] != "" {
		tol.floor = math.Ldexp(1, -int(number(m[5])))
	}
	return tol, true
}

// number is what a part of a pattern that lets numbers pass alone says; 0
// where the part is missing.
func number(s string) float64 {
	v, _ := strconv.ParseFloat(s, 64)
	return v
}

// limit is how many units results may differ by that are sums of so many
// terms; uneven ones may have any signs and sizes.
func (tol tolerance) limit(terms int, uneven bool) float64 {
	switch {
	case tol.root == 0:
		return tol.base
	case uneven:
		return tol.base + 2*float64(terms)
	}
	return tol.base + tol.root*math.Sqrt(float64(terms))
}

// compare fails the test where a result is too far from the reference and
// returns the largest difference as a part of what is allowed.
func (tol tolerance) compare(t *testing.T, what string, got, want, size []float32, allowed float64) (worst float64) {
	t.Helper()
	if tol.inUlp && allowed == 0 && tol.floor == 0 {
		sameBits(t, what, got, want)
		return 0
	}
	for i, w := range want {
		g := got[i]
		if g == w || g != g && w != w {
			continue
		}
		unit := eps * float64(size[i])
		if tol.inUlp {
			unit = ulp(w)
		}
		d := math.Abs(float64(g) - float64(w))
		if d <= tol.floor {
			continue
		}
		worst = max(worst, d/(allowed*unit))
		if !(d <= allowed*unit) {
			t.Fatalf("%s: element %d of %d is %v, the reference %v: off by %.3g of %.3g units", what, i, len(want), g, w, d/unit, allowed)
		}
	}
	return worst
}

// ulp is the unit in the last place of v.
func ulp(v float32) float64 {
	v = float32(math.Abs(float64(v)))
	return float64(math.Nextafter32(v, inf)) - float64(v)
}

// stated returns the tolerance in the comment of a kernel.
func stated(t *testing.T, name string) tolerance {
	t.Helper()
	tol, ok := parseTolerance(sources().docs[name])
	if !ok {
		t.Fatalf("the comment of %s states no tolerance", name)
	}
	return tol
}

// sources has the comments of the exported kernels, on one line each, and the
// names of the fuzz targets.
var sources = sync.OnceValue(func() (s struct {
	docs    map[string]string
	targets map[string]bool
}) {
	s.docs, s.targets = map[string]string{}, map[string]bool{}
	entries, err := os.ReadDir(".")
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_stubs_amd64.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ParseComments)
		if err != nil {
			panic(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			switch {
			case !ok || f.Recv != nil:
			case strings.HasSuffix(e.Name(), "_test.go"):
				s.targets[f.Name.Name] = true
			case f.Name.IsExported() && takesVectors(f):
				s.docs[f.Name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
		}
	}
	return s
})

// takesVectors tells kernels from the other exported functions.
func takesVectors(f *ast.FuncDecl) bool {
	for _, p := range f.Type.Params.List {
		if _, ok := p.Type.(*ast.ArrayType); ok {
			return true
		}
	}
	return false
}

func TestEveryKernelStatesItsToleranceAndIsFuzzed(t *testing.T) {
	for name, doc := range sources().docs {
		if _, ok := parseTolerance(doc); !ok {
			t.Errorf("the comment of %s states no tolerance", name)
		}
		if trials[name] == nil {
			t.Errorf("no trial of %s", name)
		}
		if !sources().targets["Fuzz"+name] {
			t.Errorf("no fuzz target for %s", name)
		}
	}
	for name := range trials {
		if sources().docs[name] == "" {
			t.Errorf("trial of %s, which is no kernel", name)
		}
	}
}
