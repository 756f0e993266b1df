package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"melanoma/internal/exec"
	"melanoma/models"
)

// addWithout adds the flag that switches fusion rules off.
func addWithout(flags *pflag.FlagSet, rules *[]string) {
	flags.StringSliceVar(rules, "without", nil, "fusion rules to leave out, for debugging: all, or some of "+strings.Join(exec.RuleNames(), ", "))
}

// without returns the option that leaves fusion rules out.
func without(rules []string) ([]exec.Option, error) {
	known := append(exec.RuleNames(), "all")
	for _, r := range rules {
		if !slices.Contains(known, r) {
			return nil, usage("--without "+strings.Join(known, ","), "there is no fusion rule %q", r)
		}
	}
	return []exec.Option{exec.Without(rules...)}, nil
}

// runModelsPlan lists the steps that the engine makes of a network.
func (a *app) runModelsPlan(o modelsOptions, name string) error {
	if o.batch < 1 {
		return usage("--batch 1", "--batch is %d", o.batch)
	}
	summary, err := models.Describe(name, o.size)
	if err != nil {
		return err
	}
	net, _, err := buildNet(name, summary.Size)
	if err != nil {
		return err
	}
	program, err := net.Instantiate(models.Instance{Batch: o.batch, Size: summary.Size, Train: o.train, Targets: o.train})
	if err == nil && o.train {
		err = program.Differentiate()
	}
	if err != nil {
		return err
	}
	options, err := without(o.without)
	if err != nil {
		return err
	}
	plan, err := exec.Describe(program, options...)
	if err != nil {
		return err
	}
	if a.common.json {
		return a.printJSON(plan)
	}
	a.tellNetPlan(plan)
	moved := int64(0)
	for _, s := range plan.Steps {
		moved += s.Traffic
	}
	a.printf("%s: %d steps, %d images of %d px, %.1f MB moved, arena of %.1f MB for intermediate results\n", name, len(plan.Steps), o.batch, summary.Size,
		float64(moved)/1e6, float64(plan.ArenaBytes)/1e6)
	return nil
}

// tellNetPlan prints a line for each step; a step reads the one before it where
// nothing else is said.
func (a *app) tellNetPlan(plan *exec.Plan) {
	a.printf("%5s %9s %10s %8s %9s  %-18s %s\n", "step", "at MB", "result MB", "moves MB", "GFLOP", "shape", "operator")
	for i, s := range plan.Steps {
		at := "outside"
		if s.Offset >= 0 {
			at = fmt.Sprintf("%.2f", float64(s.Offset)/1e6)
		}
		a.printf("%5d %9s %10.3f %8.3f %9.4f  %-18s %s", i, at, float64(s.Bytes)/1e6, float64(s.Traffic)/1e6, float64(s.FLOPs)/1e9, strings.Trim(fmt.Sprint(s.Shape), "[]"), s.Operator)
		if len(s.Also) > 0 {
			a.printf(", also %s", strings.Join(s.Also, ", "))
		}
		if len(s.Reads) > 0 && !(len(s.Reads) == 1 && s.Reads[0] == i-1) {
			a.printf(" (reads %s)", strings.Trim(fmt.Sprint(s.Reads), "[]"))
		}
		a.printf("\n")
	}
}
