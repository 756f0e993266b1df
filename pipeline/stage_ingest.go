package pipeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"melanoma/data"
	"melanoma/internal/fault"
)

// Versions of what a stage writes; raise one when its code changes its files.
const (
	dataVersion   = 1
	ingestVersion = 3
)

// imagesDir is the folder of the ingested images.
const imagesDir = "images"

// ingestTasks draws the data set where the configuration says so, then
// ingests it. What lies outside the run enters the key by its content, never
// by its path.
func (r *Run) ingestTasks() ([]*task, error) {
	ingest := &task{
		name: "ingest", stage: "ingest", version: ingestVersion, fold: -1, dir: imagesDir,
		config:  map[string]any{"data": r.dataKey(), "seed": r.Config.Seed},
		outside: r.dataHashes,
		run:     r.ingest,
	}
	if r.Config.Synth == nil {
		ingest.check = r.checkRoot
		return []*task{ingest}, nil
	}
	ingest.needs = []need{{task: "data", match: "*.csv"}}
	draw := &task{
		name: "data", stage: "ingest", version: dataVersion, fold: -1, dir: "data",
		config: *r.Config.Synth,
		run:    r.synth,
	}
	return []*task{draw, ingest}, nil
}

// dataConfig is the data section with its paths expanded.
func (r *Run) dataConfig() data.Config {
	c := r.Config.Data
	c.Root = r.expand(c.Root)
	return c
}

// dataKey is the data section without paths and licence.
func (r *Run) dataKey() data.Config {
	c := r.Config.Data
	c.Root, c.Images, c.TestImages, c.TrainCSV, c.License = "", "", "", "", ""
	if c.TestCSV != "" {
		c.TestCSV = "given"
	}
	return c
}

// checkRoot names a wrong data.root before anything that lies relative to it.
func (r *Run) checkRoot(context.Context) error {
	root := r.dataConfig().Root
	if info, err := os.Stat(root); err != nil || !info.IsDir() {
		return fault.New(fault.Input, "set it to the folder of the data set: --set data.root=FOLDER (paths resolve against the working directory)",
			"pipeline: key \"data.root\": %s is no folder", root)
	}
	return nil
}

func (r *Run) dataHashes(ctx context.Context) (map[string]string, error) {
	return data.HashInputs(ctx, r.dataConfig(), r.options.Workers)
}

func (r *Run) synth(ctx context.Context, a *attempt) error {
	c := *r.Config.Synth
	c.Workers = r.options.Workers
	bar := r.options.Progress.Start("data", "pictures", c.Images)
	defer bar.Done("")
	if err := data.Synth(ctx, r.path("data"), c); err != nil {
		return err
	}
	files, err := r.filesUnder("data")
	a.wrote(files...)
	a.note = fmt.Sprintf("drew %d pictures", c.Images)
	return err
}

func (r *Run) ingest(ctx context.Context, a *attempt) error {
	bar := r.options.Progress.Start("ingest", "images", 0)
	defer bar.Done("")
	summary, err := data.Ingest(ctx, r.dataConfig(), r.path(imagesDir), data.Options{
		Workers: r.options.Workers, Seed: r.Config.Seed, Progress: bar.Set,
	})
	if err != nil {
		return err
	}
	files, err := r.filesUnder(imagesDir)
	a.wrote(files...)
	a.note = fmt.Sprintf("%d training and %d test images", summary.Train, summary.Test)
	return err
}

// filesUnder lists the files of a folder of the run, as paths under DIR with
// forward slashes, sorted; hidden ones are left out.
func (r *Run) filesUnder(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(r.path(dir), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name()[0] == '.' {
			return err
		}
		rel, err := filepath.Rel(r.Dir, path)
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(out)
	return out, err
}
