package main

import (
	"context"
	"io"
	"math"
	"strconv"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/models"
	"melanoma/pipeline"
)

// importOptions say what becomes of a file that is read.
type importOptions struct {
	arch, output string
	restore      bool     // BatchNorm
	images       []string // to calibrate it
	count        int
	stored       int // size of a run's pictures before they are resized
	mean, std    string
}

// runModelsImport reads a file into a network, says what it became and writes
// it as ONNX if asked to.
func (a *app) runModelsImport(ctx context.Context, o importOptions, size int, path string) error {
	switch {
	case o.restore && (len(o.images) == 0 || o.output == ""):
		return usage("add --images FOLDER --output FILE.onnx", "--restore-batchnorm wants pictures to take statistics from and a file to write")
	case !o.restore && len(o.images) > 0:
		return usage("add --restore-batchnorm", "--images is for --restore-batchnorm")
	case o.stored != 0 && (o.stored < 8 || o.stored > 4096):
		return usage("data.size of the run that the network is for", "--stored %d is not 8 to 4096", o.stored)
	case o.count < 0:
		return usage("some hundred give good statistics; 0 uses all", "--count %d is negative", o.count)
	}
	net, weights, err := readNetwork(o, size, path)
	if err != nil {
		return err
	}
	if err := o.normalise(net); err != nil {
		return err
	}
	var restored *pipeline.Restored
	if o.restore && !a.common.dryRun {
		if restored, err = a.restore(ctx, o, size, net, weights); err != nil {
			return err
		}
		net, weights = restored.Net, restored.Weights
	}
	s, err := net.Summary(size)
	if err != nil {
		return err
	}
	if o.output != "" && !a.dry("write %s as %s", net.Name, o.output) {
		origin, err := models.ReadOrigin(path)
		if err != nil {
			return err
		}
		err = artifact.WriteFile(o.output, func(w io.Writer) error {
			return models.WriteONNX(w, net, weights, size, models.FromOrigin(origin))
		})
		if err != nil {
			return err
		}
	}
	if a.common.json {
		return a.printJSON(s)
	}
	a.tellSummary(s)
	if restored != nil {
		a.printf("%d BatchNormalization put back from %d pictures; the function is the same\n", restored.Norms, restored.Pictures)
	}
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

// restore puts BatchNorm back.
func (a *app) restore(ctx context.Context, o importOptions, size int, net *models.Net, weights models.Weights) (*pipeline.Restored, error) {
	progress, wait := a.progress()
	restored, err := pipeline.RestoreBatchNorm(ctx, net, weights, pipeline.Calibration{
		Paths: o.images, Count: o.count, Size: size, Stored: o.stored, Workers: a.workers(), Progress: progress,
	})
	wait()
	return restored, err
}

// normalise replaces the network's own mean and standard deviation.
func (o importOptions) normalise(net *models.Net) error {
	for _, v := range []struct {
		flag, text string
		to         *[3]float32
		least      float64
	}{{"--mean", o.mean, &net.Mean, math.Inf(-1)}, {"--std", o.std, &net.Std, 0}} {
		if v.text == "" {
			continue
		}
		parts := strings.Split(v.text, ",")
		if len(parts) != 3 {
			return usage("such as "+v.flag+" 0.485,0.456,0.406", "%s %s: three numbers are wanted", v.flag, v.text)
		}
		for i, part := range parts {
			x, err := strconv.ParseFloat(strings.TrimSpace(part), 32)
			if err != nil || !(x > v.least) || math.IsInf(x, 0) {
				return usage("such as "+v.flag+" 0.485,0.456,0.406", "%s %s: %q is not possible", v.flag, v.text, part)
			}
			v.to[i] = float32(x)
		}
	}
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
