package main

import (
	"context"

	"github.com/spf13/cobra"

	"melanoma/data"
)

type synthOptions struct {
	out    string
	config data.SynthConfig
}

func (a *app) synthCommand() *cobra.Command {
	o := synthOptions{config: data.DefaultSynth()}
	cmd := &cobra.Command{
		Use:   "synth --out DIR [--images N] [--size PX] [--seed S]",
		Short: "Draw the demo's data set in the Kaggle layout",
		Long: `Draws lesion-like pictures with their train.csv and test.csv into a folder in
the layout of the SIIM-ISIC 2020 challenge. The pictures are for trying the
program out and say nothing about skin.`,
		Example: `  melanoma synth --out datasets/drawn
  melanoma synth --out datasets/rare --images 2000 --prevalence 0.018`,
		Args: wants(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runSynth(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.out, "out", "o", "", "folder to draw into")
	flags.IntVar(&o.config.Images, "images", o.config.Images, "pictures, training and test")
	flags.IntVar(&o.config.Size, "size", o.config.Size, "width and height in pixels")
	flags.Float64Var(&o.config.Prevalence, "prevalence", o.config.Prevalence, "share of melanomas")
	flags.Float64Var(&o.config.LabelNoise, "label-noise", o.config.LabelNoise, "share of wrong labels among melanomas")
	flags.Float64Var(&o.config.TestFraction, "test-fraction", o.config.TestFraction, "share of pictures in the test list")
	return cmd
}

func (a *app) runSynth(ctx context.Context, o synthOptions) error {
	if o.out == "" {
		return usage("melanoma synth --out datasets/drawn", "synth wants a folder to draw into")
	}
	if a.common.seedGiven {
		o.config.Seed = a.common.seed
	}
	o.config.Workers = a.common.workers
	if err := o.config.Validate(); err != nil {
		return err
	}
	if a.dry("draw %d pictures of %d px into %s", o.config.Images, o.config.Size, o.out) {
		return nil
	}
	if err := data.Synth(ctx, o.out, o.config); err != nil {
		return err
	}
	if a.common.json {
		return a.printJSON(map[string]any{"out": o.out, "images": o.config.Images, "size": o.config.Size, "seed": o.config.Seed})
	}
	a.printf("%s: %d pictures of %d px with train.csv and test.csv\n", o.out, o.config.Images, o.config.Size)
	a.printf("try next:\n  melanoma run -c configs/isic2020.yaml --set data.root=%s --set data.size=64\n", o.out)
	return nil
}
