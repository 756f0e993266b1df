package main

import (
	"context"

	"github.com/spf13/cobra"

	"melanoma/augment"
	"melanoma/pipeline"
)

type traceOptions struct {
	runFlags
	views, stored string
}

func (a *app) traceCommand() *cobra.Command {
	var o traceOptions
	cmd := &cobra.Command{
		Use:   "trace --out DIR IMAGE_NAME",
		Short: "The row of one image at every stage, with its augmented views",
		Long: `Prints what every stage knows of one image. The stage train lists what each
epoch drew for it, a recipe that gives the same picture again:

  melanoma augment apply --transform recipe --params 'RECORD' STORED.png VIEW.png`,
		Example: `  melanoma trace --out runs/demo ISIC_0000012
  melanoma trace --out runs/demo ISIC_0000012 --views sheet.png`,
		Args: wants(1, 1, "one image name"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runTrace(cmd.Context(), o, args[0]) },
	}
	o.addOut(cmd.Flags())
	cmd.Flags().StringVar(&o.stored, "stored", "", "write the stored picture as a PNG: records of views start from it")
	cmd.Flags().StringVar(&o.views, "views", "", "write a PNG sheet: the stored picture, its test-time views, what training saw in the first epochs")
	return cmd
}

func (a *app) runTrace(ctx context.Context, o traceOptions, image string) error {
	if o.out == "" {
		return usage("melanoma trace --out runs/demo IMAGE_NAME", "trace wants the folder of a run")
	}
	config, err := pipeline.LoadStored(o.out, nil)
	if err != nil {
		return err
	}
	if config == nil {
		return usage("`melanoma run` makes one", "no run in %s", o.out)
	}
	o.fold = -1
	r, err := a.open(config, o.runFlags, pipeline.Silent{})
	if err != nil {
		return err
	}
	rows, err := r.Trace(ctx, image)
	if err != nil {
		return err
	}
	for _, picture := range []struct {
		path string
		draw func(string) (augment.Image, error)
	}{{o.stored, r.StoredPicture}, {o.views, r.ViewSheet}} {
		if picture.path == "" {
			continue
		}
		im, err := picture.draw(image)
		if err != nil {
			return err
		}
		if err := writePNG(picture.path, im); err != nil {
			return err
		}
	}
	if a.common.json {
		return a.printJSON(rows)
	}
	for _, row := range rows {
		a.printf("%s  (%s)\n", row.Stage, row.File)
		for _, field := range row.Fields {
			a.printf("    %-20s %s\n", field.Name, field.Value)
		}
	}
	if o.views != "" {
		a.printf("views written to %s\n", o.views)
	}
	return nil
}
