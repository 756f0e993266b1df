package models

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/fault"
	"melanoma/internal/numtest"
	"melanoma/internal/onnx"
)

func TestGoldenExportedB0(t *testing.T) {
	t.Parallel()
	g := readGolden(t, numtest.Golden(t, "models/tf_efficientnet_b0@64.json"))
	net, weights, err := ReadONNX(numtest.Shared(t, "onnx/exported/tf_efficientnet_b0_9c_train_opset18.onnx"), 64)
	if err != nil {
		t.Fatal(err)
	}
	g.checkState(t, net)
	// The export ran one training step, which moved the running statistics.
	for _, p := range net.Params {
		formula := numtest.FormulaWeights(p.Name, p.Shape)
		if p.Role.Trained() && !slices.Equal(weights[p.Name], formula) {
			t.Fatalf("%s has not the values of the formula", p.Name)
		}
		weights[p.Name] = formula
	}
	g.checkEvaluation(t, net, weights)
	g.checkTraining(t, net, weights)
}

func TestFileOfAnySizeKeepsSamePadding(t *testing.T) {
	path := numtest.Shared(t, "onnx/exported/tf_efficientnet_b0_9c_train_opset18.onnx")
	native, err := buildArch("tf_efficientnet_b0")
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{32, 75, 128} {
		net, _, err := ReadONNX(path, size)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []Layer
		for _, l := range net.Layers {
			if l.Op == OpConv {
				got = append(got, Layer{Stride: l.Stride, Pad: l.Pad, Same: l.Same, Groups: l.Groups})
			}
		}
		for _, l := range native.Layers {
			if l.Op == OpConv {
				want = append(want, Layer{Stride: l.Stride, Pad: l.Pad, Same: l.Same, Groups: l.Groups})
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("at %d pixels the convolutions differ from the native ones", size)
		}
	}
}

func TestWrittenFileReadsBackEqual(t *testing.T) {
	for _, arch := range []string{"tf_efficientnet_b0", "efficientnet_b1", "tf_efficientnet_lite0", "efficientnet_lite0", "tiny",
		"resnest14d", "resnest50d_4s2x40d", "seresnext26t_32x4d", "resnet18"} {
		for _, meta := range []*MetaConfig{nil, {Inputs: 14, Hidden: []int{32, 8}, Dropout: 0.3}} {
			net, weights, err := Build(Config{Arch: arch, Size: 75, Classes: 9, Dropout: 0.5, DropoutSamples: 5, StochasticDepth: 0.2, Meta: meta, Seed: 3})
			if err != nil {
				t.Fatal(err)
			}
			net.Mean = [3]float32{0.1, 0.2, 0.3}
			path := writeNet(t, net, weights)
			again, weightsAgain, err := ReadONNX(path, 0)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(net, again) || !reflect.DeepEqual(weights, weightsAgain) {
				t.Errorf("%s with metadata %v: the network that was read differs", arch, meta)
			}
		}
	}
}

func TestEveryWindowReadsBackEqual(t *testing.T) {
	net := &Net{Name: "windows", Classes: 2, InputSize: 21, Mean: halves, Std: halves, Input: "input"}
	b := &builder{net: net, last: "input"}
	l := b.convolution("conv", 3, 4, 3, 1, 1)
	l.Stride, l.Dilation, l.Pad = [2]int{1, 2}, [2]int{2, 3}, [4]int{2, 3, 1, 0}
	b.convolution("same", 4, 8, 3, 2, 2).Same = true
	for i, l := range []Layer{
		{Op: OpMaxPool, Kernel: [2]int{3, 2}, Stride: [2]int{1, 2}, Pad: [4]int{1, 1, 0, 0}, Ceil: true},
		{Op: OpMaxPool, Kernel: [2]int{3, 3}, Stride: [2]int{1, 1}, Same: true},
		{Op: OpAveragePool, Kernel: [2]int{3, 3}, Stride: [2]int{2, 1}, Pad: [4]int{1, 1, 1, 1}, CountPad: true},
		{Op: OpAveragePool, Kernel: [2]int{2, 2}, Stride: [2]int{1, 1}, Ceil: true},
	} {
		l.Name, l.Inputs = fmt.Sprintf("pool%d", i), []string{b.last}
		b.add(l)
	}
	b.unary(OpGlobalMean, "mean")
	net.Pooled = b.unary(OpFlatten, "pooled")
	net.Output = b.linear("logits", "classifier", 8, 2)
	weights := net.initialize(1)
	again, weightsAgain, err := ReadONNX(writeNet(t, net, weights), 0)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(net, again) || !reflect.DeepEqual(weights, weightsAgain) {
		t.Errorf("the network that was read differs: %+v", again.Layers)
	}
}

func TestPretrainedFileWritesAndReadsBackEqual(t *testing.T) {
	net, weights, err := ReadONNX(numtest.Shared(t, "onnx/pretrained/efficientnet_lite0_batchnorm.onnx"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if net.InputSize != 224 || net.Classes != 5 {
		t.Errorf("size %d and %d classes, want 224 and 5", net.InputSize, net.Classes)
	}
	again, weightsAgain, err := ReadONNX(writeNet(t, net, weights), 0)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(net, again) || !reflect.DeepEqual(weights, weightsAgain) {
		t.Error("the network that was read differs")
	}
}

func TestWrittenBytesRepeat(t *testing.T) {
	net, weights, err := Build(Config{Arch: "tiny", Classes: 2, Dropout: 0.2, DropoutSamples: 3})
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := WriteONNX(w, net, weights, 0); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two files of one network differ")
	}
}

// writeNet writes a network to a file of its own and returns the path.
func writeNet(t testing.TB, net *Net, weights Weights) string {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteONNX(&buf, net, weights, 0); err != nil {
		t.Fatal(err)
	}
	return writeBytes(t, buf.Bytes())
}

func writeBytes(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net.onnx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDamagedFileIsAnInputError(t *testing.T) {
	net, weights := miniature(t)
	whole, err := os.ReadFile(writeNet(t, net, weights))
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]byte{"empty": nil, "text": []byte("image_name,target\nISIC_1,0\n"), "zeros": make([]byte, 100)}
	for cut := 1; cut < len(whole); cut += 1 + len(whole)/97 {
		cases[fmt.Sprintf("cut at %d", cut)] = whole[:cut]
	}
	for name, data := range cases {
		_, _, err := ReadONNX(writeBytes(t, data), 0)
		if err == nil || fault.KindOf(err) != fault.Input || fault.HintOf(err) == "" {
			t.Errorf("%s: error %v of kind %d with hint %q, want an input error with a hint", name, err, fault.KindOf(err), fault.HintOf(err))
		}
	}
	if _, _, err := ReadONNX(filepath.Join(t.TempDir(), "none.onnx"), 0); fault.KindOf(err) != fault.Input {
		t.Errorf("absent file: %v", err)
	}
}

func TestUnsupportedFilesAreNamedPrecisely(t *testing.T) {
	for file, want := range map[string]string{
		"efficientnet_b0_onnx_graph_only/computer_devices.onnx": "conv1.weight is stored in a second file, computer_devices.onnx.data",
		"efficientnet_b0_onnx_graph_only/efficientnet_b0.onnx":  "conv_stem.weight is stored in a second file, efficientnet_b0.onnx.data",
	} {
		t.Run(file, func(t *testing.T) {
			path := numtest.Shared(t, "onnx/"+file)
			_, _, err := ReadONNX(path, 0)
			if err == nil || !strings.Contains(err.Error(), want) || fault.KindOf(err) != fault.Input {
				t.Errorf("error %v, want an input error with %q", err, want)
			}
			r, err := Check(path)
			if err != nil || r.Supported() || len(r.Operators) == 0 {
				t.Errorf("report %+v, error %v", r, err)
			}
		})
	}
}

func TestCheckReportsASupportedFile(t *testing.T) {
	r, err := Check(numtest.Shared(t, "onnx/exported/tf_efficientnet_b0_9c_train_opset18.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Supported() || r.Opset != 18 || r.Parameters != 4019077 || len(r.Notes) != 1 {
		t.Errorf("problems %v, opset %d, %d parameters, notes %v", r.Problems, r.Opset, r.Parameters, r.Notes)
	}
	if !slices.Contains(r.Operators, OperatorCount{"Conv", 81}) {
		t.Errorf("operators %v lack 81 Conv", r.Operators)
	}
	if want := (TensorInfo{"input", []string{"batch", "3", "64", "64"}}); !reflect.DeepEqual(r.Inputs[0], want) {
		t.Errorf("input %v, want %v", r.Inputs[0], want)
	}
}

// smallest is a convolution, a mean and a classifier: a short seed.
func smallest() (*Net, Weights) {
	net := &Net{Name: "smallest", Classes: 2, InputSize: 4, Mean: halves, Std: halves, Input: "input"}
	b := &builder{net: net, last: "input"}
	b.add(Layer{Name: "conv", Op: OpConv, Inputs: []string{"input"}, Stride: [2]int{1, 1}, Groups: 1, Params: []string{b.param(RoleWeight, "w", 2, 3, 1, 1)}})
	b.batchNorm("bn", 2, 1e-5, 0.1)
	b.unary(OpSwish, "act")
	b.unary(OpGlobalMean, "mean")
	net.Pooled = b.unary(OpFlatten, "pooled")
	net.Output = b.linear("logits", "classifier", 2, 2)
	return net, net.initialize(1)
}

func FuzzReadONNX(f *testing.F) {
	net, weights := smallest()
	var buf bytes.Buffer
	if err := WriteONNX(&buf, net, weights, 0); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte("\x08\x08\x3a\x02\x0a\x00\x42\x02\x10\x11"))
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		decoded, err := onnx.Decode(data)
		if err != nil || len(decoded.Graph.Nodes) == 0 {
			return
		}
		m := file{decoded}
		if found := m.allProblems(); len(found) > 0 {
			return
		}
		net, weights, err := m.network(filepath.Join(folder, "net.onnx"), 16)
		if err != nil {
			return
		}
		if err := net.CheckWeights(weights); err != nil {
			t.Error(err)
		}
		if _, err := net.Instantiate(Instance{Batch: 1, Size: 16}); err != nil {
			t.Error(err)
		}
	})
}
