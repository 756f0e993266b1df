package eval

import (
	"math"
	"slices"
	"strings"
	"testing"

	"melanoma/internal/fault"
	"melanoma/internal/mapped"
	"melanoma/internal/onnx"
)

func evaluated(t *testing.T, m *onnx.Model, o Options) *Array {
	t.Helper()
	outputs, err := Run(m, map[string]*Array{"x": ramp(1, 3, 4, 4)}, o)
	if err != nil {
		t.Fatal(err)
	}
	return outputs["y"]
}

func norm(training int64) *onnx.Node {
	return with(node("BatchNormalization", "y", "x", "one", "zero", "zero", "one"), onnx.IntAttribute("training_mode", training))
}

func normTensors() []*onnx.Tensor {
	return []*onnx.Tensor{onnx.NewTensor("one", []float32{1, 1, 1}, 3), onnx.NewTensor("zero", []float32{0, 0, 0}, 3)}
}

func TestTrainingModeOfBatchNormalization(t *testing.T) {
	sums := func(a *Array) (s []float64) {
		for ch := range 3 {
			s = append(s, sum(a.Float64s()[ch*16:][:16]))
		}
		return s
	}
	trained := evaluated(t, model(normTensors(), norm(1)), Options{})
	for _, s := range sums(trained) {
		if math.Abs(s) > 1e-4 {
			t.Errorf("in training mode channels sum to %v", sums(trained))
		}
	}
	plain := evaluated(t, model(normTensors(), norm(0)), Options{})
	overridden := evaluated(t, model(normTensors(), norm(1)), Options{Eval: true})
	if !slices.Equal(plain.f32, overridden.f32) || slices.Equal(plain.f32, trained.f32) {
		t.Error("Eval does not override the training mode")
	}
}

func TestTrainingModeOfDropout(t *testing.T) {
	tensors := []*onnx.Tensor{onnx.NewTensor("ratio", []float32{0.25}), onnx.NewRawTensor("training", onnx.Bool, []byte{1})}
	m := model(tensors, node("Dropout", "y", "x", "ratio", "training"))
	a, b, c := evaluated(t, m, Options{Seed: 1}), evaluated(t, m, Options{Seed: 1}), evaluated(t, m, Options{Seed: 2})
	if !slices.Equal(a.f32, b.f32) || slices.Equal(a.f32, c.f32) {
		t.Error("draws are not a function of the seed")
	}
	x := ramp(1, 3, 4, 4).f32
	dropped := 0
	for i, v := range a.f32 {
		switch {
		case i > 0 && v == 0:
			dropped++
		case math.Abs(float64(v-x[i]/0.75)) > 1e-6:
			t.Errorf("element %d is %g, want %g or 0", i, v, x[i]/0.75)
		}
	}
	if dropped < 4 || dropped > 24 {
		t.Errorf("%d of 47 elements are dropped at a rate of 0.25", dropped)
	}
	if still := evaluated(t, m, Options{Eval: true}); !slices.Equal(still.f32, x) {
		t.Error("Eval does not override the training mode")
	}
}

