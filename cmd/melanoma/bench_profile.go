package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"melanoma/internal/exec"
)

// profileRuns is the number of runs that a profile averages.
const profileRuns = 5

// roofline is what this machine can do: a step takes at least the time that
// its operations take at the processor's speed and its bytes at the memory's
// (Williams, Waterman and Patterson 2009).
type roofline struct {
	gflops float64 // of a large matrix product
	gbs    float64 // of a copy, bytes read and bytes written both counted
}

// bound is the least time of a step in seconds.
func (r roofline) bound(c exec.StepCost) float64 {
	return max(float64(c.FLOPs)/r.gflops, float64(c.Bytes)/r.gbs) / 1e9
}

// tellProfile prints where the time of one run goes: a line for each kind of
// step, then one for each step that takes at least a thousandth of the time.
func (a *app) tellProfile(o benchOptions, m *exec.Machine) error {
	if !o.profile {
		return nil
	}
	costs, err := m.Profile(1, profileRuns)
	if err != nil {
		return err
	}
	limits := roofline{a.matrixSpeed(), a.copySpeed()}
	kinds := map[string]*exec.StepCost{}
	counts := map[string]int{}
	bounds := map[string]float64{}
	total := 0.0
	for _, c := range costs {
		if kinds[c.Kind] == nil {
			kinds[c.Kind] = &exec.StepCost{Name: c.Kind}
		}
		add(kinds[c.Kind], c)
		counts[c.Kind]++
		bounds[c.Kind] += limits.bound(c)
		total += c.Seconds
	}
	out := tabwriter.NewWriter(a.stderr, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "this machine: %.0f GFLOP/s in a large matrix product, %.1f GB/s in a copy; a run of %d images: %.1f ms\n", limits.gflops, limits.gbs, o.batch, 1000*total)
	fmt.Fprintln(out, "ms\tshare\tMB\tGFLOP\tGB/s\tGFLOP/s\tof roofline\tsteps\t  kind of step")
	for _, k := range slices.SortedFunc(maps.Values(kinds), bySeconds) {
		profileRow(out, *k, total, bounds[k.Name], counts[k.Name])
	}
	fmt.Fprintln(out, "\t\t\t\t\t\t\t\t  step")
	slices.SortFunc(costs, func(x, y exec.StepCost) int { return bySeconds(&x, &y) })
	for _, c := range costs {
		if c.Seconds >= total/1000 {
			profileRow(out, c, total, limits.bound(c), 1)
		}
	}
	return out.Flush()
}

func bySeconds(x, y *exec.StepCost) int {
	return cmp.Or(cmp.Compare(y.Seconds, x.Seconds), strings.Compare(x.Name, y.Name))
}

func add(to *exec.StepCost, c exec.StepCost) {
	to.Seconds += c.Seconds
	to.Bytes += c.Bytes
	to.FLOPs += c.FLOPs
}

func profileRow(out io.Writer, c exec.StepCost, total, bound float64, steps int) {
	operations, speed := "", ""
	if c.FLOPs > 0 {
		operations, speed = fmt.Sprintf("%.2f", float64(c.FLOPs)/1e9), fmt.Sprintf("%.0f", float64(c.FLOPs)/c.Seconds/1e9)
	}
	fmt.Fprintf(out, "%.2f\t%.1f%%\t%.1f\t%s\t%.1f\t%s\t%.0f%%\t%d\t  %s\n", 1000*c.Seconds, 100*c.Seconds/total, float64(c.Bytes)/1e6, operations,
		float64(c.Bytes)/c.Seconds/1e9, speed, 100*bound/c.Seconds, steps, c.Name)
}

// copySpeed is the speed in GB/s at which all workers together copy arrays
// that no cache holds, bytes read and bytes written both counted.
func (a *app) copySpeed() float64 {
	const n, rounds = 8 << 20, 4
	best := 0.0
	buffers := make([][]float32, 2*a.workers())
	for i := range buffers {
		buffers[i] = make([]float32, n)
		for j := range buffers[i] {
			buffers[i][j] = 1 // memory that was never written is read from the cache
		}
	}
	for range rounds {
		var group sync.WaitGroup
		start := time.Now()
		for w := range a.workers() {
			group.Go(func() { copy(buffers[2*w], buffers[2*w+1]) })
		}
		group.Wait()
		best = max(best, 2*4*n*float64(a.workers())/time.Since(start).Seconds()/1e9)
	}
	return best
}
