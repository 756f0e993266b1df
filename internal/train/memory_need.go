package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"melanoma/data"
	"melanoma/internal/artifact"
	"melanoma/internal/exec"
	"melanoma/models"
)

// cuts lists into how many micro-batches a step may be cut, the configured
// number first: divisors of the batch, each at least twice the last, that
// leave every BatchNorm more than one value to normalise. A checkpoint allows
// its own alone.
func (tr *trainer) cuts() (list []int, resumed bool) {
	c := tr.task.Config
	if k, ok := tr.checkpointCut(); ok {
		return []int{k}, true
	}
	out, least := []int{c.Accumulate}, tr.fewestImages()
	for k := c.Accumulate + 1; k <= c.Batch; k++ {
		if k >= 2*out[len(out)-1] && c.Batch%k == 0 && c.Batch/k >= least {
			out = append(out, k)
		}
	}
	return out, false
}

// checkpointCut returns the number of micro-batches with which a training
// began that can be resumed.
func (tr *trainer) checkpointCut() (int, bool) {
	if tr.task.Dir == "" {
		return 0, false // a test of rates resumes nothing
	}
	path := filepath.Join(tr.task.Dir, CheckpointFile)
	if _, err := os.Stat(path); err != nil {
		return 0, false
	}
	table, err := artifact.Open(path, "checkpoint")
	if err != nil {
		return 0, false
	}
	defer table.Close()
	s, ok := tr.position(table.Meta())
	if !ok {
		return 0, false
	}
	if s.Accumulate == 0 {
		return tr.task.Config.Accumulate, true
	}
	tr.state.Accumulate = s.Accumulate
	return s.Accumulate, true
}

// fewestImages is the smallest micro-batch that gives every BatchNorm more
// than one value a channel: one image unless it normalises single positions.
func (tr *trainer) fewestImages() int {
	if tr.task.Config.FreezeBatchNorm {
		return 1
	}
	summary, err := tr.net.Summary(tr.net.InputSize)
	if err != nil {
		return 2
	}
	for _, l := range summary.Layers {
		if l.Op == models.OpBatchNorm && (len(l.Shape) < 3 || l.Shape[0]*l.Shape[1] < 2) {
			return 2
		}
	}
	return 1
}

func (tr *trainer) firstBatch() int { return min(tr.loader.Batch, tr.loader.Len()) }

// compileWithin compiles the machine of a micro-batch if all that the training
// takes fits into so many bytes, and returns what is then left for pictures;
// else the error is a *exec.MemoryError.
func (tr *trainer) compileWithin(left int64, slots int) (spare int64, err error) {
	limit := int64(room*float64(left)) - tr.besides(slots)
	if tr.needsForward() {
		tr.limits = []exec.Option{exec.AtMost(0)}
		_, err := tr.forward(tr.firstBatch())
		var short *exec.MemoryError
		if !errors.As(err, &short) {
			return 0, fmt.Errorf("train: plan the forward pass: %w", err)
		}
		limit -= int64(short.Need)
	}
	if last := tr.loader.Len() % tr.loader.Batch; !tr.loader.DropLast && last > 0 { // has a machine of its own
		limit = int64(float64(limit) / (1 + float64(last)/float64(tr.loader.Batch)))
	}
	tr.limits = []exec.Option{exec.AtMost(int(max(0, limit)))}
	defer func() { tr.limits = nil }()
	m, err := tr.machine(tr.firstBatch())
	if err != nil {
		return 0, err
	}
	return limit - int64(m.ArenaBytes()), nil
}

// needsForward tells whether the training evaluates or computes statistics
// while its machine is there.
func (tr *trainer) needsForward() bool {
	return tr.task.Config.Update.Sampler() || tr.average != nil || tr.task.Config.Average.Method != "none" || len(tr.task.Watch) > 0
}

// besides estimates the bytes that the training takes besides its machines:
// parameters, gradients and the rule's state, batches.
func (tr *trainer) besides(slots int) int64 {
	c := tr.task.Config
	trained, all := int64(0), int64(0)
	for _, p := range tr.net.Params {
		all += int64(p.Len())
		if p.Role.Trained() && !tr.frozen[p.Name] {
			trained += int64(p.Len())
		}
	}
	arrays := 2 + int64(slots) // gradients, what decays, state
	if c.Accumulate > 1 {
		arrays++
	}
	if c.Average.Method != "none" {
		arrays++
	}
	if len(tr.task.Watch) > 0 {
		arrays++ // the best so far
	}
	const ofAll = 3 // the store, the file's weights, packed for kernels
	side := int64(tr.net.InputSize)
	batches := 1 // the machine's own
	if tr.needsForward() {
		batches += data.Held
	}
	return 4*(ofAll*all+arrays*trained) + int64(batches*tr.loader.Batch)*side*side*3*4 + tr.task.Store.LoaderBytes(tr.loader) + runtimeBytes
}
