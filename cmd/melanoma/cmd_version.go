package main

import (
	"github.com/spf13/cobra"

	"melanoma/pipeline"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Version of the program, its commit and its toolchain",
		Example: "  melanoma version\n  melanoma version --json",
		Args:    wants(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			v := pipeline.BuildVersion()
			if a.common.json {
				return a.printJSON(v)
			}
			a.printf("melanoma %s %s %s", v.Melanoma, v.Go, v.Platform)
			if v.Commit != "" {
				a.printf(" commit %s", v.Commit)
			}
			if v.Modified {
				a.printf(" with changes")
			}
			a.printf("\n")
			return nil
		},
	}
}
