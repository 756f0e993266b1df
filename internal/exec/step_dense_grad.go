package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// denseGradWeights sums rows^T dy for each filter row. A part is some input
// channels of a block, whose sum stays in cache over all images; where there
// are few such parts, images are shared out as well.
func (c *compiler) denseGradWeights(dw, x, dy []float32, cc convCall, attrs graph.ConvAttrs) func() {
	d := newDenseCall(cc, attrs, false)
	g := &denseGradient{denseCall: d, chunks: spansOf(1, d.blockIn, gradientChunk, false)}
	jobs := d.blocks * len(g.chunks)
	sections := min(d.n, partsOf(gradientParts, jobs))
	g.k = d.g.KW * longest(g.chunks)
	size := d.g.KH * g.k * d.blockOut
	sums := make([]*reduction, jobs)
	for i := range sums {
		sums[i] = &reduction{parts: make([][]float32, sections)}
		for s := range sections {
			c.borrow(&sums[i].parts[s], size)
		}
	}
	rows := c.scratch(g.rowsRoom())
	each := func(part, worker int) {
		job, section := part/sections, part%sections
		sum := sums[job].parts[section]
		clear(sum)
		for i := d.n * section / sections; i < d.n*(section+1)/sections; i++ {
			g.image(sum, rows[worker], x[i*cc.xImage:(i+1)*cc.xImage], dy[i*cc.yImage:(i+1)*cc.yImage], job)
		}
	}
	collect := func(job, _ int) {
		sum := sums[job].parts[0]
		for _, p := range sums[job].parts[1:] {
			kernel.Add(sum, sum, p)
		}
		g.store(dw, sum, job)
	}
	return func() {
		c.pool.Run(jobs*sections, each)
		c.pool.Run(jobs, collect)
	}
}

// gradientChunk is how many input channels a part sums for: few enough that
// their sums for 512 output channels stay in the second-level cache.
const gradientChunk = 2 * kernel.PanelWidth

// denseGradient is the gradient of the weights of a dense convolution.
type denseGradient struct {
	*denseCall
	chunks []span // of the channels of a block
	k      int    // of the longest chunk
}

// rowsRoom is how many numbers the padded rows of a strip take.
func (g *denseGradient) rowsRoom() int {
	most := 0
	for _, s := range g.strips {
		most = max(most, g.sources(s).size()*g.width, s.size()*g.g.OutW)
	}
	return most * longest(g.chunks)
}

// image adds what one image contributes to the sum of a job: [KH, taps*chunk,
// blockOut].
func (g *denseGradient) image(sum, rows, x, dy []float32, job int) {
	block, chunk := job/len(g.chunks), g.chunks[job%len(g.chunks)]
	ch := chunk.size()
	for _, s := range g.strips {
		if g.g.KH*g.g.KW == 1 {
			n := g.points(rows, x, s, block*g.blockIn+chunk.lo, ch)
			kernel.GemmTN(sum, g.blockOut, rows, ch, dy[s.lo*g.g.OutW*g.out+block*g.blockOut:], g.out, n, g.blockOut, ch, true)
			continue
		}
		sources := g.sources(s)
		padRows(rows, x, sources, padding{g.from[1], g.in, block*g.blockIn + chunk.lo, ch, g.left, g.width})
		for kh := range g.g.KH {
			for _, p := range g.phases {
				to := sum[(kh*g.k+p.taps[0]*ch)*g.blockOut:]
				for row := s.lo; row < s.hi; row++ {
					src, ok := g.source(row, kh)
					if !ok {
						continue
					}
					a := rows[((src-sources.lo)*g.width+g.left+p.base)*ch:]
					b := dy[row*g.g.OutW*g.out+block*g.blockOut:]
					kernel.GemmTN(to, g.blockOut, a, g.step*ch, b, g.out, g.g.OutW, g.blockOut, len(p.taps)*ch, true)
				}
			}
		}
	}
}

// points copies the one position that each output of a strip reads through a
// filter of one tap, so that all rows are one product, and counts them.
func (g *denseGradient) points(dst, x []float32, s span, first, ch int) int {
	n := 0
	for row := s.lo; row < s.hi; row++ {
		src, inside := g.source(row, 0)
		for col := range g.g.OutW {
			at, to := col*g.step+g.phases[0].base, dst[n*ch:(n+1)*ch]
			if inside && at >= 0 && at < g.g.InW {
				copy(to, x[(src*g.g.InW+at)*g.in+first:])
			} else {
				clear(to)
			}
			n++
		}
	}
	return n
}

// store writes the sum of a job where it belongs in dw [O,I/groups,kH,kW].
func (g *denseGradient) store(dw, sum []float32, job int) {
	block, chunk := job/len(g.chunks), g.chunks[job%len(g.chunks)]
	ch, area := chunk.size(), g.g.KH*g.g.KW
	for o := range g.blockOut {
		group := o / g.groupOut
		lo, hi := max(chunk.lo, group*g.groupIn), min(chunk.hi, (group+1)*g.groupIn)
		for i := lo; i < hi; i++ {
			to := dw[((block*g.blockOut+o)*g.groupIn+i-group*g.groupIn)*area:][:area]
			for t := range area {
				kh, kw := t/g.g.KW, t%g.g.KW
				to[t] = sum[kh*g.k*g.blockOut+(kw*ch+i-chunk.lo)*g.blockOut+o]
			}
		}
	}
}
