package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"melanoma/internal/fault"
	"melanoma/models"
)

type modelsOptions struct {
	size           int
	batch          int
	plan, train    bool
	eval           bool
	without        []string // fusion rules
	inputs, output []string
	imported       importOptions
	exported       exportOptions
}

func (a *app) modelsCommand() *cobra.Command {
	var o modelsOptions
	cmd := &cobra.Command{Use: "models", Short: "Architectures and ONNX files: list, show, check, import, export, run",
		Args: unknownCommand, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	list := &cobra.Command{
		Use: "list", Short: "The architectures that can be built", Example: "  melanoma models list",
		Args: wants(0, 0, "no arguments"), RunE: func(*cobra.Command, []string) error { return a.runModelsList() },
	}
	show := &cobra.Command{
		Use: "show NAME", Short: "Layers, shapes, parameters and MACs of an architecture or an ONNX file",
		Long: `Lists the layers of a network: kind, shape of the result as height, width and
channels, trained parameters, and the multiply-adds (MACs) of convolutions and
linear layers for one image, with their totals. With --plan it lists the steps that the engine
makes of them instead: fused operators, the shape of each result, where it lies
in the arena, the bytes that it moves and the operations that it takes.`,
		Example: "  melanoma models show tf_efficientnet_b0 --size 256\n  melanoma models show net.onnx --json\n  melanoma models show tf_efficientnet_b0 --plan --train --batch 16",
		Args:    wants(1, 1, "one architecture or ONNX file"), RunE: func(_ *cobra.Command, args []string) error { return a.runModelsShow(o, args[0]) },
	}
	check := &cobra.Command{
		Use: "check FILE.onnx", Short: "What an ONNX file holds, and everything in it that is not supported",
		Long: `Reads an ONNX file and names everything in it that is not supported (operator,
attribute, node) before anything runs. Exit status 3 if the file cannot be used.`,
		Example: "  melanoma models check net.onnx",
		Args:    wants(1, 1, "one ONNX file"), RunE: func(_ *cobra.Command, args []string) error { return a.runModelsCheck(args[0]) },
	}
	imported := &cobra.Command{
		Use: "import FILE", Short: "Read an ONNX or .safetensors file into a network and say what it became",
		Long: `Reads an ONNX file, or with --arch the weights of a .safetensors file under
timm's names, and says what it became. With --output the network is written as
ONNX.

Most exporters fold BatchNorm into the convolutions. Such a file runs and trains
as it is; --restore-batchnorm puts BatchNorm back behind every convolution, with
the mean and variance of its output over the pictures of --images. The network
computes the same and trains better. The pictures are prepared by the file's
mean and deviation: 0.5 each where it is not one of ours, unless --mean and
--std say else.`,
		Example: "  melanoma models import net.onnx --size 128\n  melanoma models import b0.safetensors --arch tf_efficientnet_b0 --output b0.onnx\n  melanoma models import folded.onnx --restore-batchnorm --images pictures --output net.onnx",
		Args:    wants(1, 1, "one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runModelsImport(cmd.Context(), o.imported, o.size, args[0])
		},
	}
	export := &cobra.Command{
		Use: "export CHECKPOINT FILE | export --run DIR FILE.onnx", Short: "Write trained weights, an architecture or a whole run as ONNX or .safetensors",
		Long: `Writes the weights of a run (DIR/train/MODEL-fK/weights-NNN.arrow), those of an
ONNX file, or an architecture with random weights as ONNX, or under timm's names
where FILE ends in .safetensors. BatchNorm is kept, for further training; --fold-batchnorm
multiplies it into the convolutions, for serving. The file says what its
classes are, how to prepare a picture, and the run and licence that it is from.

With --run all models, folds, posterior samples and test-time views of a
finished run go into one ONNX file: RGB levels from 0 to 255 in, the
probabilities that ` + "`melanoma infer`" + ` prints out.`,
		Example: "  melanoma models export runs/demo/train/tiny-f0/weights-000.arrow tiny.onnx --fold-batchnorm\n  melanoma models export runs/demo/train/tiny-f0/weights-000.arrow tiny.safetensors\n  melanoma models export --run runs/demo demo.onnx\n  melanoma models export tf_efficientnet_b0 b0.onnx --size 256 --batch 1",
		Args:    wants(1, 2, "a weights file (or ONNX file, architecture, or --run DIR) and a file to write"),
		RunE:    func(_ *cobra.Command, args []string) error { return a.runModelsExport(o.exported, o.size, args) },
	}
	run := &cobra.Command{
		Use: "run FILE.onnx --input X.npy --output Y.npy", Short: "Run an ONNX file on its input tensors",
		Long: `Runs an ONNX file on tensors in .npy files, of any shapes and types that the
file takes. The whole file is checked first and every operator that is not
supported is named. Networks of float32 run on the engine. Outputs are written
in their own types. A file exported for training runs as the standard says,
batch statistics and dropouts included, unless --eval is given.`,
		Example: "  melanoma models run net.onnx --input x.npy --output y.npy\n  melanoma models run net.onnx --input image=x.npy --input meta=m.npy --output y.npy",
		Args:    wants(1, 1, "one ONNX file"), RunE: func(_ *cobra.Command, args []string) error { return a.runModelsRun(o, args[0]) },
	}
	for _, sub := range []*cobra.Command{show, imported, export} {
		sub.Flags().IntVar(&o.size, "size", 0, "image size in pixels (default: the network's own)")
	}
	imported.Flags().StringVar(&o.imported.arch, "arch", "", "architecture of the weights in a .safetensors file")
	export.Flags().StringVar(&o.exported.run, "run", "", "folder of a finished run, all of which becomes one file")
	export.Flags().BoolVar(&o.exported.fold, "fold-batchnorm", false, "multiply BatchNorm into the convolutions, for serving")
	export.Flags().IntVar(&o.exported.batch, "batch", 0, "images a run of the file takes (default: any number)")
	imported.Flags().BoolVar(&o.imported.restore, "restore-batchnorm", false, "put BatchNorm back that an exporter folded away")
	imported.Flags().StringArrayVar(&o.imported.images, "images", nil, "picture or folder of pictures for its statistics; repeatable")
	imported.Flags().IntVar(&o.imported.stored, "stored", 0, "resize the pictures to this size first, as a run with that data.size does")
	imported.Flags().IntVar(&o.imported.count, "count", 256, "pictures to use, spread over all; 0 uses all")
	imported.Flags().StringVar(&o.imported.mean, "mean", "", "mean of the pixels in [0, 1], R,G,B (default: the file's own)")
	imported.Flags().StringVar(&o.imported.std, "std", "", "standard deviation, R,G,B (default: the file's own)")
	imported.Flags().StringVar(&o.imported.output, "output", "", "ONNX file to write")
	show.Flags().BoolVar(&o.plan, "plan", false, "list the engine's steps in place of the layers")
	show.Flags().BoolVar(&o.train, "train", false, "with --plan: those of a training step, not of inference")
	show.Flags().IntVar(&o.batch, "batch", 1, "with --plan: images a step")
	addWithout(show.Flags(), &o.without)
	run.Flags().StringArrayVar(&o.inputs, "input", nil, "FILE.npy, or NAME=FILE.npy for one of several; repeatable")
	run.Flags().StringArrayVar(&o.output, "output", nil, "FILE.npy for the first output, or NAME=FILE.npy; repeatable")
	run.Flags().BoolVar(&o.eval, "eval", false, "evaluate BatchNormalization and Dropout as in inference, whatever the file says")
	cmd.AddCommand(list, show, check, imported, export, run)
	return cmd
}

func (a *app) runModelsCheck(path string) error {
	report, err := models.Check(path)
	if err != nil {
		return err
	}
	if a.common.json {
		if err := a.printJSON(report); err != nil {
			return err
		}
	} else {
		a.tellReport(report)
	}
	if !report.Supported() {
		return fault.New(fault.Input, "export the model for evaluation with a fixed image size, or report the operator", "models: %s cannot be run: %d problems, the first: %s", path, len(report.Problems), describeProblem(report.Problems[0]))
	}
	return nil
}

func (a *app) tellReport(r models.Report) {
	a.printf("%s: opset %d, IR version %d, by %s, %d parameters\n", r.Path, r.Opset, r.IRVersion, r.Producer, r.Parameters)
	for _, t := range r.Inputs {
		a.printf("input  %s [%s]\n", t.Name, strings.Join(t.Shape, ", "))
	}
	for _, t := range r.Outputs {
		a.printf("output %s [%s]\n", t.Name, strings.Join(t.Shape, ", "))
	}
	for _, o := range r.Operators {
		a.printf("%6d %s\n", o.Count, o.Op)
	}
	for _, n := range r.Notes {
		a.printf("note: %s\n", n)
	}
	for _, p := range r.Problems {
		a.printf("not supported: %s\n", describeProblem(p))
	}
	for _, p := range r.Limits {
		a.printf("cannot be trained: %s\n", describeProblem(p))
	}
	if r.Supported() {
		a.printf("supported\n")
	}
}

func describeProblem(p models.Problem) string {
	var parts []string
	if p.Op != "" {
		parts = append(parts, "operator "+p.Op)
	}
	if p.Attribute != "" {
		parts = append(parts, "attribute "+p.Attribute)
	}
	if p.Node != "" {
		parts = append(parts, "node "+p.Node)
	}
	if p.Opset != 0 {
		parts = append(parts, fmt.Sprintf("opset %d", p.Opset))
	}
	return strings.Join(append(parts, p.Reason), ": ")
}
