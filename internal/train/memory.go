package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"melanoma/data"
	"melanoma/internal/artifact"
	"melanoma/internal/exec"
	"melanoma/internal/fault"
	system "melanoma/internal/memory"
	"melanoma/models"
)

// Remark is something that a training does otherwise than its configuration
// says, and why.
type Remark struct {
	Text string
	// Results tells whether the results differ from those that the
	// configuration would have had.
	Results bool
}

// room is what a training may take of the memory that is left: the rest is
// for what the estimate does not know of.
const room = 0.9

// runtimeBytes is what a process takes whatever it trains: graphs, plans,
// files' tables.
const runtimeBytes = 64 << 20

// fitMemory compiles the machine of a micro-batch within the memory that is
// left. If the configured one does not fit, activations are computed again in
// the backward pass, which changes no result; then the micro-batches get
// smaller, with the same images a step. A checkpoint's micro-batch is kept,
// since batch statistics depend on it.
func (tr *trainer) fitMemory(slots int) error {
	c := &tr.task.Config
	asked := *c
	left, known := tr.memoryLeft()
	cuts, resumed := tr.cuts()
	tr.loader.Batch = c.Batch / cuts[0]
	c.Accumulate = cuts[0]
	if !known {
		_, err := tr.machine(tr.firstBatch())
		return err
	}
	if asked.ShortMemory == "fail" {
		cuts = cuts[:1]
	}
	var need int64
	for _, k := range cuts {
		for _, again := range []bool{false, true} {
			if asked.GradientCheckpointing && !again || asked.ShortMemory == "fail" && again != asked.GradientCheckpointing {
				continue
			}
			c.Accumulate, c.GradientCheckpointing, tr.loader.Batch = k, again, c.Batch/k
			var short *exec.MemoryError
			err := tr.compileWithin(left, slots)
			if err == nil {
				tr.boundHeap(left)
				tr.noteMemory(asked, left)
				return nil
			}
			if !errors.As(err, &short) {
				return err
			}
			need = left + int64(short.Need-short.Limit)
		}
	}
	return tr.tooLarge(need, left, asked, resumed)
}

// memoryLeft is what the training may take, if that is known and counts.
func (tr *trainer) memoryLeft() (left int64, known bool) {
	c := tr.task.Config
	if c.ShortMemory == "ignore" {
		return 0, false
	}
	runtime.GC() // what the last training left behind is free
	switch {
	case tr.task.Memory != nil:
		return tr.task.Memory()
	case c.MemoryGB == 0:
		return system.Available()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(c.MemoryGB*1e9) - int64(m.HeapAlloc), true
}

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
	summary, err := tr.net.Summary(tr.task.Store.Size())
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
// takes fits into so many bytes; else the error is a *exec.MemoryError.
func (tr *trainer) compileWithin(left int64, slots int) error {
	limit := int64(room*float64(left)) - tr.besides(slots)
	if tr.needsForward() {
		tr.limits = []exec.Option{exec.AtMost(0)}
		_, err := tr.forward(tr.firstBatch())
		var short *exec.MemoryError
		if !errors.As(err, &short) {
			return fmt.Errorf("train: plan the forward pass: %w", err)
		}
		limit -= int64(short.Need)
	}
	if last := tr.loader.Len() % tr.loader.Batch; !tr.loader.DropLast && last > 0 { // has a machine of its own
		limit = int64(float64(limit) / (1 + float64(last)/float64(tr.loader.Batch)))
	}
	tr.limits = []exec.Option{exec.AtMost(int(max(0, limit)))}
	defer func() { tr.limits = nil }()
	_, err := tr.machine(tr.firstBatch())
	return err
}

// needsForward tells whether the training evaluates or computes statistics
// while its machine is there.
func (tr *trainer) needsForward() bool {
	return tr.task.Config.Update.Sampler() || tr.average != nil || tr.task.Config.Average.Method != "none" || len(tr.task.Watch) > 0
}

// besides estimates the bytes that the training takes besides its machines:
// parameters, gradients and the rule's state, batches, pictures.
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
	side := int64(tr.task.Store.Size())
	batches := data.Held + 1
	if tr.needsForward() {
		batches += 2
	}
	return 4*(ofAll*all+arrays*trained) + int64(batches*tr.loader.Batch)*side*side*3*4 + tr.task.Store.CacheRoom() + runtimeBytes
}

// boundHeap makes Go collect its garbage before the process takes more than
// what is left: by itself it lets as much garbage gather as there is memory in
// use.
func (tr *trainer) boundHeap(left int64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := debug.SetMemoryLimit(-1)
	if limit := left + int64(m.Sys-m.HeapIdle); limit < before {
		debug.SetMemoryLimit(limit)
		tr.unbound = func() { debug.SetMemoryLimit(before) }
	}
}

// noteMemory remarks what had to be changed, and lets the checkpoint know.
func (tr *trainer) noteMemory(asked Config, left int64) {
	c := tr.task.Config
	if c.GradientCheckpointing != asked.GradientCheckpointing {
		tr.remarks = append(tr.remarks, Remark{Text: fmt.Sprintf(
			"%s of memory are left: activations are computed again in the backward pass (gradient_checkpointing), which takes longer and changes no result", gigabytes(left))})
	}
	if c.Accumulate != asked.Accumulate {
		tr.state.Accumulate = c.Accumulate
		tr.remarks = append(tr.remarks, Remark{Results: true, Text: fmt.Sprintf(
			"for want of memory the %d images of a step are computed in %d micro-batches of %d: batch statistics are of %d images", c.Batch, c.Accumulate, tr.loader.Batch, tr.loader.Batch)})
	}
}

// tellRemarks passes the remarks on and writes them to log.jsonl.
func (tr *trainer) tellRemarks() error {
	for _, r := range tr.remarks {
		if tr.task.Remark != nil {
			tr.task.Remark(r)
		}
		err := tr.appendLog(struct {
			Remark  string  `json:"remark"`
			Seconds float64 `json:"seconds"`
		}{r.Text, tr.seconds()})
		if err != nil {
			return err
		}
	}
	return nil
}

func (tr *trainer) tooLarge(need, left int64, asked Config, resumed bool) error {
	hint := "lower data.size, take a smaller architecture, or raise train.memory_gb if there is more"
	if !asked.GradientCheckpointing && asked.ShortMemory == "fail" {
		hint = "set train.gradient_checkpointing: true, train.accumulate, or train.short_memory: adapt, which chooses both; or " + hint
	}
	if resumed {
		hint += fmt.Sprintf("; the checkpoint in %s can go on in micro-batches of %d alone: without it the training starts anew", tr.task.Dir, tr.loader.Batch)
	}
	images := fmt.Sprintf("%d images", tr.loader.Batch)
	if tr.loader.Batch == 1 {
		images = "even one image"
	}
	return fault.New(fault.Program, hint, "train: training %s on %s of %d px at a time takes about %s of memory, %s are left",
		tr.net.Name, images, tr.task.Store.Size(), gigabytes(need), gigabytes(left))
}

func gigabytes(bytes int64) string { return fmt.Sprintf("%.2f GB", float64(max(0, bytes))/1e9) }
