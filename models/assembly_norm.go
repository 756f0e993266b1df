package models

import (
	"gorgonia.org/gorgonia"

	"melanoma/internal/graph"
)

func (a *assembly) batchNorm(l *Layer, x *gorgonia.Node) *gorgonia.Node {
	gamma, beta := a.params[l.Params[0]], a.params[l.Params[1]]
	if l.Always {
		y, _ := graph.BatchNormTrain(x, gamma, beta, l.Epsilon)
		return y
	}
	if !a.in.Train || a.in.FrozenNorm {
		if a.in.Observe {
			a.follow(l, x, graph.Statistics(x))
		}
		return graph.BatchNormEval(x, gamma, beta, a.params[l.Params[2]], a.params[l.Params[3]], l.Epsilon)
	}
	y, stats := graph.BatchNormTrain(x, gamma, beta, l.Epsilon)
	a.follow(l, x, stats)
	return y
}

// follow says which running statistics go after those of x.
func (a *assembly) follow(l *Layer, x, stats *gorgonia.Node) {
	a.prog.BatchNorms = append(a.prog.BatchNorms, graph.BatchNormUse{
		Stats: stats, Mean: l.Params[2], Variance: l.Params[3], Momentum: l.Momentum,
		Count: x.Shape().TotalSize() / stats.Shape()[1],
	})
}
