package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"melanoma/internal/exec"
)

// profileRuns is the number of runs that a profile averages.
const profileRuns = 5

// tellProfile prints where the time of one run goes: a line for each kind of
// step, then the slowest single steps. Speeds are of that step alone, so that
// its distance from the memory's and the processor's limit shows.
func (a *app) tellProfile(o benchOptions, m *exec.Machine) error {
	if !o.profile {
		return nil
	}
	costs, err := m.Profile(1, profileRuns)
	if err != nil {
		return err
	}
	kinds := map[string]*exec.StepCost{}
	counts := map[string]int{}
	total := 0.0
	for _, c := range costs {
		name := kindOfStep(c.Name)
		if kinds[name] == nil {
			kinds[name] = &exec.StepCost{Name: name}
		}
		add(kinds[name], c)
		counts[name]++
		total += c.Seconds
	}
	out := tabwriter.NewWriter(a.stderr, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "ms\tshare\tGB/s\tGFLOP/s\tsteps\t  kind of step (%.1f ms in all, %d images)\n", 1000*total, o.batch)
	for _, k := range slices.SortedFunc(maps.Values(kinds), bySeconds) {
		a.profileRow(out, *k, total, counts[k.Name])
	}
	fmt.Fprintln(out, "\t\t\t\t\t  the slowest steps")
	slices.SortFunc(costs, func(x, y exec.StepCost) int { return bySeconds(&x, &y) })
	for _, c := range costs[:min(12, len(costs))] {
		a.profileRow(out, c, total, 1)
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

func (a *app) profileRow(out *tabwriter.Writer, c exec.StepCost, total float64, steps int) {
	flops := ""
	if c.FLOPs > 0 {
		flops = fmt.Sprintf("%.0f", float64(c.FLOPs)/c.Seconds/1e9)
	}
	fmt.Fprintf(out, "%.2f\t%.1f%%\t%.1f\t%s\t%d\t  %s\n", 1000*c.Seconds, 100*c.Seconds/total, float64(c.Bytes)/c.Seconds/1e9, flops, steps, c.Name)
}

// kindOfStep shortens a step's name to what it is, without its numbers: a
// depthwise convolution is told from a dense one by its groups.
func kindOfStep(name string) string {
	fields := strings.Fields(name)
	kind := fields[0]
	for _, f := range fields[1:] {
		switch {
		case strings.HasPrefix(f, "groups=") && f != "groups=1":
			return kind + " depthwise"
		case f == "of" || f == "excited=true" || f == "dparams" || f == "dx":
			kind += " " + f
		case fields[0] != "conv2d" && f == "activate":
			kind += " " + f
		}
	}
	return kind
}
