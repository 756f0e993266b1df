package exec

import (
	"fmt"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"melanoma/internal/graph"
)

// deep is a network of some inverted residuals, every other one with a
// shortcut.
func deep() network {
	return network{4, 12, 8, 3, func(x *gorgonia.Node, b *builder) *gorgonia.Node {
		conv := func(x *gorgonia.Node, name string, shape []int, pad, groups int) *gorgonia.Node {
			attrs := graph.ConvAttrs{Stride: [2]int{1, 1}, Pad: [4]int{pad, pad, pad, pad}, Groups: groups}
			return b.norm(name+".bn", graph.Conv2D(x, b.param(name, shape...), attrs))
		}
		for i := range 6 {
			h := graph.Swish(conv(x, fmt.Sprint("expand", i), []int{48, 8, 1, 1}, 0, 1))
			h = graph.Swish(conv(h, fmt.Sprint("dw", i), []int{48, 1, 3, 3}, 1, 48))
			h = conv(h, fmt.Sprint("project", i), []int{8, 48, 1, 1}, 0, 1)
			if i%2 == 1 {
				h = graph.Add(h, x)
			}
			x = h
		}
		return x
	}, false}
}

// TestCheckpointKeepsTheBytesAndSavesMemory on every network, and on a deep
// one most of the memory.
func TestCheckpointKeepsTheBytesAndSavesMemory(t *testing.T) {
	all := networks()
	all["deep"] = deep()
	for name, nw := range all {
		if nw.eval {
			continue
		}
		for _, off := range []string{"", "all"} {
			plain, plainStore := machine(t, nw.program(t, tensor.Float32), 2, Without(off))
			again, store := machine(t, nw.program(t, tensor.Float32), 2, Without(off), Checkpoint())
			for _, m := range []*Machine{plain, again} {
				if err := m.Run(11); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(plainStore.Grads(), store.Grads()) || plain.Loss() != again.Loss() {
				t.Errorf("%s, without rules %q: other results", name, off)
			}
			if name == "deep" && 2*again.ArenaBytes() > plain.ArenaBytes() {
				t.Errorf("without rules %q: arena of %d bytes, %d without checkpoints", off, again.ArenaBytes(), plain.ArenaBytes())
			}
		}
	}
}
