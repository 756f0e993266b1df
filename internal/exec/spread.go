package exec

import "sync/atomic"

// spread keeps workers on processors of their own. Schedulers, those of
// virtual machines above all, may leave two busy threads on one processor for
// seconds while another idles, and a worker that does not sleep is not placed
// anew. So a worker that finds itself where one of a lower number runs moves
// away, and keeps off the others' places until it finds itself so again.
type spread struct {
	at      []atomic.Int32 // processor of each worker when it last looked, plus 1; 0 unknown
	allowed processors
}

// newSpread watches so many workers.
func newSpread(workers int) spread {
	return spread{make([]atomic.Int32, workers), allowedProcessors()}
}

// settle notes where the calling thread, that of a worker, runs, and moves it
// if a worker of a lower number runs there.
func (s spread) settle(worker int) {
	cpu := currentProcessor()
	s.at[worker].Store(int32(cpu + 1))
	taken := false
	for i := range worker {
		taken = taken || int(s.at[i].Load()) == cpu+1
	}
	if !taken || cpu < 0 {
		return
	}
	free := s.allowed
	for i := range s.at {
		free.remove(int(s.at[i].Load()) - 1)
	}
	free.move()
	s.at[worker].Store(int32(currentProcessor() + 1))
}
