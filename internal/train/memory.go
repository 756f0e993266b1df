package train

import (
	"errors"
	"runtime"
	"runtime/debug"

	"melanoma/internal/exec"
	system "melanoma/internal/memory"
)

// room is what a training may take of the memory that is left: the rest is
// for what the estimate does not know of.
const room = 0.9

// forPictures is the share of what is left over that the cache of pictures may
// take.
const forPictures = 0.75

// runtimeBytes is what a process takes whatever it trains: graphs, plans,
// files' tables.
const runtimeBytes = 64 << 20

// way is how a step may be computed.
type way struct {
	cut   int  // micro-batches
	again bool // activations are computed again in the backward pass
}

// fitMemory compiles the machine of a micro-batch within the memory that is
// left. If the configured one does not fit, activations are computed again in
// the backward pass, which changes no result; then the micro-batches get
// smaller, with the same images a step. A checkpoint's micro-batch is kept,
// since batch statistics depend on it. What is left over is for pictures.
func (tr *trainer) fitMemory(slots int) error {
	asked := tr.task.Config
	left, known := tr.memoryLeft()
	cuts, resumed := tr.cuts()
	if !known {
		tr.take(way{cuts[0], asked.GradientCheckpointing})
		tr.noteMemory(asked, left)
		_, err := tr.machine(tr.firstBatch())
		return err
	}
	held := tr.task.Store.CacheHeld()
	var need int64
	for _, w := range waysOf(asked, cuts) {
		tr.take(w)
		spare, err := tr.compileWithin(left+held, slots)
		var short *exec.MemoryError
		if errors.As(err, &short) {
			need = left + int64(short.Need-short.Limit)
			continue
		}
		if err != nil {
			return err
		}
		tr.task.Store.BoundCache(int64(forPictures * float64(spare)))
		tr.boundHeap(left)
		tr.noteMemory(asked, left)
		return nil
	}
	return tr.tooLarge(need, left, asked, resumed)
}

// waysOf lists the ways in the order in which they are tried.
func waysOf(asked Config, cuts []int) []way {
	if asked.ShortMemory == "fail" {
		return []way{{cuts[0], asked.GradientCheckpointing}}
	}
	var ways []way
	for _, k := range cuts {
		if !asked.GradientCheckpointing {
			ways = append(ways, way{k, false})
		}
		ways = append(ways, way{k, true})
	}
	return ways
}

// take sets the training to a way.
func (tr *trainer) take(w way) {
	c := &tr.task.Config
	c.Accumulate, c.GradientCheckpointing, tr.loader.Batch = w.cut, w.again, c.Batch/w.cut
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
