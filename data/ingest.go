package data

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// Options are what changes how an ingest runs but, save for the seed, not
// its result.
type Options struct {
	Workers  int                   // goroutines that decode; 0 is one for each processor
	Seed     uint64                // of the held-out test set
	Progress func(done, total int) // called after each image, from one goroutine; may be nil
}

// Summary says what an ingest wrote.
type Summary struct {
	Train, Test int               // rows written
	Groups      int               // distinct groups of the training rows
	Classes     []string          // in the order of the class indices
	Positive    int               // class index, -1 for none
	Counts      []int             // training rows of each class
	Skipped     []Problem         // rows left out
	Warnings    []string          // what is worth a look
	Files       []string          // names within the folder
	Inputs      map[string]string // hashes, as HashInputs
}

// Ingest reads the CSV files and images of a configuration and writes the
// images table into the folder dir, replacing an earlier one. All bad rows are
// reported together, as an input fault that wraps a [BadRowsError]. On any
// error, and when ctx ends (a stopped fault), dir is as it was.
func Ingest(ctx context.Context, c Config, dir string, opt Options) (Summary, error) {
	if err := c.Validate(); err != nil {
		return Summary{}, err
	}
	if info, err := os.Stat(c.Root); err != nil || !info.IsDir() {
		return Summary{}, fault.New(fault.Input, "set data.root to the folder of the data set (paths start from the working directory)", "data: %s is no folder", c.Root)
	}
	in, err := c.prepare(ctx, opt)
	if err != nil {
		return Summary{}, err
	}
	if err := in.write(ctx, dir, opt); err != nil {
		return Summary{}, err
	}
	return in.summary, nil
}

// ingest is one call of Ingest on its way.
type ingest struct {
	config   Config
	rows     []listed
	problems []Problem // that forbid writing
	positive string
	groups   map[string]bool // of the training rows written
	summary  Summary
}

// prepare does all that needs no decoding: rows, classes, splits, hashes.
func (c Config) prepare(ctx context.Context, opt Options) (*ingest, error) {
	in := &ingest{config: c, groups: map[string]bool{}}
	rows, hashes, problems, err := c.readRows()
	if err != nil {
		return nil, err
	}
	in.problems = problems
	classes, positive, problems, err := c.assignClasses(rows)
	if err != nil {
		if e := badRows(in.problems); e != nil {
			return nil, errors.Join(e, err) // a cut CSV file may lack the class
		}
		return nil, err
	}
	in.problems = append(in.problems, problems...)
	in.rows = holdOut(rows, len(classes), c.Holdout, opt.Seed)
	in.positive = positive
	s := &in.summary
	s.Classes, s.Positive = classes, indexOf(classes, positive)
	s.Counts = make([]int, len(classes))
	if overlap := groupOverlap(in.rows); len(overlap) > 0 {
		if c.OnGroupOverlap == Fail {
			in.problems = append(in.problems, overlap...)
		}
		s.Warnings = append(s.Warnings, fmt.Sprintf("%d group(s) stand in the training and in the test set, the first being %s", len(overlap), overlap[0].ImageName))
	}
	missing, err := c.survey(ctx, in.rows, opt.Workers)
	if err != nil {
		return nil, stopped(err)
	}
	hashImages(in.rows, hashes)
	s.Inputs = hashes
	s.Warnings = append(s.Warnings, duplicateWarnings(in.rows)...)
	s.Warnings = append(s.Warnings, rareWarnings(in.rows, classes)...)
	s.Warnings = append(s.Warnings, c.strayWarnings(in.rows)...)
	in.leaveOut(missing)
	return in, nil
}

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name && name != "" {
			return i
		}
	}
	return -1
}

func stopped(err error) error {
	return fault.New(fault.Stopped, "run the same command again", "data: ingest was stopped, nothing was written: %w", err)
}

// leaveOut deals with bad images by the configuration's policy.
func (in *ingest) leaveOut(bad []Problem) {
	if in.config.OnBadImage == Skip {
		in.summary.Skipped = append(in.summary.Skipped, bad...)
	} else {
		in.problems = append(in.problems, bad...)
	}
}

