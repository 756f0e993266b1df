package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"melanoma/internal/kernel"
)

// app is one invocation: its streams and the flags common to all commands.
type app struct {
	stdout, stderr *os.File
	args           []string
	common         commonFlags
	logger         *slog.Logger
	started        time.Time
}

// commonFlags hold for every command.
type commonFlags struct {
	json, quiet, dryRun bool
	logLevel            string
	workers             int
	seed                uint64
	seedGiven           bool
}

// command builds the tree of commands.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "melanoma",
		Short: "Train, check and explain melanoma classifiers on dermatoscopic pictures",
		Long: `melanoma turns a folder of dermatoscopic pictures and their CSV files into an
auditable submission: ingest, folds, train, predict, oof, ensemble, submit,
report, with an Arrow file between every two stages.`,
		Example: `  melanoma run                                 the built-in demo, half a minute
  melanoma run -c configs/ham10000.yaml        a real data set
  melanoma verify --out runs/demo              check every promise of a run
  melanoma infer --run runs/demo picture.jpg   apply a finished run`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cobra.EnableCommandSorting = false // in the order of the work
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(fmt.Sprintf("`%s --help` lists the flags", cmd.CommandPath()), "%s: %w", cmd.CommandPath(), err)
	})
	a.addCommonFlags(root)
	root.AddCommand(a.commands()...)
	documentExit(root)
	return root
}

func (a *app) addCommonFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.BoolVar(&a.common.json, "json", false, "print the result as JSON on stdout")
	flags.BoolVar(&a.common.quiet, "quiet", false, "no progress on stderr")
	flags.BoolVar(&a.common.dryRun, "dry-run", false, "say what would be done, and why; do nothing")
	flags.StringVar(&a.common.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.IntVar(&a.common.workers, "workers", 0, "goroutines; 0 is one per processor; results do not depend on it")
	flags.Uint64Var(&a.common.seed, "seed", 0, "seed of every random stream (default: the configuration's)")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		a.common.seedGiven = cmd.Flags().Changed("seed")
		if a.common.workers < 0 {
			return usage("0 uses every processor", "--workers %d is negative", a.common.workers)
		}
		if err := kernel.EnvError(); err != nil && cmd.Name() != "doctor" {
			return usage("available here: "+strings.Join(kernel.Available(), ", "), "%w", err)
		}
		return a.setLogging()
	}
}

// setLogging sends the program's own log to stderr at the level asked for.
func (a *app) setLogging() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.common.logLevel)); err != nil {
		return usage("levels: debug, info, warn, error", "unknown --log-level %q", a.common.logLevel)
	}
	a.logger = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level}))
	return nil
}

// documentExit ends every command's help with the exit codes.
func documentExit(cmd *cobra.Command) {
	if cmd.Long == "" {
		cmd.Long = cmd.Short + "."
	}
	cmd.Long += "\n" + exitStatus
	for _, sub := range cmd.Commands() {
		documentExit(sub)
	}
}

// unknownCommand rejects what stands where a command belongs.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := fmt.Sprintf("`%s --help` lists the commands", cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usage(hint, "unknown command %q for %s", args[0], cmd.CommandPath())
}

// wants checks the number of arguments; most < 0 is any number.
func wants(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return usage("usage: "+cmd.UseLine(), "%s wants %s, got %d argument(s)", cmd.CommandPath(), what, len(args))
		}
		return nil
	}
}

// printJSON writes one indented object on stdout.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.stdout, format, args...) }

// dry tells what would be written and whether to leave it at that.
func (a *app) dry(format string, args ...any) bool {
	if a.common.dryRun {
		a.printf("would "+format+"\n", args...)
	}
	return a.common.dryRun
}
