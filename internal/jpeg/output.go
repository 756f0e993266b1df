package jpeg

// transformRow computes the samples of a row of MCUs of a sequential scan and
// empties the coefficients for the next.
func (d *Decoder) transformRow(y int) {
	s := &d.scan
	for i := range s.parts {
		c := s.parts[i].component
		rows := c.v
		if len(s.parts) == 1 {
			rows = 1
		}
		d.transform(c, y*rows, c.coef[:rows*c.quads*quadSize])
		clear(c.coef[:rows*c.quads*quadSize])
	}
}

// transform computes the samples of rows of blocks.
func (d *Decoder) transform(c *component, row int, coef []int16) {
	n := c.quads * quadSize
	for ; len(coef) > 0; coef, row = coef[n:], row+1 {
		at := margin + row*blockSize*c.stride
		d.kernel.transform(c.plane[at:], c.stride, coef[:n], &c.quant, c.quads)
		for y := row * blockSize; y < min((row+1)*blockSize, c.height); y++ {
			samples := c.row(y)
			samples[0], samples[c.width+1] = samples[1], samples[c.width]
		}
	}
}

// output computes the picture from the samples, of progressive files from
// the coefficients.
func (d *Decoder) output() {
	f := &d.frame
	if f.progressive {
		for i := range f.components {
			d.transform(&f.components[i], 0, f.components[i].coef)
		}
	}
	var rows [4][]uint8
	meaning := d.colours()
	for y := range f.height {
		for i := range f.components {
			rows[i] = d.pixels(&f.components[i], y, d.memory[i].row)
		}
		d.convert(d.pix[3*f.width*y:], &rows, f.width, meaning)
	}
}
