package eval

import (
	"os"
	"testing"

	"melanoma/internal/numtest"
	"melanoma/internal/onnx"
)

// The light models are whole networks with weights made in the graph. Their
// input is what ONNX's test runner generates for them: element i of n is i/n.
func ramp(shape ...int) *Array {
	v := make([]float32, size(shape))
	for i := range v {
		v[i] = float32(float64(i) / float64(len(v)))
	}
	return Floats(v, shape...)
}

// TestLightNetworks is the slow twin of running these files on the engine. All
// four take a minute, so only MELANOMA_SLOW=1 runs the larger ones.
func TestLightNetworks(t *testing.T) {
	for name, input := range map[string]string{
		"inception_v1": "data_0", "densenet121": "data_0", "resnet50": "gpu_0/data_0", "vgg19": "data_0",
	} {
		t.Run(name, func(t *testing.T) {
			if os.Getenv("MELANOMA_SLOW") != "1" && name != "inception_v1" {
				t.Skip("takes long: set MELANOMA_SLOW=1")
			}
			m, err := onnx.Open(numtest.Shared(t, "onnx/light/light_"+name+".onnx"))
			if err != nil {
				t.Fatal(err)
			}
			want, err := readArray(numtest.Shared(t, "onnx/light/light_"+name+"_output_0.pb"))
			if err != nil {
				t.Fatal(err)
			}
			outputs, err := Run(m, map[string]*Array{input: ramp(1, 3, 224, 224)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := differs(outputs[m.Graph.Outputs[0].Name], want); err != nil {
				t.Error(err)
			}
		})
	}
}