// meta returns the metadata of one shard.
func (in *ingest) meta(split string, shard int) (artifact.Meta, error) {
	classes, err := json.Marshal(in.summary.Classes)
	if err != nil {
		return artifact.Meta{}, err
	}
	warnings, err := json.Marshal(append([]string{}, in.summary.Warnings...))
	if err != nil {
		return artifact.Meta{}, err
	}
	return artifact.Meta{
		Kind: imagesKind, Producer: "melanoma ingest", Inputs: in.summary.Inputs,
		Extra: map[string]string{
			extraClasses: string(classes), extraPositive: in.positive, extraSize: fmt.Sprint(in.config.Size), extraStore: in.config.Store,
			extraSplit: split, extraShard: fmt.Sprint(shard), extraWarnings: string(warnings),
		},
	}, nil
}

// write decodes the images and writes the shards, into a folder that gets
// its name when all is done.
func (in *ingest) write(ctx context.Context, dir string, opt Options) error {
	target, err := newFolder(dir)
	if err != nil {
		return err
	}
	defer target.discard()
	out := &shardWriter{dir: target.temporary, meta: in.meta, size: in.config.Size, column: pixelColumn}
	if in.config.Store == StoreFiles {
		out.column = encodedColumn
	}
	defer out.abort()
	err = in.decodeAll(ctx, opt, func(i int, p Picture, reason error) error {
		row := &in.rows[i]
		if reason != nil {
			in.leaveOut([]Problem{row.fileProblem(plain(reason))})
		}
		if reason != nil || len(in.problems) > 0 {
			return nil // go on, so that all bad rows are found
		}
		row.SourceWidth, row.SourceHeight = int32(p.SourceWidth), int32(p.SourceHeight)
		in.count(row)
		if in.config.Store == StoreFiles {
			return out.add(row.Row, p.File)
		}
		return out.add(row.Row, p.Image.Pix)
	})
	if ctx.Err() != nil {
		return stopped(ctx.Err())
	}
	if err == nil {
		err = badRows(in.problems)
	}
	if err == nil && in.summary.Train == 0 {
		err = fault.New(fault.Input, "check data.images and data.extension", "data: %s: no training image is left", in.config.TrainCSV)
	}
	if err == nil {
		in.summary.Files, err = out.close()
	}
	if err == nil && len(in.summary.Skipped) > 0 {
		in.summary.Files = append(in.summary.Files, skippedFile)
		err = writeSkipped(target.temporary, in.summary.Skipped)
	}
	if err != nil {
		return err
	}
	return target.publish()
}

func (in *ingest) count(row *listed) {
	s := &in.summary
	if row.Test {
		s.Test++
		return
	}
	s.Train++
	if !in.groups[row.Group] {
		in.groups[row.Group] = true
		s.Groups++
	}
	if row.Target >= 0 {
		s.Counts[row.Target]++
	}
}

// decoded is the picture of one row, or what is wrong with its file.
type decoded struct {
	picture Picture
	err     error
}

// decodeAll decodes the images on several goroutines and hands them to take
// in the order of the rows. No more pictures than two for each worker wait for
// their turn. Rows whose file the survey could not read are passed over.
func (in *ingest) decodeAll(ctx context.Context, opt Options, take func(i int, p Picture, err error) error) error {
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	type task struct {
		row  int
		done chan decoded
	}
	workers := cmp.Or(max(opt.Workers, 0), runtime.GOMAXPROCS(0))
	queue, work := make(chan task, 2*workers), make(chan task)
	group.Go(func() {
		defer close(queue)
		defer close(work)
		for i := range in.rows {
			if in.rows[i].FileSHA256 == "" {
				continue
			}
			t := task{i, make(chan decoded, 1)}
			for _, to := range []chan task{queue, work} {
				select {
				case to <- t:
				case <-ctx.Done():
					return
				}
			}
		}
	})
	decoder := NewDecoder(in.config.Size)
	for range workers {
		group.Go(func() {
			for t := range work {
				p, err := decoder.File(ctx, in.config.imagePath(&in.rows[t.row]))
				t.done <- decoded{p, err}
			}
		})
	}
	for t := range queue {
		var d decoded
		select {
		case d = <-t.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if ctx.Err() != nil {
			return ctx.Err() // the error of the decoder may be its own end
		}
		if err := take(t.row, d.picture, d.err); err != nil {
			return err
		}
		if opt.Progress != nil {
			opt.Progress(t.row+1, len(in.rows))
		}
	}
	return ctx.Err()
}
