package exec

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Pool is a fixed set of workers that share out the parts of one piece of
// work at a time. A step of a small image takes a few microseconds, less than
// it takes to wake a sleeping thread: so workers look for the next piece for a
// while before they sleep.
type Pool struct {
	workers int
	mu      sync.Mutex // one Run at a time

	f     func(part, worker int) // written only while no part is to be had
	parts int
	left  atomic.Int64 // parts not yet taken; below 0 if workers asked in vain
	done  atomic.Int64 // parts finished

	places spread
	pieces int // pieces of work so far; read and written by Run alone

	sleepers atomic.Int64
	wake     chan struct{}
	closed   atomic.Bool
}

// patience is how long a worker looks for work before it sleeps. Waking a
// thread takes 50 to 100 microseconds on a virtual machine, more than most
// steps of a small image.
const patience = 200 * time.Microsecond

// glance is how many pieces of work go by between two looks at which processor
// a worker runs on: some milliseconds.
const glance = 32

// looks is how often it looks between two glances at the clock.
const looks = 1 << 12

// NewPool starts workers-1 goroutines; the caller of Run is the last worker.
// 0 workers stand for one per processor.
func NewPool(workers int) *Pool {
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &Pool{workers: workers, places: newSpread(workers)}
	p.wake = make(chan struct{}, p.workers)
	for i := range p.workers - 1 {
		go onOwnThread(func() { p.help(i + 1) })
	}
	return p
}

// onOwnThread runs f on a thread that ends with it: f may keep it off some
// processors, so it must not serve other goroutines afterwards.
func onOwnThread(f func()) {
	runtime.LockOSThread() // never unlocked
	f()
}

// help takes parts until the pool is closed.
func (p *Pool) help(worker int) {
	for pieces := 0; !p.closed.Load(); pieces++ {
		if pieces%glance == 0 {
			p.places.settle(worker)
		}
		if p.takeAll(worker) {
			continue
		}
		p.sleepers.Add(1)
		if p.left.Load() <= 0 && !p.closed.Load() {
			<-p.wake
		}
		p.sleepers.Add(-1)
	}
}

// takeAll runs parts as long as there are any, and looks for more for a
// while; false if it found none in all that time.
func (p *Pool) takeAll(worker int) bool {
	for start := time.Now(); time.Since(start) < patience; {
		for range looks {
			if p.left.Load() > 0 {
				p.take(worker)
				return true
			}
		}
	}
	return false
}

// take runs parts until none are left. f and parts are read after a part was
// taken: they are then those of the piece of work that it belongs to.
func (p *Pool) take(worker int) {
	for {
		left := p.left.Add(-1)
		if left < 0 {
			return
		}
		p.f(p.parts-1-int(left), worker)
		p.done.Add(1)
	}
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
	if p.pieces++; p.pieces%glance == 0 {
		p.places.settle(0)
	}
	p.f, p.parts = f, parts
	p.done.Store(0)
	p.left.Store(int64(parts))
	for range min(p.sleepers.Load(), int64(parts)-1) {
		select {
		case p.wake <- struct{}{}:
		default: // as many are being woken as there are
		}
	}
	p.take(0)
	for i := 1; p.done.Load() < int64(parts); i++ {
		if i%64 == 0 {
			runtime.Gosched() // the worker that has the last part may wait for this processor
		}
	}
}

// Close stops the workers. The pool must not be used afterwards.
func (p *Pool) Close() {
	p.closed.Store(true)
	close(p.wake)
}

// over returns a function that cuts [0, n) into parts of at most `most`
// elements, whose number depends on n alone, and runs f on each.
func (p *Pool) over(n, most int, f func(lo, hi, part, worker int)) func() {
	each := func(part, worker int) { f(part*most, min((part+1)*most, n), part, worker) }
	return func() { p.Run(partsOf(n, most), each) }
}

func partsOf(n, most int) int { return (n + most - 1) / most }
