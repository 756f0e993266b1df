package exec

import (
	"melanoma/internal/graph"
	"melanoma/internal/kernel"
)

// ending is what happens to a convolution's result while it is in cache:
// normalisation with given statistics or a bias, an addition, an element-wise
// function; sums for the statistics or the mean of all that.
type ending struct {
	spans []span
	y     []float32 // the whole result
	ch    int
	stats *moments
	norm  *affine
	act   kernel.Activation
	plus  []float32
	last  *graph.Unary
	means *imageMeans

	ones, zeros []float32 // of every channel
}

// finish binds what follows a convolution, which will call rows once for each
// span, and sum at the end.
func (c *compiler) finish(o convolution, a call, cc convCall, spans []span) *ending {
	e := &ending{spans: spans, y: a.y, ch: cc.out, last: o.last}
	next := o.weights() + 1
	if o.then != nil {
		width := o.then.width() - 1
		in := call{x: append([][]float32{nil}, a.x[next:next+width]...)}
		e.norm, e.act = c.newAffine(o.then.norm, in, 0), o.then.act
		next += width
	}
	if o.plus {
		e.plus = a.x[next]
	}
	if e.plus != nil || e.last != nil || a.beside(meanSlot) != nil {
		e.ones, e.zeros = make([]float32, cc.out), make([]float32, cc.out)
		for i := range e.ones {
			e.ones[i] = 1
		}
	}
	if to := a.beside(statsSlot); to != nil {
		e.stats = c.newMoments(to, spans)
	}
	if to := a.beside(meanSlot); to != nil {
		e.means = c.newImageMeans(to, spans, cc.positions)
	}
	return e
}

func (e *ending) prepare() {
	if e.norm != nil {
		e.norm.prepare()
	}
}

// rows finishes the rows y of a span.
func (e *ending) rows(y []float32, part int) {
	s := e.spans[part]
	n := s.hi - s.lo
	if e.norm != nil {
		kernel.NormalizeActivate(y, y, e.norm.scale, e.norm.shift, n, e.ch, e.act)
	}
	if e.plus != nil {
		kernel.Add(y, y, e.plus[s.lo*e.ch:s.hi*e.ch])
	}
	if e.last != nil {
		unary(*e.last, y, y)
	}
	if e.stats != nil {
		e.stats.rows(y, part)
	}
	if e.means != nil {
		e.means.rows(y, part)
	}
}

func (e *ending) sum() {
	if e.stats != nil {
		e.stats.sum()
	}
	if e.means != nil {
		e.means.sum()
	}
}

// moments gathers mean and biased variance of channels from spans of rows:
// each span sums x and its square about a guess of its own, so that little
// is lost in their difference, and the spans are put together in float64
// (Chan, Golub and LeVeque 1983).
type moments struct {
	to    []float32 // mean, then variance
	spans []span
	parts [][]float32 // guess, sum, sum of squares
	count int         // rows of all spans
	sum   func()      // puts the spans together
}

// guessRows is the number of rows whose mean is a span's guess.
const guessRows = 64

func (c *compiler) newMoments(to []float32, spans []span) *moments {
	m := &moments{to: to, spans: spans, parts: make([][]float32, len(spans))}
	for i, s := range spans {
		c.borrow(&m.parts[i], 3*len(to)/2)
		m.count += s.hi - s.lo
	}
	m.sum = c.pool.over(len(to)/2, 64, func(lo, hi, _, _ int) { m.channels(lo, hi) })
	return m
}

func (m *moments) rows(y []float32, part int) {
	ch, n := len(m.to)/2, m.spans[part].hi-m.spans[part].lo
	sums := m.parts[part]
	clear(sums)
	guess := sums[:ch]
	first := min(n, guessRows)
	kernel.ChannelSum(guess, y[:first*ch], first, ch)
	kernel.Scale(guess, guess, 1/float32(first))
	kernel.ChannelMoments(sums[ch:2*ch], sums[2*ch:], y, guess, n, ch)
}

// channels puts the spans of channels [lo,hi) together.
func (m *moments) channels(lo, hi int) {
	ch := len(m.to) / 2
	for k := lo; k < hi; k++ {
		total := 0.0
		for i, p := range m.parts {
			n := float64(m.spans[i].hi - m.spans[i].lo)
			total += n*float64(p[k]) + float64(p[ch+k])
		}
		mean, squares := total/float64(m.count), 0.0
		for i, p := range m.parts {
			n := float64(m.spans[i].hi - m.spans[i].lo)
			offset := float64(p[k]) - mean // sum of (x-mean)^2 from that about the guess
			squares += float64(p[2*ch+k]) + 2*offset*float64(p[ch+k]) + n*offset*offset
		}
		m.to[k], m.to[ch+k] = float32(mean), float32(max(0, squares/float64(m.count)))
	}
}

// imageMeans gathers the mean over positions of each image and channel.
type imageMeans struct {
	to        []float32 // [images,channels]
	spans     []span
	parts     [][]float32
	ch        int
	positions int
}

// newImageMeans binds means of images from spans that each lie in one image.
func (c *compiler) newImageMeans(to []float32, spans []span, positions int) *imageMeans {
	images := spans[len(spans)-1].hi / positions
	m := &imageMeans{to: to, spans: spans, parts: make([][]float32, len(spans)), ch: len(to) / images, positions: positions}
	for i := range spans {
		c.borrow(&m.parts[i], m.ch)
	}
	return m
}

func (m *imageMeans) rows(y []float32, part int) {
	clear(m.parts[part])
	kernel.ChannelSum(m.parts[part], y, m.spans[part].hi-m.spans[part].lo, m.ch)
}

func (m *imageMeans) sum() {
	clear(m.to)
	for i, p := range m.parts {
		image := m.spans[i].lo / m.positions
		to := m.to[image*m.ch : (image+1)*m.ch]
		kernel.Add(to, to, p)
	}
	kernel.Scale(m.to, m.to, 1/float32(m.positions))
}
