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
		at := margin + row*blockSize%c.window*c.stride
		d.kernel.transform(c.plane[at:], c.stride, coef[:n], &c.quant, c.quads)
		for y := row * blockSize; y < min((row+1)*blockSize, c.height); y++ {
			samples := c.row(y)
			samples[0], samples[c.width+1] = samples[1], samples[c.width]
		}
	}
}

// complete computes the samples of a progressive file.
func (d *Decoder) complete() {
	for i := range d.frame.components {
		d.transform(&d.frame.components[i], 0, d.frame.components[i].coef)
	}
}

// output writes the pixels for which there are samples when so many rows of
// MCUs are done. The last pixels of these wait for the row behind them.
func (d *Decoder) output(mcuRows int) error {
	f := &d.frame
	to := f.height
	if mcuRows < f.mcuRows {
		to = mcuRows*blockSize*f.maxV - f.maxV
	}
	var rows [4][]uint8
	meaning := d.colours()
	for ; d.written < to; d.written++ {
		if err := d.ctx.Err(); err != nil {
			return err
		}
		for i := range f.components {
			rows[i] = d.pixels(&f.components[i], d.written, d.memory[i].row)
		}
		at := d.pixel * f.width * d.written
		d.convert(d.pix[at:len(d.pix)+slack], &rows, f.width, d.pixel, meaning)
	}
	return nil
}
