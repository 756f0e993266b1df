package exec

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestPoolOfZeroWorkersUsesEveryProcessor: 0 is what commands pass on unless
// they are told a number.
func TestPoolOfZeroWorkersUsesEveryProcessor(t *testing.T) {
	p := NewPool(0)
	defer p.Close()
	if want := runtime.GOMAXPROCS(0); p.Workers() != want {
		t.Errorf("%d workers, want %d", p.Workers(), want)
	}
}

// TestPoolRunsEveryPartOnce, also where workers fell asleep in between, and
// never two calls under one worker's number.
func TestPoolRunsEveryPartOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 8} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			p := NewPool(workers)
			defer p.Close()
			for round := range 2000 {
				if round%500 == 499 {
					time.Sleep(2 * time.Millisecond)
				}
				parts := round % 11
				counts, held := make([]atomic.Int32, parts), make([]atomic.Int32, workers)
				p.Run(parts, func(part, worker int) {
					if held[worker].Add(1) != 1 {
						t.Errorf("worker %d holds two parts at a time", worker)
					}
					counts[part].Add(1)
					held[worker].Add(-1)
				})
				for i := range counts {
					if n := counts[i].Load(); n != 1 {
						t.Fatalf("round %d: part %d of %d ran %d times", round, i, parts, n)
					}
				}
			}
		})
	}
}
