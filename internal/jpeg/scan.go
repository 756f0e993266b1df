package jpeg

import (
	"errors"
	"fmt"
)

// maxMCUBlocks is the most blocks of an MCU (T.81, B.2.3).
const maxMCUBlocks = 10

// unzig gives the place of a coefficient in a quad by its zigzag index
// (T.81, figure A.6). Indices from 64 on can be met in damaged files before
// the error is noticed.
var unzig = func() (places [128]uint8) {
	row, column, up := 0, 0, true
	for k := range 64 {
		places[k] = uint8(row*quadRow + column)
		switch {
		case up && column == 7:
			row, up = row+1, false
		case up && row == 0:
			column, up = column+1, false
		case up:
			row, column = row-1, column+1
		case row == 7:
			column, up = column+1, true
		case column == 0:
			row, up = row+1, true
		default:
			row, column = row+1, column-1
		}
	}
	return places
}()

// natural is the place of a coefficient in a block in rows.
func natural(k int) int { return int(unzig[k])/quadRow*8 + int(unzig[k])%quadRow }

// scan is a scan header.
type scan struct {
	parts     []part
	store     [4]part
	from, to  int  // zigzag indices
	high, low uint // bits known before and after (progressive)
	endOfBand int  // blocks that follow without coefficients (progressive)
	last      uint8
}

// part is a component of a scan.
type part struct {
	*component
	dc, ac     *huffman
	prediction int32
}

// readScan reads a scan whose header is b and whose bits start at pos; it
// returns where the next marker lies.
func (d *Decoder) readScan(content, b []byte, pos int) (end int, err error) {
	if err := d.readScanHeader(b); err != nil {
		return 0, err
	}
	s, f := &d.scan, &d.frame
	if !f.progressive {
		for i := range s.parts {
			clear(s.parts[i].precision[:])
		}
	}
	across, down := f.mcus, f.mcuRows
	if len(s.parts) == 1 {
		across, down = s.parts[0].blocks, s.parts[0].blockRows
	}
	pos = d.bits.start(content, pos)
	s.restart()
	left := d.interval
	for y := range down {
		for x := range across {
			if d.interval > 0 && left == 0 {
				if pos, err = d.nextSegment(content, pos); err != nil {
					return 0, err
				}
				left = d.interval
			}
			if err := d.readMCU(x, y); err != nil {
				return 0, err
			}
			if d.bits.pos > d.bits.end && d.bits.overrun() {
				return 0, cutShort(content, pos)
			}
			left--
		}
		if !f.progressive {
			d.transformRow(y)
		}
		if f.whole {
			if err := d.output(y + 1); err != nil {
				return 0, err
			}
		}
	}
	return pos, nil
}

// readMCU reads the blocks of an MCU.
func (d *Decoder) readMCU(x, y int) error {
	s := &d.scan
	if d.frame.progressive {
		return d.readPartialMCU(x, y)
	}
	for i := range s.parts {
		p := &s.parts[i]
		across, down := p.h, p.v
		if len(s.parts) == 1 {
			across, down = 1, 1
		}
		for row := range down {
			for column := x * across; column < (x+1)*across; column++ {
				q, lane := p.block(row, column)
				if err := d.bits.block(q, lane, p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// readPartialMCU reads what a progressive scan says of an MCU's blocks.
func (d *Decoder) readPartialMCU(x, y int) error {
	s := &d.scan
	for i := range s.parts {
		p := &s.parts[i]
		across, down := p.h, p.v
		if len(s.parts) == 1 {
			across, down = 1, 1
		}
		for row := y * down; row < (y+1)*down; row++ {
			for column := x * across; column < (x+1)*across; column++ {
				q, lane := p.block(row, column)
				if err := d.partialBlock(q, lane, p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// cutShort is the error of a segment whose bits are too few: it ends with
// the file, or with a marker.
func cutShort(content []byte, pos int) error {
	if pos >= len(content) {
		return ErrTruncated
	}
	return errors.New("damaged JPEG: a scan ends too early")
}

// nextSegment goes over a restart marker.
func (d *Decoder) nextSegment(content []byte, pos int) (int, error) {
	if pos+2 > len(content) {
		return 0, ErrTruncated
	}
	if want := markerRST0 + d.scan.last; content[pos+1] != want {
		return 0, fmt.Errorf("damaged JPEG: marker %X instead of restart marker %X", content[pos+1], want)
	}
	last := (d.scan.last + 1) % 8
	d.scan.restart()
	d.scan.last = last
	return d.bits.start(content, pos+2), nil
}

// restart forgets what blocks take over from those before.
func (s *scan) restart() {
	s.endOfBand, s.last = 0, 0
	for i := range s.parts {
		s.parts[i].prediction = 0
	}
}

// partialBlock reads what a progressive scan says of a block.
func (d *Decoder) partialBlock(q *quad, lane uint8, p *part) error {
	switch s := &d.scan; {
	case s.from == 0 && s.high == 0:
		return d.bits.firstDC(q, lane, p, s.low)
	case s.from == 0:
		q[lane] |= int16(d.bits.take(1) << s.low)
		return nil
	case s.high == 0:
		return d.bits.firstAC(q, lane, p.ac, s)
	default:
		return d.bits.refineAC(q, lane, p.ac, s)
	}
}
