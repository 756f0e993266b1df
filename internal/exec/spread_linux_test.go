package exec

import (
	"runtime"
	"testing"
)

// TestWorkerLeavesATakenProcessor: one that finds a worker of a lower number
// where it runs goes elsewhere; one that does not, and the first, stay.
func TestWorkerLeavesATakenProcessor(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		s := newSpread(2)
		if s.allowed.set.Count() < 2 {
			t.Log("one processor: nowhere to go")
			return
		}
		here := processors{}
		here.set.Set(currentProcessor())
		here.move() // and stay, so that only settle can move it
		at := currentProcessor()
		s.settle(0)
		if now := currentProcessor(); now != at {
			t.Errorf("the first worker moved from %d to %d", at, now)
		}
		s.settle(1)
		if now := currentProcessor(); now == at {
			t.Errorf("the second worker stays on processor %d, where the first one is", at)
		}
	}()
	<-done
}
