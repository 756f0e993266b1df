package models

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/fault"
	"melanoma/internal/numtest"
	"melanoma/internal/safetensors"
)

// timmTensors are an architecture's tensors as timm saves them, with formula
// values and BatchNorm's counters.
func timmTensors(t testing.TB, arch string, classes int) []safetensors.Floats {
	t.Helper()
	tensors := emptyTensors(t, arch, classes)
	for i, f := range tensors {
		if f.Shape != nil {
			tensors[i].Values = numtest.FormulaWeights(f.Name, f.Shape)
		}
	}
	return tensors
}

// emptyTensors are the same filled with zeros.
func emptyTensors(t testing.TB, arch string, classes int) []safetensors.Floats {
	t.Helper()
	net, err := buildArch(arch)
	if err != nil {
		t.Fatal(err)
	}
	var out []safetensors.Floats
	for _, p := range net.Params {
		shape := slices.Clone(p.Shape)
		if strings.HasPrefix(p.Name, "classifier.") || strings.HasPrefix(p.Name, "fc.") {
			shape[0] = classes
		}
		n := Param{Shape: shape}.Len()
		out = append(out, safetensors.Floats{Name: p.Name, Shape: shape, Values: make([]float32, n)})
		if bn, ok := strings.CutSuffix(p.Name, ".running_var"); ok {
			out = append(out, safetensors.Floats{Name: bn + ".num_batches_tracked", Values: []float32{7}})
		}
	}
	return out
}

func writeTimm(t testing.TB, tensors []safetensors.Floats) string {
	t.Helper()
	var b bytes.Buffer
	if err := safetensors.Write(&b, tensors, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "weights.safetensors", b.Bytes())
}

