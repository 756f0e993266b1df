package pipeline

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"melanoma/internal/fault"
)

// Options are what the command line adds to a configuration. None of them
// changes a result.
type Options struct {
	Workers  int          // goroutines; 0 is one per processor
	Fold     int          // only the tasks of this fold; -1 is every fold of the run
	Force    string       // a stage to redo with all that follow it, or ""
	DryRun   bool         // decide and tell, do nothing
	Progress Progress     // nil is [Silent]
	Logger   *slog.Logger // what log.jsonl gets, for people; nil drops it
	Kernels  string       // which compute kernels are selected, for run.json
	Command  string       // the command line, for run.json
}

// Run is one configuration at work in one folder.
type Run struct {
	Dir     string
	Config  *Config
	options Options
	hashes  hashCache
	opened  openedStore
	now     func() time.Time
}

// New opens the folder of a run; nothing is written before Execute.
func New(dir string, config *Config, options Options) (*Run, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if options.Force != "" && !slices.Contains(StageNames(), options.Force) {
		return nil, fault.New(fault.Usage, "stages: "+strings.Join(StageNames(), ", "), "pipeline: unknown stage %q for --force", options.Force)
	}
	if options.Progress == nil {
		options.Progress = Silent{}
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &Run{Dir: dir, Config: config, options: options, now: time.Now}, nil
}

func (r *Run) path(parts ...string) string {
	return filepath.Join(append([]string{r.Dir}, parts...)...)
}

// mkdir makes a folder of the run.
func (r *Run) mkdir(parts ...string) error {
	if err := os.MkdirAll(r.path(parts...), 0o777); err != nil {
		return unwritable(err, r.Dir)
	}
	return nil
}

func (r *Run) say(format string, args ...any) {
	r.options.Progress.Say(fmt.Sprintf(format, args...))
}

// begin prepares the folder: it must hold this run or none, and what --force
// names is forgotten.
func (r *Run) begin() error {
	if stored, err := ReadManifest(r.Dir); err == nil && stored.Name != "" && stored.Name != r.Config.Name {
		return fault.New(fault.Usage, "choose another folder with --out, or give that run's configuration with -c",
			"pipeline: %s holds the run %q, not %q", r.Dir, stored.Name, r.Config.Name)
	}
	if err := os.MkdirAll(r.Dir, 0o777); err != nil {
		return unwritable(err, r.Dir)
	}
	if r.options.Force != "" {
		if err := r.forget(); err != nil {
			return err
		}
	}
	return r.writeManifest()
}

// forget removes the records of the forced stage and of those after it, and
// the marks of their attempts, so that nothing half done is continued.
func (r *Run) forget() error {
	names, err := r.recordedTasks()
	if err != nil {
		return err
	}
	for _, name := range names {
		rec, err := r.readRecord(name)
		if err != nil {
			return err
		}
		if rec != nil && !r.forced(rec.Stage) {
			continue
		}
		if err := os.Remove(r.recordPath(name)); err != nil {
			return unwritable(err, r.Dir)
		}
	}
	marks, err := filepath.Glob(r.path(".state", "*"))
	if err != nil {
		return err
	}
	for _, mark := range marks {
		name := filepath.Base(mark)
		if filepath.Ext(name) != ".lock" && r.forced(stageOfTask(name)) {
			if err := os.Remove(mark); err != nil {
				return unwritable(err, r.Dir)
			}
		}
	}
	return nil
}

// stageOfTask gives the stage that a task's name belongs to.
func stageOfTask(name string) string {
	head, _, _ := strings.Cut(name, "-")
	switch head {
	case "data":
		return "ingest"
	case "export":
		return "train"
	}
	return head
}
