package exec

// convColumns binds a pointwise convolution of one image whose weights are
// larger than its rows: the parts share out the weights, and each worker loads
// all rows once. Cut by rows, every worker would read all weights.
func (c *compiler) convColumns(o convolution, a call, cc convCall) func() {
	w := c.factor(o, a.x[o.weights()], cc.in, cc.out)
	from := c.loader(o.x, a, 0)
	whole := []span{{0, cc.positions}}
	end := c.finish(o, a, cc, whole)
	groups := columnGroups(cc.out)
	scratch, room := c.loadScratch(from, whole, cc.in), c.scratch(w.room(cc.positions))
	products := c.scratch(cc.positions * longest(groups))
	x := make([][]float32, c.pool.Workers()) // what each has loaded in this run
	each := func(part, worker int) {
		g := groups[part]
		if x[worker] == nil {
			x[worker] = from.rows(scratch[worker], 0, cc.positions)
		}
		y := products[worker][:cc.positions*g.size()]
		w.columns(g).multiply(y, x[worker], cc.positions, room[worker])
		end.channels(y, 0, g)
	}
	return func() {
		clear(x)
		from.prepare()
		end.prepare()
		c.pool.Run(len(groups), each)
		end.sum()
	}
}

// columnGroups cuts columns into partsAtLeast groups of whole tiles, fewer
// where there are not as many tiles.
func columnGroups(columns int) []span {
	var groups []span
	for _, s := range spansOf(1, partsOf(columns, groupChannels), partsOf(partsOf(columns, groupChannels), partsAtLeast), false) {
		groups = append(groups, span{s.lo * groupChannels, min(s.hi*groupChannels, columns)})
	}
	return groups
}
