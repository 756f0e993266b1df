package models

import (
	"bytes"
	"math"
	"testing"

	"melanoma/internal/numtest"
	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
)

// evaluateFile runs a written file by the operators' definitions.
func evaluateFile(t *testing.T, file *bytes.Buffer, output string, inputs map[string]*eval.Array) []float64 {
	t.Helper()
	m, err := onnx.Decode(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	out, err := eval.Run(m, inputs, eval.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out[output].Float64s()
}

// nchw turns [N,S,S,3] into [N,3,S,S].
func nchw(x []float32, size int) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		pixel, c := i/3, i%3
		out[(pixel/(size*size)*3+c)*size*size+pixel%(size*size)] = v
	}
	return out
}

func TestWrittenFilesMeanTheSameToTheStandard(t *testing.T) {
	const size = 21
	for _, arch := range []string{"tiny", "tf_efficientnet_lite0"} {
		net, _, err := Build(Config{Arch: arch, Classes: 3, Size: size, Dropout: 0.5, DropoutSamples: 5})
		if err != nil {
			t.Fatal(err)
		}
		weights := formulaValues(net)
		images := nchw(numtest.FormulaImages(2, size), size)
		want := evaluate(t, net, weights, size)
		for _, batch := range []int{0, 2} { // kept with any batch, folded with a fixed one
			n, w := net, weights
			if batch > 0 {
				n, w = net.FoldBatchNorm(weights)
			}
			var file bytes.Buffer
			if err := WriteONNX(&file, n, w, size, FixedBatch(batch)); err != nil {
				t.Fatal(err)
			}
			got := evaluateFile(t, &file, n.Output, map[string]*eval.Array{n.Input: eval.Floats(images, 2, 3, size, size)})
			if d := numtest.MaxRelative(got, want); d > 1e-5 {
				t.Errorf("%s, batch %d: logits differ by %.2g", arch, batch, d)
			}
		}
	}
}

// TestEnsembleIsTheMeanOfItsNetworks turns, normalises and averages by hand.
func TestEnsembleIsTheMeanOfItsNetworks(t *testing.T) {
	const size, classes, views = 12, 3, 4
	var all []EnsembleModel
	for i, name := range []string{"a", "b"} {
		m := EnsembleModel{Name: name}
		for fold := range 2 - i { // a has two members, b one: models count the same
			net, _, err := Build(Config{Arch: "tiny", Classes: classes, Size: size})
			if err != nil {
				t.Fatal(err)
			}
			net.Mean[1], net.Std[2] = 0.3+0.2*float32(i), 0.4
			weights := formulaValues(net)
			for k := range weights["classifier.bias"] {
				weights["classifier.bias"][k] += float32(k*fold) / 3
			}
			m.Members = append(m.Members, Member{net, weights})
		}
		all = append(all, m)
	}
	levels := numtest.FormulaImages(2, size) // evaluate's pictures, before normalisation
	pixels := make([]float32, len(levels))
	for i, v := range levels {
		pixels[i] = float32(math.Round(float64(127.5 + 127*v)))
	}
	var file bytes.Buffer
	if err := WriteEnsemble(&file, all, views, size); err != nil {
		t.Fatal(err)
	}
	got := evaluateFile(t, &file, "probabilities", map[string]*eval.Array{"pixels": eval.Floats(nchw(pixels, size), 2, 3, size, size)})
	want := make([]float64, 2*classes)
	for _, m := range all {
		for _, member := range m.Members {
			for v := range views {
				logits := evaluateOn(t, member.Net, member.Weights, size, turnedInput(member.Net, pixels, size, v))
				for i := range 2 {
					addSoftmax(want[i*classes:(i+1)*classes], logits[i*classes:(i+1)*classes], 1/float64(len(all)*len(m.Members)*views))
				}
			}
		}
	}
	if d := numtest.MaxRelative(got, want); d > 1e-5 {
		t.Errorf("probabilities differ by %.2g: %v, want %v", d, got, want)
	}
}

// turnedInput is a view of the pictures [N,S,S,3] without transposition, as
// the network wants it.
func turnedInput(n *Net, pixels []float32, size, view int) []float64 {
	out := make([]float64, len(pixels))
	for i := range pixels {
		image, y, x, c := i/(3*size*size), i/(3*size)%size, i/3%size, i%3
		if view&1 != 0 {
			y = size - 1 - y
		}
		if view&2 != 0 {
			x = size - 1 - x
		}
		level := pixels[((image*size+y)*size+x)*3+c]
		out[i] = (float64(level)/255 - float64(n.Mean[c])) / float64(n.Std[c])
	}
	return out
}

func addSoftmax(sum, logits []float64, share float64) {
	total := 0.0
	for _, l := range logits {
		total += math.Exp(l)
	}
	for k, l := range logits {
		sum[k] += share * math.Exp(l) / total
	}
}
