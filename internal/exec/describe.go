package exec

import (
	"fmt"

	"melanoma/internal/graph"
)

// Plan describes the steps that a program becomes, for people.
type Plan struct {
	Steps      []PlannedStep `json:"steps"`
	ArenaBytes int64         `json:"arena_bytes"` // for all intermediate results
}

// PlannedStep is one step: what it computes, where the result lies, which
// results it reads.
type PlannedStep struct {
	Operator string   `json:"operator"`
	Kind     string   `json:"kind"`
	Shape    []int    `json:"shape"`
	Also     []string `json:"also,omitempty"`  // results besides, with their shapes
	Reads    []int    `json:"reads,omitempty"` // numbers of the steps whose results it reads
	Offset   int64    `json:"offset"`          // of the result in the arena in bytes; -1 outside of it
	Bytes    int64    `json:"bytes"`           // of the result
	Traffic  int64    `json:"traffic"`         // bytes that it reads and writes, each array counted once
	FLOPs    int64    `json:"flops"`           // of convolutions and matrix products
}

// Describe plans a program without binding it to memory.
func Describe(p *graph.Program, list ...Option) (*Plan, error) {
	m := &Machine{program: p, store: NewStore(p), inputs: map[string][]float32{}}
	plan, _, err := m.plan(optionsOf(list))
	if err != nil {
		return nil, err
	}
	out := &Plan{ArenaBytes: 4 * int64(plan.size)}
	number := map[*value]int{}
	for _, v := range plan.order {
		if !v.ownStep() {
			if in := v.in[0]; !in.outside {
				number[v] = number[in]
			}
			continue
		}
		number[v] = len(out.Steps)
		out.Steps = append(out.Steps, describe(v, number))
	}
	return out, nil
}

func describe(v *value, number map[*value]int) PlannedStep {
	cost := costOf(v)
	s := PlannedStep{Operator: cost.Name, Kind: cost.Kind, Shape: v.shape, Offset: -1, Bytes: 4 * int64(v.size), Traffic: cost.Bytes, FLOPs: cost.FLOPs}
	if v.fixed == nil {
		s.Offset = 4 * int64(v.offset)
	}
	for _, also := range v.also {
		if also != nil {
			s.Also = append(s.Also, fmt.Sprintf("%s %v", also.op, also.shape))
		}
	}
	seen := map[int]bool{}
	for _, in := range v.in {
		if n, ok := number[in]; ok && !seen[n] {
			seen[n] = true
			s.Reads = append(s.Reads, n)
		}
	}
	return s
}
