package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// Manifest is DIR/run.json: what ran, from what, where and how long. With
// log.jsonl it is the only file of a run that holds times.
type Manifest struct {
	Name     string               `json:"name"`
	ID       string               `json:"id"` // of the configuration and the data
	Seed     uint64               `json:"seed"`
	Config   any                  `json:"config"` // resolved: every key with its value
	Given    any                  `json:"given"`  // what the file and --set said
	Command  string               `json:"command"`
	Version  Version              `json:"version"`
	Kernels  string               `json:"kernels"` // compute kernels of the processor that ran last
	DataHash string               `json:"data_hash,omitempty"`
	Machine  Machine              `json:"machine"`
	Started  string               `json:"started"`
	Updated  string               `json:"updated"`
	Stages   map[string]StageTime `json:"stages"`
	Remarks  map[string][]string  `json:"remarks,omitempty"` // by task: what was done otherwise than configured
}

// StageTime is when a stage last did something, and for how long in all.
type StageTime struct {
	Started string  `json:"started"`
	Seconds float64 `json:"seconds"` // of the tasks that ran, added up over all commands
	Tasks   int     `json:"tasks"`   // that ran
}

// Version says which program it was.
type Version struct {
	Melanoma string `json:"melanoma"` // module version, or (devel)
	Go       string `json:"go"`
	Commit   string `json:"commit,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the work tree had changes
	Platform string `json:"platform"`
	Ledger   int    `json:"ledger"` // version of the run's files
}

// Machine is where it ran.
type Machine struct {
	Host      string `json:"host"`
	CPU       string `json:"cpu"`
	CPUs      int    `json:"cpus"`
	MemoryMiB int    `json:"memory_mib"`
}

const ledgerVersion = 1

// BuildVersion describes the running binary.
func BuildVersion() Version {
	v := Version{Melanoma: "(unknown)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Ledger: ledgerVersion}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Melanoma = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// ThisMachine describes the machine; what the system does not tell is empty.
func ThisMachine() Machine {
	m := Machine{CPUs: runtime.GOMAXPROCS(0)}
	m.Host, _ = os.Hostname()
	m.CPU = procField("/proc/cpuinfo", "model name")
	var kib int
	if _, err := fmt.Sscanf(procField("/proc/meminfo", "MemTotal"), "%d kB", &kib); err == nil {
		m.MemoryMiB = kib / 1024
	}
	return m
}

// procField returns the value of the first "field : value" line of a file.
func procField(path, field string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == field {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// ReadManifest reads DIR/run.json. The error wraps fs.ErrNotExist if there is none.
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, "run.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.Input, "give the folder of a run with --out; `melanoma run` makes one", "pipeline: no run in %s: %w", dir, err)
	}
	var m Manifest
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // a seed may need all 64 bits
	if err := decoder.Decode(&m); err != nil {
		return nil, fault.New(fault.Input, "`melanoma run` with the run's configuration writes it again", "pipeline: %s is damaged: %w", path, err)
	}
	return &m, nil
}

// writeManifest brings run.json up to date at the start of a command.
func (r *Run) writeManifest() error {
	return r.updateManifest(func(m *Manifest) {
		m.Name, m.Seed, m.Command = r.Config.Name, r.Config.Seed, r.options.Command
		m.Config, m.Given = asTree(*r.Config), r.Config.given
		m.Version, m.Machine, m.Kernels = BuildVersion(), ThisMachine(), r.options.Kernels
	})
}

// updateManifest reads, changes and writes run.json under its lock, so that
// two processes on one folder both keep their stage times.
func (r *Run) updateManifest(change func(*Manifest)) error {
	var l *taskLock
	for deadline := r.now().Add(10 * time.Second); l == nil; time.Sleep(5 * time.Millisecond) {
		var err error
		if l, err = r.tryLock("run.json"); err != nil {
			return err
		}
		if l == nil && r.now().After(deadline) {
			return fault.New(fault.Program, "another process holds it: see whether it hangs", "pipeline: run.json of %s stays locked", r.Dir)
		}
		if l != nil {
			break
		}
	}
	defer l.release()
	m, err := ReadManifest(r.Dir)
	if err != nil {
		m = &Manifest{}
	}
	if m.Stages == nil {
		m.Stages = map[string]StageTime{}
	}
	m.Updated = r.timestamp()
	if m.Started == "" {
		m.Started = m.Updated
	}
	change(m)
	m.ID = m.runID()
	return artifact.WriteJSON(r.path("run.json"), m)
}

func (r *Run) timestamp() string { return r.now().UTC().Format(time.RFC3339) }

// stageClock measures a stage for run.json.
type stageClock struct {
	run   *Run
	stage string
	start time.Time
}

func (r *Run) stageClock(stage string) stageClock { return stageClock{r, stage, r.now()} }

// stop adds the stage's time to run.json if any of its tasks ran.
func (c stageClock) stop(steps []Step) error {
	ran := 0
	for _, s := range steps {
		if s.Action == "run" {
			ran++
		}
	}
	if ran == 0 {
		return nil
	}
	rec, err := c.run.readRecord("ingest")
	if err != nil {
		return err
	}
	return c.run.updateManifest(func(m *Manifest) {
		s := m.Stages[c.stage]
		s.Started = c.start.UTC().Format(time.RFC3339)
		s.Seconds += c.run.now().Sub(c.start).Seconds()
		s.Tasks += ran
		m.Stages[c.stage] = s
		if rec != nil {
			m.DataHash = artifact.HashJSON(rec.Inputs)
		}
	})
}
