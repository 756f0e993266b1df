package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"

	"melanoma/internal/artifact"
	"melanoma/models"
	"melanoma/pipeline"
)

// exportOptions say what is written of a network or a run.
type exportOptions struct {
	run   string
	fold  bool
	batch int
}

// runModelsExport writes trained weights, those of an ONNX file, an
// architecture with random ones, or a whole run.
func (a *app) runModelsExport(o exportOptions, size int, args []string) error {
	target := args[len(args)-1]
	weightsAlone := strings.HasSuffix(target, ".safetensors")
	switch {
	case (o.run == "") != (len(args) == 2):
		return usage("melanoma models export runs/demo/train/tiny-f0/weights-000.arrow tiny.onnx, or melanoma models export --run runs/demo demo.onnx",
			"models export wants either a weights file or --run, and a file to write")
	case o.batch < 0:
		return usage("leave it out for any number of images", "--batch %d is negative", o.batch)
	case weightsAlone && (o.fold || o.batch > 0 || o.run != ""):
		return usage("write FILE.onnx instead", "--fold-batchnorm, --batch and --run are for ONNX: %s holds weights alone, under timm's names", target)
	case o.run != "":
		return a.exportRun(o, size, target)
	}
	net, weights, origin, err := a.exportSource(size, args[0])
	if err != nil {
		return err
	}
	if a.dry("write %s as %s", net.Name, target) {
		return nil
	}
	if o.fold {
		net, weights = net.FoldBatchNorm(weights)
	}
	err = artifact.WriteFile(target, func(w io.Writer) error {
		if weightsAlone {
			return models.WriteTimm(w, net, weights, size, models.FromOrigin(origin))
		}
		return models.WriteONNX(w, net, weights, size, models.FixedBatch(o.batch), models.FromOrigin(origin))
	})
	if err != nil {
		return err
	}
	if a.common.json {
		return a.printJSON(map[string]any{"output": target, "network": net.Name, "classes": net.Classes, "parameters": net.Parameters()})
	}
	a.printf("%s: %s with %d classes and %d parameters\n", target, net.Name, net.Classes, net.Parameters())
	a.tellOrigin(origin)
	return nil
}

// exportSource reads a weights or ONNX file or builds an architecture.
func (a *app) exportSource(size int, source string) (*models.Net, models.Weights, models.Origin, error) {
	if filepath.Base(source) == "checkpoint.arrow" {
		return nil, nil, models.Origin{}, usage("name weights-000.arrow beside it, which is there when the training ends", "models export: %s is the state of a training, not its weights", source)
	}
	switch filepath.Ext(source) {
	case ".arrow":
		return pipeline.ReadWeights(source)
	case ".onnx":
		net, weights, err := models.ReadONNX(source, size)
		if err != nil {
			return nil, nil, models.Origin{}, err
		}
		origin, err := models.ReadOrigin(source)
		return net, weights, origin, err
	}
	net, weights, err := models.Build(models.Config{Arch: source, Size: size, Seed: a.common.seed})
	return net, weights, models.Origin{}, err
}

// exportRun writes all networks and views of a run into one file.
func (a *app) exportRun(o exportOptions, size int, target string) error {
	config, err := pipeline.LoadStored(o.run, nil)
	if err != nil {
		return err
	}
	if config == nil {
		_, err := pipeline.ReadManifest(o.run)
		return err
	}
	trained, err := oneSize(config, o.run)
	if err != nil {
		return err
	}
	if size != 0 && size != trained {
		return usage("leave --size out", "--size %d: the run %s was trained at %d px", size, o.run, trained)
	}
	r, err := a.open(config, runFlags{out: o.run, fold: -1}, pipeline.Silent{})
	if err != nil {
		return err
	}
	members, origin, err := r.EnsembleMembers()
	if err != nil {
		return err
	}
	networks := 0
	for i := range members {
		networks += len(members[i].Members)
		for j, m := range members[i].Members {
			if o.fold {
				members[i].Members[j].Net, members[i].Members[j].Weights = m.Net.FoldBatchNorm(m.Weights)
			}
		}
	}
	if a.dry("write %d networks with %d views each as %s", networks, config.Predict.Views, target) {
		return nil
	}
	err = artifact.WriteFile(target, func(w io.Writer) error {
		return models.WriteEnsemble(w, members, config.Predict.Views, trained, models.FixedBatch(o.batch), models.FromOrigin(origin))
	})
	if err != nil {
		return err
	}
	if a.common.json {
		return a.printJSON(map[string]any{"output": target, "models": len(members), "networks": networks, "views": config.Predict.Views, "classes": origin.Classes})
	}
	a.printf("%s: %d networks of %d models, %d views each\n", target, networks, len(members), config.Predict.Views)
	for _, m := range members {
		if slices.ContainsFunc(m.Members, func(x models.Member) bool { return x.Net.Meta != "" }) {
			a.printf("input %s.meta: %d columns of metadata, as the run encodes them\n", m.Name, m.Members[0].Net.MetaIn)
		}
	}
	a.tellOrigin(origin)
	return nil
}

// oneSize is the size of the networks' pictures, which must be one for a file
// with one input.
func oneSize(config *pipeline.Config, run string) (int, error) {
	for _, m := range config.Models {
		if first := config.Models[0]; config.NetworkSize(m) != config.NetworkSize(first) {
			return 0, usage("export its models one by one: melanoma models export "+run+"/train/MODEL-f0/weights-000.arrow FILE.onnx",
				"the models of %s take pictures of different sizes: %s %d px, %s %d px", run, first.Name, config.NetworkSize(first), m.Name, config.NetworkSize(m))
		}
	}
	return config.NetworkSize(config.Models[0]), nil
}

// tellOrigin says what the file carries besides the network.
func (a *app) tellOrigin(o models.Origin) {
	if len(o.Classes) > 0 {
		a.printf("classes: %s\n", strings.Join(o.Classes, ", "))
	}
	switch {
	case o.Run == "":
	case o.License == "":
		a.printf("run %s (%s); it states no licence of the data: set data.license\n", o.Run, o.RunID)
	default:
		a.printf("run %s (%s), data under %s\n", o.Run, o.RunID, o.License)
	}
}
