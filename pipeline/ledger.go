package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// Record is one line of the ledger: what a finished task was made from and
// what it wrote. It lies in DIR/tasks/<task>.json and holds no times, so that
// the same run writes the same bytes.
type Record struct {
	Task    string            `json:"task"`
	Stage   string            `json:"stage"`
	Version int               `json:"version"` // of the stage's code and file formats
	Key     string            `json:"key"`     // hash of stage, version, configuration and inputs
	Config  any               `json:"config"`  // the part of the configuration that the outputs depend on
	Inputs  map[string]string `json:"inputs"`  // file or name -> sha256
	Outputs map[string]string `json:"outputs"` // path under DIR -> sha256
	Note    string            `json:"note,omitempty"`
	Remarks []string          `json:"remarks,omitempty"` // what was done otherwise than configured
}

func (r *Run) recordPath(task string) string { return r.path("tasks", task+".json") }

// readRecord returns the record of a task, or nil if there is none.
func (r *Run) readRecord(task string) (*Record, error) {
	text, err := os.ReadFile(r.recordPath(task))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("pipeline: read ledger: %w", err)
	}
	var rec Record
	if err := json.Unmarshal(text, &rec); err != nil || rec.Task != task {
		return nil, nil // a damaged record is no record: the task runs again
	}
	return &rec, nil
}

func (r *Run) writeRecord(rec *Record) error {
	if err := os.MkdirAll(r.path("tasks"), 0o777); err != nil {
		return unwritable(err, r.Dir)
	}
	return artifact.WriteJSON(r.recordPath(rec.Task), rec)
}

// recordedTasks lists the tasks in the ledger, sorted.
func (r *Run) recordedTasks() ([]string, error) {
	paths, err := filepath.Glob(r.path("tasks", "*.json"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range paths {
		name := filepath.Base(p)
		names = append(names, name[:len(name)-len(".json")])
	}
	sort.Strings(names)
	return names, nil
}

// hashCache remembers content hashes for the life of the process, so that the
// images of a run are read once, however many tasks depend on them.
type hashCache struct {
	mu    sync.Mutex
	known map[string]hashEntry
}

type hashEntry struct {
	size int64
	time time.Time
	hash string
}

// file returns the sha256 of a file, from memory while size and modification
// time stand still. A missing file gives "".
func (c *hashCache) file(path string) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	entry, ok := c.known[path]
	c.mu.Unlock()
	if ok && entry.size == info.Size() && entry.time.Equal(info.ModTime()) {
		return entry.hash, nil
	}
	hash, err := artifact.HashFile(path)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]hashEntry{}
	}
	c.known[path] = hashEntry{info.Size(), info.ModTime(), hash}
	return hash, nil
}

// unwritable wraps a failure to create or write under the run's folder.
func unwritable(err error, dir string) error {
	return fault.New(fault.Program, "check the free space and the permissions, or choose another folder with --out",
		"pipeline: write under %s: %w", dir, err)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