func TestFoldKnowsWhatDependsOnShapesAlone(t *testing.T) {
	m := model([]*onnx.Tensor{ints("two", 2), onnx.NewTensor("w", []float32{1, 2, 3}, 3)},
		node("Shape", "shape", "x"), node("Gather", "height", "shape", "two"), node("Mul", "twice", "height", "two"),
		node("Neg", "v", "w"), with(node("Reshape", "r", "x", "rest")), node("MatMul", "y", "r", "w"))
	m.Graph.Initializers = append(m.Graph.Initializers, ints("rest", -1, 3))
	m.Graph.Outputs = append(m.Graph.Outputs, onnx.Value{Name: "twice"}, onnx.Value{Name: "v"})
	values, err := Fold(m, map[string]*Array{"x": Unknown(onnx.Float, 1, 3, 4, 4)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v := values["twice"]; !v.Known() || v.Int64s()[0] != 8 {
		t.Errorf("twice is %v %v", v, v.i64)
	}
	if v := values["v"]; !v.Known() || !slices.Equal(v.Float32s(), []float32{-1, -2, -3}) {
		t.Errorf("v is %v %v", v, v.f32)
	}
	if v := values["y"]; v.Known() || !slices.Equal(v.Shape, []int{16}) || v.Type != onnx.Float {
		t.Errorf("y is %v, known %v", v, v.Known())
	}
}

func TestWrongInputsAreUsageErrors(t *testing.T) {
	m := model(nil, node("Relu", "y", "x"))
	for want, inputs := range map[string]map[string]*Array{
		"the input x is not given":                         nil,
		"the file has no input z":                          {"x": ramp(1, 3, 4, 4), "z": ramp(1)},
		"has elements of int64, the file asks for float":   {"x": Ints(make([]int64, 48), 1, 3, 4, 4)},
		"has shape [1 3 4 5], the file asks for [1 3 4 4]": {"x": ramp(1, 3, 4, 5)},
		"has shape [48]":                                   {"x": ramp(48)},
	} {
		if _, err := Run(m, inputs, Options{}); err == nil || !strings.Contains(err.Error(), want) || fault.KindOf(err) != fault.Usage {
			t.Errorf("error %v, want a usage error with %q", err, want)
		}
	}
}

func TestOneNodeByItself(t *testing.T) {
	op, ok := Lookup("", "Sub", 17)
	if !ok || op.Since != 7 {
		t.Fatalf("found %v, %v", op, ok)
	}
	x, w := Doubles([]float64{1, 2}, 2), Doubles([]float64{5}, 1)
	out, err := op.Run(node("Sub", "y", "x", "w"), 17, []*Array{x, w}, Options{})
	if err != nil || !slices.Equal(out[0].Float64s(), []float64{-4, -3}) {
		t.Errorf("%v, error %v", out, err)
	}
	out, err = op.Run(node("Sub", "y", "x", "w"), 17, []*Array{Unknown(onnx.Double, 2), Unknown(onnx.Double, 4, 1)}, Options{})
	if err != nil || out[0].Known() || !slices.Equal(out[0].Shape, []int{4, 2}) {
		t.Errorf("%v, error %v", out, err)
	}
	if _, err := op.Run(node("Sub", "y", "x"), 17, []*Array{x}, Options{}); err == nil {
		t.Error("one input is enough")
	}
}

func TestLookupFindsTheDefinitionInForce(t *testing.T) {
	for _, c := range []struct {
		op            string
		opset, since  int64
		wantSupported bool
	}{
		{"Softmax", 12, 1, true}, {"Softmax", 13, 13, true}, {"Softmax", 26, 13, true}, {"Upsample", 9, 9, true},
		{"Upsample", 10, 0, false}, {"Gelu", 19, 0, false}, {"Gelu", 20, 20, true}, {"Loop", 17, 0, false},
	} {
		op, ok := Lookup("", c.op, c.opset)
		if ok != c.wantSupported || ok && op.Since != c.since {
			t.Errorf("%s in opset %d: %+v, %v", c.op, c.opset, op, ok)
		}
	}
	if _, ok := Lookup("com.microsoft", "Gelu", 20); ok {
		t.Error("another domain's operator was found")
	}
}

func TestHalfPrecisionRoundsToNearestEven(t *testing.T) {
	for bits := range uint16(0xffff) {
		v := float64(mapped.Half(bits))
		if got := halfBits(v); got != bits && v == v {
			t.Fatalf("%g with bits %04x becomes %04x", v, bits, got)
		}
		if bits&0x7fff >= 0x7bff {
			continue // the next one is infinite or not a number
		}
		next := float64(mapped.Half(bits + 1))
		middle := (v + next) / 2
		if want := bits + bits&1; halfBits(middle) != want {
			t.Fatalf("%g between %04x and %04x becomes %04x", middle, bits, bits+1, halfBits(middle))
		}
	}
}

func TestArraysAndTensorsAreInverse(t *testing.T) {
	values := []float64{0, 1, -1, 2.5, 100}
	for _, dtype := range []onnx.DataType{
		onnx.Float, onnx.Double, onnx.Float16, onnx.BFloat16, onnx.Int8, onnx.Int16, onnx.Int32, onnx.Int64,
		onnx.Uint8, onnx.Uint16, onnx.Uint32, onnx.Uint64, onnx.Bool,
	} {
		op, _ := Lookup("", "Cast", 17)
		n := with(node("Cast", "y", "x"), onnx.IntAttribute("to", int64(dtype)))
		out, err := op.Run(n, 17, []*Array{Doubles(values, 5)}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		again, err := FromTensor(out[0].Tensor("t"))
		if err != nil || differs(again, out[0]) != nil || again.Type != dtype {
			t.Errorf("%s: %v, error %v", dtype, again, err)
		}
	}
}
