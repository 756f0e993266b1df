package pixel

import (
	"fmt"
	"math"
)

// claheMemory is what CLAHE keeps between pictures.
type claheMemory struct {
	l, a, b []uint8      // the picture's planes
	tables  [][256]uint8 // of the tiles, row by row
	fx, fy  []float32    // fractions of columns and rows
	counts  histogram
	bins    [256]uint32
	cell    claheCell
}

// claheCell is a rectangle of pixels between the same four tile centres.
type claheCell struct {
	tables         [4]*[256]uint8 // upper left, upper right, lower left, lower right
	x0, y0, x1, y1 int
	packed         [256]uint32 // room for a kernel that wants the tables together
}

// CLAHE equalises the lightness of a picture in place by contrast-limited
// adaptive histograms (Zuiderveld 1994): RGB to Lab, the tables of grid*grid
// tiles on L, blended between tile centres, and back. clip limits a
// histogram's bins to that multiple of their mean; 0 and below means no limit.
// As cv2.cvtColor, cv2.createCLAHE and cv2.cvtColor. Grids below 1 panic.
func CLAHE(w *Workspace, p *Picture, clip float64, grid int) {
	if grid < 1 {
		panic(fmt.Sprintf("pixel: CLAHE: grid of %d", grid))
	}
	n := p.Width * p.Height
	if n == 0 {
		return
	}
	m, kernels := &w.clahe, active()
	m.reset(p.Width, p.Height, grid)
	kernels.labFromRGB(m.l, m.a, m.b, p.Pix)
	tileWidth, tileHeight := claheTile(p.Width, p.Height, grid)
	m.fillTables(kernels, p.Width, p.Height, tileWidth, tileHeight, clip, grid)
	m.blend(kernels, p.Width, p.Height, tileWidth, tileHeight, grid)
	kernels.rgbFromLab(p.Pix, m.l, m.a, m.b)
}

// claheSlack is how many fractions a kernel may read behind the last.
const claheSlack = 64

func (m *claheMemory) reset(width, height, grid int) {
	pixels := width * height
	resize(&m.l, pixels)
	resize(&m.a, pixels)
	resize(&m.b, pixels)
	resize(&m.tables, grid*grid)
	resize(&m.fx, width+claheSlack)
	resize(&m.fy, height)
}

// resize gives a slice a length. Its elements are undefined afterwards.
func resize[T any](s *[]T, n int) {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	*s = (*s)[:n]
}

// claheTile returns a tile's size. Where the grid does not divide the picture,
// OpenCV pads both sides to the next multiple, a side that was one by a whole
// grid.
func claheTile(width, height, grid int) (tileWidth, tileHeight int) {
	if width%grid != 0 || height%grid != 0 {
		width += grid - width%grid
		height += grid - height%grid
	}
	return width / grid, height / grid
}

// fillTables makes the tables of all tiles.
func (m *claheMemory) fillTables(kernels *table, width, height, tileWidth, tileHeight int, clip float64, grid int) {
	area := tileWidth * tileHeight
	limit := area
	if clip > 0 {
		limit = int(max(min(clip*float64(area)/256, float64(area)), 1))
	}
	h, bins := &m.counts, &m.bins
	for row := range grid {
		for column := range grid {
			clear(h[:])
			x0, y0 := column*tileWidth, row*tileHeight
			for y := y0; y < y0+tileHeight; y++ {
				at := reflect101(y, height) * width
				h.add(m.l[at:at+width], x0, x0+tileWidth)
			}
			excess := kernels.limitHistogram(bins, h, limit)
			cumulate(bins, excess)
			kernels.equalize(&m.tables[row*grid+column], bins, 255/float32(area))
		}
	}
}

// histogram counts neighbouring pixels in different bins, because a processor
// cannot soon add to what it has just written.
type histogram [8][256]uint32

