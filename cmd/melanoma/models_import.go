package main

import (
	"io"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/models"
)

// importOptions say what becomes of a file that is read.
type importOptions struct {
	arch, output string
}

// runModelsImport reads a file into a network, says what it became and writes
// it as ONNX if asked to.
func (a *app) runModelsImport(o importOptions, size int, path string) error {
	net, weights, err := readNetwork(o, size, path)
	if err != nil {
		return err
	}
	s, err := net.Summary(size)
	if err != nil {
		return err
	}
	if o.output != "" && !a.dry("write %s as %s", net.Name, o.output) {
		err := artifact.WriteFile(o.output, func(w io.Writer) error { return models.WriteONNX(w, net, weights, size) })
		if err != nil {
			return err
		}
	}
	if a.common.json {
		return a.printJSON(s)
	}
	a.tellSummary(s)
	switch {
	case o.output != "":
		path = o.output
	case o.arch != "":
		a.printf("to train it: --set models.0.arch=%s --set models.0.weights=%s\n", o.arch, path)
		return nil
	}
	a.printf("to train it: --set models.0.onnx=%s\n", path)
	return nil
}

// readNetwork reads ONNX, or weights under timm's names.
func readNetwork(o importOptions, size int, path string) (*models.Net, models.Weights, error) {
	weightsAlone := strings.HasSuffix(path, ".safetensors")
	switch {
	case weightsAlone && o.arch == "":
		return nil, nil, usage("add --arch tf_efficientnet_b0, or another of `melanoma models list`", "models: %s holds weights alone, not the network that they belong to", path)
	case !weightsAlone && o.arch != "":
		return nil, nil, usage("leave --arch out; it is for .safetensors files", "models: --arch %s for %s, which tells its own network", o.arch, path)
	case weightsAlone:
		return models.ReadTimm(path, o.arch, 0)
	}
	return models.ReadONNX(path, size)
}
