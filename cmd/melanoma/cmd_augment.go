package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"melanoma/augment"
)

func (a *app) augmentCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "augment", Short: "Apply one transform, or draw a sheet of augmented views",
		Args: unknownCommand, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(a.augmentApplyCommand(), a.augmentPreviewCommand())
	return cmd
}

func (a *app) augmentApplyCommand() *cobra.Command {
	o := augmentApplyOptions{params: "{}", mode: augment.ModeParity}
	cmd := &cobra.Command{
		Use:   "apply --transform NAME [--params JSON] IN OUT.png",
		Short: "Apply one transform with given parameters",
		Long: `Applies one transform to a picture (PNG or JPEG) and writes a PNG; normalize
writes a .npy file, float32 [H,W,3]. Results are those of albumentations 0.4.6
and OpenCV 4.5.5 to the last bit, where they have the transform; --mode fast
leaves out elastic_transform's field, which does not show. --params may be
@FILE. A recipe is {"steps": [[NAME, PARAMETERS], ...]}: what ` + "`melanoma trace`" + `
prints of a view. Files that parameters name lie beside the input.

Transforms: ` + strings.Join(append(augment.OpNames(), "recipe"), ", ") + `.`,
		Example: `  melanoma augment apply --transform random_brightness --params '{"beta": -0.1}' in.png out.png
  melanoma augment apply --transform clahe --params '{"clip_limit": 2.5}' in.jpg out.png
  melanoma augment apply --transform recipe --params @view.json in.png out.png`,
		Args: wants(2, 2, "an input and an output file"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runAugmentApply(o, args[0], args[1]) },
	}
	cmd.Flags().StringVar(&o.transform, "transform", "", "name of the transform")
	cmd.Flags().StringVar(&o.params, "params", o.params, "its parameters as a JSON object, or @FILE")
	cmd.Flags().StringVar(&o.mode, "mode", o.mode, "parity, or fast: without elastic_transform's field")
	return cmd
}

func (a *app) augmentPreviewCommand() *cobra.Command {
	o := augmentPreviewOptions{out: "preview.png", views: 5, size: 256, source: 512}
	cmd := &cobra.Command{
		Use:   "preview [-c FILE] [--preset NAME] [--out sheet.png] IMAGE...",
		Short: "Draw a contact sheet of augmented views",
		Long: `Draws each picture as it is and then as training would see it, one row a
picture; below each view stands what it drew. The recipe is that of -c, or a
preset; the views are those of --seed.`,
		Example: `  melanoma augment preview --preset winner2020 --out sheet.png pictures/*.jpg
  melanoma augment preview -c configs/ham10000.yaml --views 8 picture.jpg`,
		Args: wants(1, -1, "pictures"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runAugmentPreview(o, args) },
	}
	flags := cmd.Flags()
	o.runFlags.addConfig(flags)
	flags.StringVar(&o.preset, "preset", "", "recipe in place of the configuration's: "+strings.Join(augment.Presets(), ", "))
	flags.StringVarP(&o.out, "out", "o", o.out, "PNG file to write")
	flags.IntVar(&o.views, "views", o.views, "views of each picture")
	flags.IntVar(&o.size, "size", o.size, "side of a view, as the network would see it, in pixels")
	flags.IntVar(&o.source, "source", o.source, "side of the stored picture that the recipe starts from, in pixels")
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "output" { // what other commands call it
			name = "out"
		}
		return pflag.NormalizedName(name)
	})
	return cmd
}
