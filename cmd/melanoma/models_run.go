package main

import (
	"fmt"
	"slices"
	"strings"

	"melanoma/internal/exec"
	"melanoma/internal/fault"
	"melanoma/models"
)

// runModelsRun runs an ONNX file forward on given tensors.
func (a *app) runModelsRun(o modelsOptions, path string) error {
	if len(o.inputs) == 0 || len(o.output) != 1 {
		return usage("melanoma models run net.onnx --input x.npy --output y.npy", "models run wants --input and one --output")
	}
	inputs, err := readInputs(o.inputs)
	if err != nil {
		return err
	}
	net, weights, err := models.ReadONNX(path, 0)
	if err != nil {
		return err
	}
	images, meta, err := assignInputs(net, inputs, path)
	if err != nil {
		return err
	}
	n, size := images.shape[0], images.shape[2]
	if a.dry("run %s on %d images of %d px", path, n, size) {
		return nil
	}
	logits, err := a.forward(net, weights, nhwc(images), meta, n, size)
	if err != nil {
		return err
	}
	name, file, named := strings.Cut(o.output[0], "=")
	if !named {
		name, file = net.Output, o.output[0]
	}
	if err := writeNPY(file, &array{shape: []int{n, net.Classes}, data: logits}); err != nil {
		return err
	}
	if a.common.json {
		return a.printJSON(map[string]any{"output": file, "name": name, "shape": []int{n, net.Classes}})
	}
	a.printf("%s: %s [%d, %d]\n", file, name, n, net.Classes)
	return nil
}

// readInputs reads the .npy files of --input by name; "" is the unnamed one.
func readInputs(given []string) (map[string]*array, error) {
	inputs := map[string]*array{}
	for _, text := range given {
		name, file, named := strings.Cut(text, "=")
		if !named {
			name, file = "", text
		}
		if inputs[name] != nil {
			return nil, usage("name them: --input image=x.npy --input meta=m.npy", "two inputs have the same name %q", name)
		}
		array, err := readNPY(file)
		if err != nil {
			return nil, err
		}
		inputs[name] = array
	}
	return inputs, nil
}

// assignInputs finds the network's tensors among the given ones and checks
// their shapes.
func assignInputs(net *models.Net, inputs map[string]*array, path string) (images *array, meta []float32, err error) {
	wanted := []string{net.Input}
	if net.Meta != "" {
		wanted = append(wanted, net.Meta)
	}
	for name := range inputs {
		if name != "" && !slices.Contains(wanted, name) {
			return nil, nil, fault.New(fault.Usage, "its inputs: "+strings.Join(wanted, ", "), "models: %s has no input %q", path, name)
		}
	}
	if images = inputs[net.Input]; images == nil {
		images = inputs[""]
	}
	if images == nil {
		return nil, nil, usage("--input "+net.Input+"=x.npy", "models: no tensor for input %q of %s", net.Input, path)
	}
	s := images.shape
	if len(s) != 4 || s[0] < 1 || s[1] != 3 || s[2] != s[3] || s[2] < 1 {
		return nil, nil, fault.New(fault.Input, "square RGB images, [N, 3, S, S]", "models: input %q of %s has shape %v", net.Input, path, s)
	}
	if net.Meta == "" {
		return images, nil, nil
	}
	m := inputs[net.Meta]
	if m == nil || !slices.Equal(m.shape, []int{s[0], net.MetaIn}) {
		return nil, nil, fault.New(fault.Input, fmt.Sprintf("--input %s=m.npy of shape [%d, %d]", net.Meta, s[0], net.MetaIn), "models: input %q of %s is missing or has another shape", net.Meta, path)
	}
	return images, m.data, nil
}

// nhwc turns [N,3,S,S] into [N,S,S,3].
func nhwc(a *array) []float32 {
	n, c, area := a.shape[0], a.shape[1], a.shape[2]*a.shape[3]
	out := make([]float32, len(a.data))
	for i := range n {
		for k := range c {
			for p := range area {
				out[(i*area+p)*c+k] = a.data[(i*c+k)*area+p]
			}
		}
	}
	return out
}

// forward runs a network in evaluation mode and returns its logits [n,K].
func (a *app) forward(net *models.Net, weights models.Weights, images, meta []float32, n, size int) ([]float32, error) {
	program, err := net.Instantiate(models.Instance{Batch: n, Size: size})
	if err != nil {
		return nil, err
	}
	store := exec.NewStore(program)
	if err := store.Load(weights); err != nil {
		return nil, err
	}
	pool := exec.NewPool(a.workers())
	defer pool.Close()
	machine, err := exec.Compile(program, store, pool)
	if err != nil {
		return nil, err
	}
	copy(machine.Input("images"), images)
	copy(machine.Input("meta"), meta)
	if err := machine.Run(0); err != nil {
		return nil, err
	}
	return slices.Clone(machine.Logits()), nil
}
