package augment

import "melanoma/internal/pixel"

// canvas is a picture in the making and the memory of one goroutine.
//
// Orientations and tables of levels are gathered, not carried out: both are
// closed under composition, exactly, and commute. The first operation that
// needs pixels pays for all of them in the pass that unpacks the picture.
type canvas struct {
	work pixel.Workspace
	now  *pixel.Picture
	next *pixel.Picture // where the next result goes

	rgb           []uint8 // packed source, while nothing has needed its pixels
	width, height int     // as the picture stands, what is gathered included

	orientation pixel.Orientation
	levels      [256]uint8
	turned      bool // orientation is not the identity
	toned       bool // levels are not the identity

	elastic elasticMemory
	hair    hairMemory
	kernel  [largestKernel * largestKernel]float32
	xs, ys  []float32 // a separable map
}

func newCanvas() *canvas { return &canvas{now: new(pixel.Picture), next: new(pixel.Picture)} }

// start puts a picture [height,width,3] on the canvas. It is read until the
// first operation that needs pixels.
func (c *canvas) start(rgb []uint8, width, height int) {
	c.rgb, c.width, c.height = rgb[:3*width*height], width, height
	c.orientation, c.turned, c.toned = pixel.Orientation{}, false, false
}

func (c *canvas) transpose() {
	o := c.orientation
	c.turn(pixel.Orientation{Transpose: !o.Transpose, FlipRows: o.FlipColumns, FlipColumns: o.FlipRows})
	c.width, c.height = c.height, c.width
}

func (c *canvas) flipRows() {
	o := c.orientation
	o.FlipRows = !o.FlipRows
	c.turn(o)
}

func (c *canvas) flipColumns() {
	o := c.orientation
	o.FlipColumns = !o.FlipColumns
	c.turn(o)
}

func (c *canvas) turn(o pixel.Orientation) { c.orientation, c.turned = o, o != pixel.Orientation{} }

// tone replaces every level v of every channel by table[v].
func (c *canvas) tone(table *[256]uint8) {
	if !c.toned {
		c.levels, c.toned = *table, true
		return
	}
	for v, level := range c.levels {
		c.levels[v] = table[level]
	}
}

// picture returns the pixels as they stand.
func (c *canvas) picture() *pixel.Picture {
	var table *[256]uint8
	if c.toned {
		table = &c.levels
	}
	switch {
	case c.rgb != nil:
		width, height := c.width, c.height
		if c.orientation.Transpose {
			width, height = height, width
		}
		pixel.Load(c.now, c.rgb, width, height, c.orientation, table)
		c.rgb = nil
	case c.turned:
		pixel.Orient(c.next, c.now, c.orientation, table)
		c.swap()
	case c.toned:
		pixel.Lookup(c.now, table)
	}
	c.orientation, c.turned, c.toned = pixel.Orientation{}, false, false
	return c.now
}

// step returns the pixels and where the operation's result goes; swap makes
// that the picture.
func (c *canvas) step() (dst, src *pixel.Picture) {
	src = c.picture()
	return c.next, src
}

func (c *canvas) swap() {
	c.now, c.next = c.next, c.now
	c.width, c.height = c.now.Width, c.now.Height
}
