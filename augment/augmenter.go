package augment

import (
	"fmt"

	"melanoma/internal/pixel"
)

// Augmenter draws and applies one recipe. It holds the memory of one
// goroutine: once it has seen a size, nothing is allocated for a picture.
type Augmenter struct {
	size    int
	nodes   []node
	resize  ResizeTo
	drawing drawing
	canvas  *canvas
}

// NewAugmenter prepares a recipe for a network whose pictures have size
// pixels a side. Errors are those of [Config.Validate] and of the size.
func NewAugmenter(c Config, size int) (*Augmenter, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if size < 1 || size > LargestSide {
		return nil, fmt.Errorf("augment: pictures of %d pixels, not of 1 to %d", size, LargestSide)
	}
	nodes := prepare(c.Recipe(), env{size: size, parity: c.Mode == ModeParity})
	return &Augmenter{size: size, nodes: nodes, resize: ResizeTo{Size: size}, canvas: newCanvas()}, nil
}

// Draw draws the record of a picture of width x height pixels. The key stands
// for the picture: run seed, epoch and name. Every step has its own stream
// derived from it, so that a step added, removed or made more likely leaves
// the draws of the others alone. The record belongs to the Augmenter and is
// valid until its next Draw.
func (a *Augmenter) Draw(key uint64, width, height int) Draw {
	d := &a.drawing
	d.ops, d.width, d.height, d.key = d.ops[:0], width, height, key
	for i := range a.nodes {
		a.nodes[i].run(d, false)
	}
	if d.width != a.size || d.height != a.size {
		d.add(&a.resize)
	}
	return Draw{Ops: d.ops}
}

// Apply carries out a record, drawn for this size of picture, on packed RGB
// [height,width,3], which it leaves alone, and writes the normalised picture
// [size,size,3] to dst. Wrong lengths, and records that give another size,
// panic.
func (a *Augmenter) Apply(dst []float32, rgb []uint8, width, height int, d Draw, n Normalize) {
	p := a.canvas.run(rgb, width, height, d)
	if p.Width != a.size || p.Height != a.size || len(dst) != 3*a.size*a.size {
		panic(fmt.Sprintf("augment: %d x %d pixels into %d values of %d x %d", p.Width, p.Height, len(dst), a.size, a.size))
	}
	pixel.Normalize(dst, p, n.Mean, n.Std)
}

// run carries out a record and returns the picture, which is the canvas's.
func (c *canvas) run(rgb []uint8, width, height int, d Draw) *pixel.Picture {
	c.start(rgb, width, height)
	for _, op := range d.Ops {
		op.apply(c)
	}
	return c.picture()
}
