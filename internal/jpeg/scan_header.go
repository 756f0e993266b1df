package jpeg

import (
	"errors"
	"fmt"
)

// readScanHeader reads a SOS segment (T.81, B.2.3).
func (d *Decoder) readScanHeader(b []byte) error {
	f, s := &d.frame, &d.scan
	if f.components == nil {
		return errors.New("damaged JPEG: a scan before the frame header")
	}
	if len(b) < 1 || b[0] < 1 || b[0] > 4 || len(b) != 4+2*int(b[0]) {
		return errors.New("damaged JPEG: a scan header of another size than it says")
	}
	n := int(b[0])
	if f.components[0].plane == nil {
		d.makeRoom(n)
	}
	tail := b[1+2*n:]
	s.parts, s.from, s.to, s.high, s.low = s.store[:n], int(tail[0]), int(tail[1]), uint(tail[2]>>4), uint(tail[2]&15)
	if !f.progressive { // libjpeg ignores what is written there
		s.from, s.to, s.high, s.low = 0, 63, 0, 0
	}
	blocks := 0
	for i := range s.parts {
		p, id := &s.parts[i], int(b[1+2*i])
		*p = part{}
		for j := range f.components {
			if f.components[j].id == id {
				p.component = &f.components[j]
			}
		}
		if p.component == nil {
			return fmt.Errorf("damaged JPEG: a scan of component %d, which the frame has not", id)
		}
		for _, other := range s.parts[:i] {
			if other.component == p.component {
				return fmt.Errorf("damaged JPEG: a scan has component %d twice", id)
			}
		}
		blocks += p.h * p.v
		if err := d.prepare(p, int(b[2+2*i]>>4), int(b[2+2*i]&15)); err != nil {
			return err
		}
	}
	if n > 1 && blocks > maxMCUBlocks {
		return fmt.Errorf("damaged JPEG: an MCU of %d blocks", blocks)
	}
	if f.progressive {
		return s.advance()
	}
	return nil
}

// prepare finds the tables of a scan's component.
func (d *Decoder) prepare(p *part, dc, ac int) (err error) {
	s := &d.scan
	if !p.scanned {
		if d.quantizing>>p.quantizer&1 == 0 {
			return fmt.Errorf("damaged JPEG: no quantisation table %d", p.quantizer)
		}
		p.quant, p.scanned = d.quantizers[p.quantizer], true
	} else if !d.frame.progressive {
		return fmt.Errorf("damaged JPEG: two scans of component %d", p.id)
	}
	if s.from == 0 && s.high == 0 {
		if p.dc, err = d.table(0, dc); err != nil {
			return err
		}
	}
	if s.to > 0 {
		p.ac, err = d.table(1, ac)
	}
	return err
}
