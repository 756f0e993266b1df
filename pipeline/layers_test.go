package pipeline

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layers is the import table: a package may import of ours only what its row
// lists. Dependencies point one way, kernels and formats below, flags on top.
// Tests may import what testOnly lists besides.
var layers = map[string][]string{
	"configs":              {},
	"internal/fault":       {},
	"internal/rng":         {},
	"internal/numtest":     {},
	"internal/artifact":    {"internal/fault"},
	"internal/kernel":      {},
	"internal/memory":      {},
	"internal/mapped":      {},
	"internal/safetensors": {"internal/fault", "internal/mapped"},
	"internal/onnx":        {"internal/fault", "internal/mapped"},
	"internal/onnx/eval":   {"internal/onnx", "internal/mapped", "internal/fault", "internal/rng"},
	"internal/graph":       {"internal/rng"},
	"internal/metrics":     {},
	"internal/bayes":       {"internal/rng"},
	"internal/pixel":       {"internal/kernel"},
	"internal/jpeg":        {"internal/kernel"},
	"augment":              {"internal/rng", "internal/pixel", "internal/fault"},
	"internal/exec":        {"internal/graph", "internal/kernel", "internal/bayes", "internal/rng"},
	"models":               {"internal/graph", "internal/artifact", "internal/safetensors", "internal/onnx", "internal/onnx/eval", "internal/fault", "internal/rng"},
	"data":                 {"internal/artifact", "augment", "internal/fault", "internal/rng", "internal/jpeg"},
	"cv":                   {"data", "internal/artifact", "internal/metrics", "internal/bayes", "internal/fault", "internal/rng"},
	"internal/train": {"data", "models", "internal/graph", "internal/exec", "internal/bayes", "internal/metrics",
		"internal/artifact", "augment", "internal/fault", "internal/memory", "internal/rng"},
	"internal/report": {"cv", "internal/artifact", "internal/metrics", "internal/fault", "data"},
	"pipeline": {"configs", "data", "augment", "models", "cv", "internal/train", "internal/bayes", "internal/metrics", "internal/report",
		"internal/artifact", "internal/exec", "internal/fault", "internal/rng", "internal/memory"},
	"cmd/melanoma": {"pipeline", "models", "augment", "data", "cv", "internal/metrics", "internal/fault", "internal/exec", "internal/kernel",
		"internal/artifact", "internal/bayes", "internal/rng", "internal/onnx", "internal/onnx/eval"},
}

// homes says which packages may import a third-party module; the longest
// prefix counts.
var homes = map[string][]string{
	"github.com/apache/arrow/go":        {"internal/artifact"},
	"gorgonia.org/gorgonia":             {"internal/graph", "internal/exec", "models"},
	"gorgonia.org/tensor":               {"internal/graph", "internal/exec", "models"},
	"github.com/chewxy/hm":              {"internal/graph"},
	"github.com/owulveryck/onnx-go":     {"models"},
	"google.golang.org/protobuf":        {"internal/onnx"},
	"gonum.org/v1/gonum":                {"internal/metrics"},
	"gonum.org/v1/gonum/graph":          {"models"},
	"gonum.org/v1/gonum/mathext/prng":   {"augment"},
	"gonum.org/v1/plot":                 {"internal/report"},
	"github.com/disintegration/imaging": {"augment", "data"},
	"github.com/goccy/go-yaml":          {"pipeline"},
	"github.com/spf13/cobra":            {"cmd/melanoma"},
	"github.com/spf13/pflag":            {"cmd/melanoma"},
	"github.com/vbauerster/mpb":         {"cmd/melanoma"},
	"github.com/rogpeppe/go-internal":   {"cmd/melanoma"},
	"golang.org/x/image/font":           {"cmd/melanoma"},
	"golang.org/x/image/math/fixed":     {"cmd/melanoma"},
	"golang.org/x/term":                 {"cmd/melanoma"},
	"golang.org/x/sys/cpu":              {"internal/kernel", "internal/pixel", "internal/jpeg"},
	"golang.org/x/sys/unix":             {"internal/exec", "internal/mapped"},
}

// testOnly may be imported by any package's tests: support, seeded numbers,
// and the switch between kernel paths.
var testOnly = []string{"internal/numtest", "internal/rng", "internal/kernel"}

// TestImportsFollowTheLayers parses every file of the module in this process:
// a test that shells out to `go list` would keep its cached verdict.
func TestImportsFollowTheLayers(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != ".." && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "runs" || name == "datasets") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") {
			checkFile(t, path, seen)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range layers {
		if !seen[pkg] {
			t.Errorf("the table lists %s, which has no Go files", pkg)
		}
	}
}

func checkFile(t *testing.T, path string, seen map[string]bool) {
	pkg, err := filepath.Rel("..", filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	pkg = filepath.ToSlash(pkg)
	seen[pkg] = true
	allowed, listed := layers[pkg]
	if !listed {
		t.Errorf("%s: package %s is not in the table of layers", path, pkg)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return
	}
	isTest := strings.HasSuffix(path, "_test.go")
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if problem := checkImport(pkg, name, allowed, isTest); problem != "" {
			t.Errorf("%s: %s", path, problem)
		}
	}
}

func checkImport(pkg, name string, allowed []string, isTest bool) string {
	if ours, ok := strings.CutPrefix(name, "melanoma/"); ok {
		if ours == pkg || slices.Contains(allowed, ours) || isTest && slices.Contains(testOnly, ours) {
			return ""
		}
		return "package " + pkg + " may not import " + ours
	}
	if name == "C" {
		return "cgo is not used here"
	}
	first, _, _ := strings.Cut(name, "/")
	if !strings.Contains(first, ".") {
		return "" // standard library
	}
	best := ""
	for prefix := range homes {
		if (name == prefix || strings.HasPrefix(name, prefix+"/")) && len(prefix) > len(best) {
			best = prefix
		}
	}
	if best == "" {
		return name + " has no home in the table of third-party packages"
	}
	if !slices.Contains(homes[best], pkg) {
		return "package " + pkg + " may not import " + best + ": its home is " + strings.Join(homes[best], ", ")
	}
	return ""
}

func TestImportCheckFindsForbiddenImports(t *testing.T) {
	for _, c := range []struct {
		pkg, name string
		isTest    bool
		ok        bool
	}{
		{"data", "melanoma/augment", false, true},
		{"data", "melanoma/models", false, false},
		{"internal/kernel", "melanoma/internal/graph", false, false},
		{"internal/metrics", "melanoma/internal/numtest", true, true},
		{"internal/metrics", "melanoma/internal/numtest", false, false},
		{"data", "github.com/apache/arrow/go/v15/arrow", false, false},
		{"internal/artifact", "github.com/apache/arrow/go/v15/arrow", false, true},
		{"models", "gonum.org/v1/gonum/graph/simple", false, true},
		{"models", "gonum.org/v1/gonum/stat", false, false},
		{"cv", "github.com/unlisted/thing", false, false},
		{"cv", "C", false, false},
		{"cv", "encoding/csv", false, true},
	} {
		if problem := checkImport(c.pkg, c.name, layers[c.pkg], c.isTest); (problem == "") != c.ok {
			t.Errorf("%s importing %s: %q, want allowed %v", c.pkg, c.name, problem, c.ok)
		}
	}
}
