package augment

import "slices"

// HairRemoval finds dark thin lines and paints them over: DullRazor (Lee, Ng,
// Gallagher, Coldman, McLean 1997). A grey closing along four lines of Length
// pixels shows what lies beneath a hair; where it is lighter than the picture
// by more than Threshold levels, and the connected part is at least three
// lengths long, there is one. Each pixel of a hair, and its neighbours, becomes
// what lies on both sides of it, along the line of four on which they are
// nearest, mixed by distance.
type HairRemoval struct {
	plain
	Length    int `json:"length"`    // odd, 3 to 101
	Threshold int `json:"threshold"` // 1 to 255
}

// Name is the transform's name in records.
func (*HairRemoval) Name() string { return "hair_removal" }

func (h *HairRemoval) check() error {
	if err := firstOf(within("length", float64(h.Length), 3, 101), within("threshold", float64(h.Threshold), 1, 255)); err != nil {
		return err
	}
	return oneOf("length modulo 2", h.Length%2, 1)
}

// directions are the lines along which hairs are crossed: dx, dy.
var directions = [4][2]int{{1, 0}, {0, 1}, {1, 1}, {1, -1}}

func (h *HairRemoval) apply(c *canvas) {
	dst, src := c.step()
	m, n := &c.hair, src.Width*src.Height
	m.grey = slices.Grow(m.grey[:0], n)[:n]
	m.closed = slices.Grow(m.closed[:0], n)[:n]
	m.line = slices.Grow(m.line[:0], n)[:n]
	m.spare = slices.Grow(m.spare[:0], n)[:n]
	m.mask = slices.Grow(m.mask[:0], n)[:n]
	for i := range m.grey {
		p := src.Pix[4*i : 4*i+3]
		m.grey[i] = uint8((77*int(p[0]) + 150*int(p[1]) + 29*int(p[2]) + 128) >> 8)
	}
	m.findHair(src.Width, src.Height, h.Length/2, h.Threshold)
	dst.Reset(src.Width, src.Height)
	copy(dst.Pix, src.Pix)
	for y := range src.Height {
		for x := range src.Width {
			if m.mask[y*src.Width+x] {
				m.fill(dst.Pix, src.Pix, src.Width, src.Height, x, y, 2*h.Length)
			}
		}
	}
	c.swap()
}

// findHair sets the mask: where the largest closing of the four exceeds the
// picture by more than the threshold, over a long connected part, and the
// neighbours of that.
func (m *hairMemory) findHair(width, height, reach, threshold int) {
	copy(m.closed, m.grey)
	for _, d := range directions {
		extremes(m.line, m.grey, width, height, d, reach, max8)
		extremes(m.spare, m.line, width, height, d, reach, min8)
		max8(m.closed, m.spare)
	}
	for i, v := range m.grey {
		m.mask[i] = int(m.closed[i])-int(v) > threshold
	}
	m.dropShort(width, height, 6*reach)
	m.widen(width, height)
}

// dropShort takes connected parts out of the mask whose bounding box has a
// shorter diagonal than least: spots and the pigment network, not hairs.
func (m *hairMemory) dropShort(width, height, least int) {
	clear(m.line) // 1: seen
	for start, hair := range m.mask {
		if !hair || m.line[start] == 1 {
			continue
		}
		m.part = append(m.part[:0], int32(start))
		m.line[start] = 1
		x0, x1, y0, y1 := width, 0, height, 0
		for k := 0; k < len(m.part); k++ {
			x, y := int(m.part[k])%width, int(m.part[k])/width
			x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
			for ny := max(y-1, 0); ny <= min(y+1, height-1); ny++ {
				for nx := max(x-1, 0); nx <= min(x+1, width-1); nx++ {
					if i := ny*width + nx; m.mask[i] && m.line[i] == 0 {
						m.line[i] = 1
						m.part = append(m.part, int32(i))
					}
				}
			}
		}
		if (x1-x0)*(x1-x0)+(y1-y0)*(y1-y0) < least*least {
			for _, i := range m.part {
				m.mask[i] = false
			}
		}
	}
}

