package exec

import (
	"sync"
	"sync/atomic"
)

// Pool is a fixed set of workers that share out the parts of one piece of
// work at a time.
type Pool struct {
	workers int
	work    chan job
	mu      sync.Mutex // one Run at a time
}

type job struct {
	next  *atomic.Int64
	parts int
	f     func(part, worker int)
	id    int
	done  *sync.WaitGroup
}

// NewPool starts workers-1 goroutines; the caller of Run is the last worker.
// Fewer than one worker counts as one.
func NewPool(workers int) *Pool {
	p := &Pool{workers: max(workers, 1), work: make(chan job)}
	for range p.workers - 1 {
		go func() {
			for j := range p.work {
				j.run()
			}
		}()
	}
	return p
}

func (j job) run() {
	for {
		part := int(j.next.Add(1) - 1)
		if part >= j.parts {
			break
		}
		j.f(part, j.id)
	}
	j.done.Done()
}

// Workers returns the number of workers.
func (p *Pool) Workers() int { return p.workers }

// Run calls f once for each part in [0, parts). worker is in [0, Workers) and
// is held by one call at a time, so scratch memory may be kept per worker.
// Which worker gets which part is not determined; results must not depend on
// it.
func (p *Pool) Run(parts int, f func(part, worker int)) {
	if p.workers == 1 || parts <= 1 {
		for i := range parts {
			f(i, 0)
		}
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var next atomic.Int64
	var done sync.WaitGroup
	helpers := min(p.workers, parts) - 1
	done.Add(helpers + 1)
	for i := range helpers {
		p.work <- job{&next, parts, f, i + 1, &done}
	}
	job{&next, parts, f, 0, &done}.run()
	done.Wait()
}

// Close stops the workers. The pool must not be used afterwards.
func (p *Pool) Close() { close(p.work) }

// ranges cuts [0, n) into parts of at most `most` elements whose number
// depends on n alone, and runs f on each.
func (p *Pool) ranges(n, most int, f func(lo, hi, part, worker int)) {
	p.Run(partsOf(n, most), func(part, worker int) {
		lo := part * most
		f(lo, min(lo+most, n), part, worker)
	})
}

func partsOf(n, most int) int { return (n + most - 1) / most }
