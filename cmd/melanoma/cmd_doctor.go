package main

import (
	"context"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"melanoma/internal/exec"
	"melanoma/internal/fault"
	"melanoma/internal/kernel"
	"melanoma/models"
	"melanoma/pipeline"
)

// health is what doctor finds.
type health struct {
	Version   pipeline.Version `json:"version"`
	Machine   pipeline.Machine `json:"machine"`
	Kernels   string           `json:"kernels"`
	Available []string         `json:"available_kernels"`
	GPU       string           `json:"gpu"`
	Engine    string           `json:"engine"`
}

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Processor features and the kernels they select, memory, versions; a short test of the engine",
		Long: `Says what the program found on this machine and runs a small network once, so
that exit status 0 means the program works here.`,
		Example: "  melanoma doctor\n  melanoma doctor --json",
		Args:    wants(0, 0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runDoctor(cmd.Context()) },
	}
}

func (a *app) runDoctor(context.Context) error {
	h := health{Version: pipeline.BuildVersion(), Machine: pipeline.ThisMachine(), Kernels: kernel.Selected(), Available: kernel.Available(),
		GPU: "none: this build computes on the processor", Engine: "ok"}
	engineErr := tryEngine()
	if engineErr != nil {
		h.Engine = engineErr.Error()
	}
	if a.common.json {
		if err := a.printJSON(h); err != nil {
			return err
		}
	} else if !a.common.quiet {
		a.tellHealth(h)
	}
	if engineErr != nil {
		return fault.New(fault.Program, "report it with the output of `melanoma doctor --json`", "doctor: the engine fails here: %w", engineErr)
	}
	if err := kernel.EnvError(); err != nil {
		return usage("available here: "+strings.Join(kernel.Available(), ", "), "doctor: %w", err)
	}
	return nil
}

func (a *app) tellHealth(h health) {
	a.printf("melanoma   %s", h.Version.Melanoma)
	if h.Version.Commit != "" {
		a.printf(" (commit %.12s)", h.Version.Commit)
	}
	a.printf("\ngo         %s %s\n", h.Version.Go, h.Version.Platform)
	a.printf("processor  %s, %d used\n", h.Machine.CPU, h.Machine.CPUs)
	a.printf("memory     %d MiB\n", h.Machine.MemoryMiB)
	a.printf("kernels    %s (available: %s; %s chooses)\n", h.Kernels, strings.Join(h.Available, ", "), kernel.EnvPath)
	a.printf("gpu        %s\n", h.GPU)
	a.printf("engine     %s\n", h.Engine)
}

// tryEngine runs a tiny network forward once.
func tryEngine() error {
	net, weights, err := models.Build(models.Config{Arch: "tiny", Classes: 2})
	if err != nil {
		return err
	}
	program, err := net.Instantiate(models.Instance{Batch: 1, Size: 32})
	if err != nil {
		return err
	}
	store := exec.NewStore(program)
	if err := store.Load(weights); err != nil {
		return err
	}
	pool := exec.NewPool(runtime.GOMAXPROCS(0))
	defer pool.Close()
	machine, err := exec.Compile(program, store, pool)
	if err != nil {
		return err
	}
	return machine.Run(0)
}