func writeFile(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGoldenWeightsUnderTimmsNames(t *testing.T) {
	g := readGolden(t, numtest.Golden(t, "models/tf_efficientnet_b0@64.json"))
	classes := len(g.EvalLogits[0])
	path := writeTimm(t, timmTensors(t, g.Model, classes))
	net, weights, err := ReadTimm(path, g.Model, 0)
	if err != nil {
		t.Fatal(err)
	}
	if net.Classes != classes {
		t.Errorf("%d classes, want %d", net.Classes, classes)
	}
	g.checkState(t, net)
	g.checkEvaluation(t, net, weights)
	// The same through Build, which puts a head of its own name on.
	net, weights, err = Build(Config{Arch: g.Model, Weights: path, Classes: classes, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	g.checkEvaluation(t, net, weights)
}

func TestSharedPrefixOfNamesIsLeftOut(t *testing.T) {
	for arch, first := range map[string]string{"tiny": "conv_stem.weight", "resnet18": "conv1.weight"} {
		tensors := emptyTensors(t, arch, 4)
		tensors[0].Values[1] = 7
		for i := range tensors {
			tensors[i].Name = "module." + tensors[i].Name
		}
		_, weights, err := ReadTimm(writeTimm(t, tensors), arch, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(weights[first], tensors[0].Values) {
			t.Error("other values")
		}
	}
}

func TestHalfPrecisionWeightsAreWidened(t *testing.T) {
	tensors := timmTensors(t, "tiny", 4)
	type info struct {
		Dtype   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	header, data := map[string]info{}, []byte{}
	for _, f := range tensors {
		from := len(data)
		for _, v := range f.Values {
			data = binary.LittleEndian.AppendUint16(data, uint16(math.Float32bits(v)>>16))
		}
		header[f.Name] = info{"BF16", append([]int{}, f.Shape...), [2]int{from, len(data)}}
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	content := append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), append(text, data...)...)
	_, weights, err := ReadTimm(writeFile(t, "half.safetensors", content), "tiny", 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range weights["bn1.running_mean"] {
		full := math.Float32bits(numtest.FormulaWeights("bn1.running_mean", []int{16})[i])
		if math.Float32bits(v) != full>>16<<16 {
			t.Fatalf("element %d is %v", i, v)
		}
	}
}

func TestClassifierOfAnotherCountIsReplaced(t *testing.T) {
	whole := timmTensors(t, "tiny", 4)
	bare := slices.DeleteFunc(slices.Clone(whole), func(f safetensors.Floats) bool { return strings.HasPrefix(f.Name, "classifier.") })
	for name, c := range map[string]struct {
		tensors []safetensors.Floats
		config  Config
		fresh   string
		classes int
	}{
		"the same count":    {whole, Config{Classes: 4}, "", 4},
		"no count wanted":   {whole, Config{}, "", 4},
		"another count":     {whole, Config{Classes: 9}, "it has 4 classes, wanted are 9", 9},
		"joined metadata":   {whole, Config{Classes: 4, Meta: &MetaConfig{Inputs: 3}}, "metadata joins its features", 4},
		"no classifier":     {bare, Config{Classes: 9}, "holds no classifier", 9},
		"kept as it is":     {whole, Config{KeepHead: true}, "", 4},
		"multiple dropouts": {whole, Config{Classes: 4, Dropout: 0.5, DropoutSamples: 5}, "", 4},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Arch, c.config.Weights = "tiny", writeTimm(t, c.tensors)
			net, weights, err := Build(c.config)
			if err != nil {
				t.Fatal(err)
			}
			fresh, err := c.config.FreshHead()
			if err != nil || !strings.Contains(fresh, c.fresh) || c.fresh == "" && fresh != "" {
				t.Errorf("said %q, error %v, want %q", fresh, err, c.fresh)
			}
			kept := slices.Equal(weights["classifier.weight"], numtest.FormulaWeights("classifier.weight", []int{4, 192}))
			if net.Classes != c.classes || kept != (c.fresh == "") {
				t.Errorf("%d classes, classifier kept: %v", net.Classes, kept)
			}
			if !slices.Equal(weights["conv_stem.weight"], whole[0].Values) {
				t.Error("the backbone has other values")
			}
		})
	}
}

func TestWeightsOfAnotherArchitectureAreNamed(t *testing.T) {
	change := func(f func([]safetensors.Floats) []safetensors.Floats) string {
		return writeTimm(t, f(emptyTensors(t, "tiny", 4)))
	}
	for name, c := range map[string]struct{ path, arch, sentence, hint string }{
		"another width":            {writeTimm(t, emptyTensors(t, "tf_efficientnet_b1", 3)), "tf_efficientnet_b0", "128 are unknown (blocks.", "names and shapes are those of tf_efficientnet_b1"},
		"the other padding's name": {writeTimm(t, emptyTensors(t, "tf_efficientnet_b1", 3)), "efficientnet_b2", "have another shape (", "names and shapes are those of efficientnet_b1"},
		"another family":           {writeTimm(t, emptyTensors(t, "seresnext50_32x4d", 3)), "resnet50", "have another shape (", "names and shapes are those of seresnext50_32x4d"},
		"one absent":               {change(func(f []safetensors.Floats) []safetensors.Floats { return f[1:] }), "tiny", "1 tensors are missing (conv_stem.weight)", "nearest is tiny: "},
		"one too many": {change(func(f []safetensors.Floats) []safetensors.Floats {
			return append(f, safetensors.Floats{Name: "extra", Shape: []int{1}, Values: []float32{1}})
		}), "tiny", "1 are unknown (extra)", "nearest is tiny"},
		"half a classifier": {change(func(f []safetensors.Floats) []safetensors.Floats { return f[:len(f)-1] }), "tiny", "classifier", ""},
		"another kind": {change(func(f []safetensors.Floats) []safetensors.Floats {
			return []safetensors.Floats{{Name: "w", Values: []float32{1}}}
		}), "tiny", "tensors are missing (conv_stem.weight, bn1.weight, bn1.bias, ...)", "no architecture of"},
		"no such file": {"none.safetensors", "tiny", "none.safetensors", "check the path"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Build(Config{Arch: c.arch, Weights: c.path})
			if err == nil || !strings.Contains(err.Error(), c.sentence) || !strings.Contains(err.Error(), c.path) {
				t.Errorf("error %v does not say %q", err, c.sentence)
			}
			if fault.KindOf(err) != fault.Input || !strings.Contains(fault.HintOf(err), c.hint) {
				t.Errorf("kind %d, hint %q, want %q", fault.KindOf(err), fault.HintOf(err), c.hint)
			}
		})
	}
	_, _, err := Build(Config{Weights: "w.safetensors", ONNX: "net.onnx"})
	if fault.KindOf(err) != fault.Usage {
		t.Errorf("weights without an architecture: %v", err)
	}
	if _, _, err := Build(Config{Weights: "w.safetensors", Arch: "efficientnet_b99"}); fault.KindOf(err) != fault.Usage {
		t.Errorf("unknown architecture: %v", err)
	}
}