// add counts columns lo..hi-1 of a row that goes on mirrored behind its end.
func (h *histogram) add(row []uint8, lo, hi int) {
	x := lo
	for ; x+8 <= min(hi, len(row)); x += 8 {
		v := row[x : x+8 : x+8]
		h[0][v[0]]++
		h[1][v[1]]++
		h[2][v[2]]++
		h[3][v[3]]++
		h[4][v[4]]++
		h[5][v[5]]++
		h[6][v[6]]++
		h[7][v[7]]++
	}
	for ; x < hi; x++ {
		h[x%8][row[reflect101(x, len(row))]]++
	}
}

// limitHistogramRef sums the counts into bins, cuts those at a limit and
// returns how many counts were above it.
func limitHistogramRef(bins *[256]uint32, h *histogram, limit int) (excess int) {
	for i := range bins {
		n := 0
		for k := range h {
			n += int(h[k][i])
		}
		bins[i] = uint32(min(n, limit))
		excess += max(n-limit, 0)
	}
	return excess
}

// cumulate spreads the excess over all bins and sums them up from the first.
func cumulate(bins *[256]uint32, excess int) {
	if rest := excess % 256; rest > 0 {
		step := 256 / rest
		for i := range rest {
			bins[i*step]++
		}
	}
	var sum uint32
	for i, n := range bins {
		sum += n + uint32(excess/256)
		bins[i] = sum
	}
}

// equalizeRef makes the table that spreads a tile's values evenly.
func equalizeRef(table *[256]uint8, sums *[256]uint32, scale float32) {
	for i, sum := range sums {
		table[i] = clamp8(int(math.RoundToEven(float64(float32(sum) * scale))))
	}
}

// blend replaces L by what the tables of the four nearest tiles say.
func (m *claheMemory) blend(kernels *table, width, height, tileWidth, tileHeight, grid int) {
	for x := range width {
		_, m.fx[x] = claheCoordinate(x, tileWidth)
	}
	for y := range height {
		_, m.fy[y] = claheCoordinate(y, tileHeight)
	}
	c := &m.cell
	for c.y0 = 0; c.y0 < height; c.y0 = c.y1 {
		row, _ := claheCoordinate(c.y0, tileHeight)
		c.y1 = claheCellEnd(row, c.y0, tileHeight, height)
		upper, lower := m.tables[max(row, 0)*grid:], m.tables[min(row+1, grid-1)*grid:]
		for c.x0 = 0; c.x0 < width; c.x0 = c.x1 {
			column, _ := claheCoordinate(c.x0, tileWidth)
			c.x1 = claheCellEnd(column, c.x0, tileWidth, width)
			left, right := max(column, 0), min(column+1, grid-1)
			c.tables = [4]*[256]uint8{&upper[left], &upper[right], &lower[left], &lower[right]}
			kernels.claheBlend(m.l, width, m.fx, m.fy, c)
		}
	}
}

// claheCoordinate returns the number of the tile centre at or before position
// x, -1 before the first, and how far x is from it, in tiles.
func claheCoordinate(x, tile int) (centre int, fraction float32) {
	t := float32(float32(x)*(1/float32(tile))) - 0.5
	floor := float32(math.Floor(float64(t)))
	return int(floor), t - floor
}

// claheCellEnd returns the first position from x on that belongs to the next
// tile centre, or n.
func claheCellEnd(centre, x, tile, n int) int {
	for x < n {
		if c, _ := claheCoordinate(x, tile); c != centre {
			break
		}
		x++
	}
	return x
}

// claheBlendRef does the pixels of one cell of a plane with rows of width.
func claheBlendRef(l []uint8, width int, fx, fy []float32, c *claheCell) {
	for y := c.y0; y < c.y1; y++ {
		row := l[y*width:]
		for x := c.x0; x < c.x1; x++ {
			row[x] = claheBlended(c, row[x], fx[x], fy[y])
		}
	}
}

func claheBlended(c *claheCell, v uint8, fx, fy float32) uint8 {
	between := func(left, right uint8) float32 {
		return float32(float32(left)*(1-fx)) + float32(float32(right)*fx)
	}
	upper, lower := between(c.tables[0][v], c.tables[1][v]), between(c.tables[2][v], c.tables[3][v])
	return clamp8(int(math.RoundToEven(float64(float32(upper*(1-fy)) + float32(lower*fy)))))
}