// widen adds the eight neighbours of every pixel of the mask: the edges of a
// hair are lighter than the threshold finds.
func (m *hairMemory) widen(width, height int) {
	for i, hair := range m.mask {
		m.line[i] = 0
		if hair {
			m.line[i] = 1
		}
	}
	for i := range m.mask {
		m.spare[i] = m.line[i]
	}
	for _, d := range directions {
		extremes(m.closed, m.line, width, height, d, 1, max8)
		max8(m.spare, m.closed)
	}
	for i, v := range m.spare {
		m.mask[i] = v == 1
	}
}

// extremes folds the pixels of a line of 2*reach+1 about each pixel, as far as
// they lie inside, with max8 or min8.
func extremes(dst, src []uint8, width, height int, d [2]int, reach int, fold func(dst, src []uint8)) {
	copy(dst, src)
	for k := -reach; k <= reach; k++ {
		dx, dy := k*d[0], k*d[1]
		x0, n := max(0, -dx), width-max(dx, -dx)
		if k == 0 || n <= 0 {
			continue
		}
		for y := max(0, -dy); y < min(height, height-dy); y++ {
			fold(dst[y*width+x0:][:n], src[(y+dy)*width+x0+dx:][:n])
		}
	}
}

func max8(dst, src []uint8) {
	src = src[:len(dst)]
	for i, v := range dst {
		dst[i] = max(v, src[i])
	}
}

func min8(dst, src []uint8) {
	src = src[:len(dst)]
	for i, v := range dst {
		dst[i] = min(v, src[i])
	}
}

// fill paints one pixel of a hair. Where no line of four reaches both sides
// within reach pixels it stays.
func (m *hairMemory) fill(dst, src []uint8, width, height, x, y, reach int) {
	best, before, after, from, to := 2*reach+1, 0, 0, 0, 0
	for _, d := range directions {
		back, i := m.clear(width, height, x, y, -d[0], -d[1], reach)
		ahead, j := m.clear(width, height, x, y, d[0], d[1], reach)
		if back > 0 && ahead > 0 && back+ahead < best {
			best, before, after, from, to = back+ahead, back, ahead, i, j
		}
	}
	if before == 0 {
		return
	}
	at := 4 * (y*width + x)
	for c := range 3 {
		a, b := int(src[4*from+c]), int(src[4*to+c])
		dst[at+c] = uint8((a*after + b*before + best/2) / best)
	}
}

// clear walks to the nearest pixel that is no hair and returns the number of
// steps and its index; 0 steps where there is none within reach.
func (m *hairMemory) clear(width, height, x, y, dx, dy, reach int) (steps, index int) {
	for k := 1; k <= reach; k++ {
		x, y = x+dx, y+dy
		if x < 0 || y < 0 || x >= width || y >= height {
			break
		}
		if i := y*width + x; !m.mask[i] {
			return k, i
		}
	}
	return 0, 0
}

// HairRemovalStep runs [HairRemoval]. Only training pictures get it: with a p of
// 1 a network would never see the hairs that it meets in others.
type HairRemovalStep struct {
	P         float64 `yaml:"p"`         // probability
	Length    int     `yaml:"length"`    // odd, 3 to 101
	Threshold int     `yaml:"threshold"` // levels, 1 to 255
}

func (s *HairRemovalStep) chance() float64 { return s.P }

func (s *HairRemovalStep) check() error {
	if s.Length%2 != 1 {
		return &ConfigError{Key: "length", Problem: "is even", Advice: "15 suits pictures of 512 pixels"}
	}
	return firstOf(limits("length", float64(s.Length), 3, 101), limits("threshold", float64(s.Threshold), 1, 255))
}

func (s *HairRemovalStep) prepare(env) drawer {
	return always(&HairRemoval{Length: s.Length, Threshold: s.Threshold})
}
