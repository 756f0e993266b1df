package models

import (
	"fmt"
	"slices"
	"testing"

	"melanoma/internal/onnx"
)

// picture is one channel, row by row.
type picture [][]int

func (p picture) turned(op, axis string) picture {
	out := make(picture, len(p))
	for y := range p {
		out[y] = make([]int, len(p))
		for x := range p {
			switch {
			case op == "Transpose":
				out[y][x] = p[x][y]
			case axis == "view/rows":
				out[y][x] = p[len(p)-1-y][x]
			case axis == "view/columns":
				out[y][x] = p[y][len(p)-1-x]
			}
		}
	}
	return out
}

// TestEnsembleTurnsPicturesLikeTheWinners follows the nodes that make the
// views and compares with the winners' own description: views 4 to 7
// transpose, then index mod 4 is nothing, rows reversed, columns reversed, or both.
func TestEnsembleTurnsPicturesLikeTheWinners(t *testing.T) {
	const size = 3
	for views := 1; views <= 8; views++ {
		e := ensembleWriter{views: views, graph: &onnx.Graph{}}
		e.turn()
		original := picture{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}}
		made := map[string]picture{ensembleInput: original}
		all := []string{ensembleInput}
		for _, n := range e.graph.Nodes {
			if n.Op == "Concat" {
				all = n.Inputs
				continue
			}
			axis := ""
			if n.Op == "Slice" {
				axis = n.Inputs[3]
			}
			made[n.Outputs[0]] = made[n.Inputs[0]].turned(n.Op, axis)
		}
		if len(all) != views {
			t.Fatalf("%d views, want %d", len(all), views)
		}
		for v, name := range all {
			var want []int
			for y := range size {
				for x := range size {
					fromY, fromX := y, x
					if v%4 == 1 || v%4 == 3 {
						fromY = size - 1 - y
					}
					if v%4 >= 2 {
						fromX = size - 1 - x
					}
					if v >= 4 {
						fromY, fromX = fromX, fromY
					}
					want = append(want, original[fromY][fromX])
				}
			}
			if got := slices.Concat(made[name]...); !slices.Equal(got, want) {
				t.Errorf("%s is %v, want %v", fmt.Sprintf("view %d of %d", v, views), got, want)
			}
		}
	}
}
