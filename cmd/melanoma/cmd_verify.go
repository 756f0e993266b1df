package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"melanoma/internal/fault"
	"melanoma/pipeline"
)

func (a *app) verifyCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "verify --out DIR",
		Short: "Check every promise of a run",
		Long: `Checks every promise of a run's folder and names what is broken: the hash of
every file against the ledger, the schema of every Arrow file, one out-of-fold
row for every training image of the folds that ran, no group in two folds,
every view and posterior sample of every image in the draws, ids, order and
ranges of the submission. It changes nothing; "melanoma run" rebuilds what is
broken.`,
		Example: `  melanoma verify --out runs/demo
  melanoma verify --out runs/demo --json`,
		Args: wants(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runVerify(cmd.Context(), f) },
	}
	f.addOut(cmd.Flags())
	return cmd
}

func (a *app) runVerify(ctx context.Context, f runFlags) error {
	if f.out == "" {
		return usage("melanoma verify --out runs/demo", "verify wants the folder of a run")
	}
	result, err := pipeline.Verify(ctx, f.out)
	if err != nil {
		return err
	}
	if a.common.json {
		if err := a.printJSON(result); err != nil {
			return err
		}
	} else {
		for _, c := range result.Checks {
			mark := "ok    "
			if !c.OK {
				mark = "BROKEN"
			}
			a.printf("%s %s\n", mark, c.Text)
			for _, p := range c.Problems {
				a.printf("       %s\n", p)
			}
		}
	}
	if n := result.Broken(); n > 0 {
		return fault.New(fault.Input, fmt.Sprintf("`melanoma run` with the configuration of %s rebuilds what is broken", f.out),
			"verify: %d of %d promises of %s are broken: %s", n, len(result.Checks), f.out, result.First())
	}
	if !a.common.json {
		a.printf("%s keeps all %d promises\n", f.out, len(result.Checks))
	}
	return nil
}
