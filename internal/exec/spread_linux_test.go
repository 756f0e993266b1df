package exec

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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

// TestNarrowedThreadEndsWithItsGoroutine: a worker's thread may keep off some
// processors and must not serve other goroutines afterwards.
func TestNarrowedThreadEndsWithItsGoroutine(t *testing.T) {
	all := allowedProcessors()
	if all.set.Count() < 2 {
		t.Skip("one processor: nothing to keep off")
	}
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go onOwnThread(func() {
			defer group.Done()
			here := processors{}
			here.set.Set(currentProcessor())
			here.move()
		})
	}
	group.Wait()
	for start := time.Now(); narrowed(t, all.set.Count()) > 0; time.Sleep(time.Millisecond) {
		if time.Since(start) > 2*time.Second {
			t.Fatalf("%d threads may still not run everywhere", narrowed(t, all.set.Count()))
		}
	}
}

// narrowed counts this process's threads that may run on fewer processors
// than there are.
func narrowed(t *testing.T, all int) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Skip(err)
	}
	n := 0
	for _, task := range tasks {
		id, _ := strconv.Atoi(task.Name())
		if id == os.Getpid() {
			continue // the main thread is not ended but parked for good
		}
		var p processors
		if err := unix.SchedGetaffinity(id, &p.set); err == nil && p.set.Count() < all {
			n++
		}
	}
	return n
}
