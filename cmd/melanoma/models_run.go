package main

import (
	"fmt"
	"slices"
	"strings"

	"melanoma/internal/exec"
	"melanoma/internal/fault"
	"melanoma/internal/onnx"
	"melanoma/internal/onnx/eval"
	"melanoma/models"
)

// runModelsRun runs an ONNX file on given tensors.
func (a *app) runModelsRun(o modelsOptions, path string) error {
	if len(o.output) == 0 {
		return usage("melanoma models run net.onnx --input x.npy --output y.npy", "models run wants --output")
	}
	m, err := onnx.Open(path)
	if err != nil {
		return fmt.Errorf("models: %w", err)
	}
	inputs, err := readInputs(m, o.inputs, path)
	if err != nil {
		return err
	}
	targets, err := targetsOf(m, o.output, path)
	if err != nil {
		return err
	}
	c, err := models.Prepare(path, m, inputs, eval.Options{Eval: o.eval, Seed: a.common.seed})
	if err != nil {
		return err
	}
	if a.dry("run %s on %d inputs", path, len(inputs)) {
		return nil
	}
	results, err := a.compute(c)
	if err != nil {
		return err
	}
	return a.writeResults(targets, results)
}

// target is an output and the file that it goes to.
type target struct{ name, file string }

// targetsOf finds the file's outputs that --output names; one without a name
// is the first.
func targetsOf(m *onnx.Model, given []string, path string) ([]target, error) {
	var names []string
	for _, v := range m.Graph.Outputs {
		names = append(names, v.Name)
	}
	var targets []target
	for _, text := range given {
		name, file, named := strings.Cut(text, "=")
		if !named && len(names) > 0 {
			name, file = names[0], text
		}
		if !slices.Contains(names, name) {
			return nil, fault.New(fault.Usage, "its outputs: "+strings.Join(names, ", "), "models: %s has no output %q", path, name)
		}
		if slices.ContainsFunc(targets, func(t target) bool { return t.name == name }) {
			return nil, usage("name them: --output "+names[0]+"=y.npy", "two outputs have the same name %q", name)
		}
		targets = append(targets, target{name, file})
	}
	return targets, nil
}

// readInputs reads the .npy files of --input for a file's inputs; one without
// a name is the only one that must be given, or the first.
func readInputs(m *onnx.Model, given []string, path string) (map[string]*eval.Array, error) {
	values := models.Inputs(m)
	var names []string
	for _, v := range values {
		names = append(names, v.Name)
	}
	inputs := map[string]*eval.Array{}
	for _, text := range given {
		name, file, named := strings.Cut(text, "=")
		if !named && len(names) > 0 {
			name, file = names[0], text
		}
		i := slices.Index(names, name)
		if i < 0 {
			return nil, fault.New(fault.Usage, "its inputs: "+strings.Join(names, ", "), "models: %s has no input %q", path, name)
		}
		if inputs[name] != nil {
			return nil, usage("name them: --input "+names[0]+"=x.npy", "two inputs have the same name %q", name)
		}
		t, err := readTensor(file)
		if err != nil {
			return nil, err
		}
		if inputs[name], err = asDeclared(t, values[i]); err != nil {
			return nil, fault.New(fault.Input, "numpy.save(path, np.ascontiguousarray(x, 'float32')) writes a file that can be read", "models: input %s of %s from %s: %w", name, path, file, err)
		}
	}
	for _, v := range m.Graph.Required() {
		if inputs[v.Name] == nil {
			return nil, usage("--input "+v.Name+"=x.npy", "models: no tensor for input %q of %s", v.Name, path)
		}
	}
	return inputs, nil
}

// asDeclared returns a tensor's values in the type that the file declares.
func asDeclared(t *onnx.Tensor, v onnx.Value) (*eval.Array, error) {
	a, err := eval.FromTensor(t)
	if err != nil || v.Type == a.Type || v.Type == onnx.Undefined {
		return a, err
	}
	const opset = 13
	cast, _ := eval.Lookup("", "Cast", opset)
	n := &onnx.Node{Op: "Cast", Inputs: []string{"x"}, Outputs: []string{"y"}, Attributes: []*onnx.Attribute{onnx.IntAttribute("to", int64(v.Type))}}
	out, err := cast.Run(n, opset, []*eval.Array{a}, eval.Options{})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// compute runs a prepared file on the engine.
func (a *app) compute(c *models.Computation) (map[string]*eval.Array, error) {
	if c.Net == nil {
		return c.Run(nil)
	}
	program, err := c.Net.Instantiate(models.Instance{Batch: 1, Size: 1})
	if err != nil {
		return nil, err
	}
	store := exec.NewStore(program)
	if err := store.Load(c.Weights); err != nil {
		return nil, err
	}
	pool := exec.NewPool(a.workers())
	defer pool.Close()
	machine, err := exec.Compile(program, store, pool)
	if err != nil {
		return nil, err
	}
	return c.Run(machine)
}

// writeResults writes the outputs that were asked for.
func (a *app) writeResults(targets []target, results map[string]*eval.Array) error {
	var told []map[string]any
	for _, t := range targets {
		r := results[t.name]
		if err := writeTensor(t.file, r.Tensor(t.name)); err != nil {
			return err
		}
		told = append(told, map[string]any{"output": t.file, "name": t.name, "shape": r.Shape, "type": r.Type.String()})
	}
	if a.common.json {
		if len(told) == 1 {
			return a.printJSON(told[0])
		}
		return a.printJSON(told)
	}
	for i, t := range targets {
		a.printf("%s: %s %v %s\n", t.file, t.name, told[i]["shape"], told[i]["type"])
	}
	return nil
}
