package jpeg

import (
	"encoding/binary"
	"errors"
)

// block reads the coefficients of a block, which are zero before
// (T.81, F.2.2). It works on a copy of the reader's state.
func (r *bitReader) block(q *quad, lane uint8, p *part) error {
	acc, n, pos, data := r.acc, r.n, r.pos, r.data
	if n < 32 {
		acc |= binary.BigEndian.Uint64(data[pos:]) >> (n & 63)
		pos += int(63-n) >> 3
		n |= 56
	}
	e := p.dc.fast[acc>>(64-fastBits)]
	if e == 0 {
		if e = p.dc.long(acc); e == 0 {
			return errCode
		}
	}
	acc <<= e.length()
	n -= e.length()
	difference := int32(e.number())
	if !e.complete() {
		difference = extend(acc, e.size())
		acc <<= e.size()
		n -= e.size()
	}
	p.prediction += difference
	q[lane] = int16(p.prediction)

	ac, k := p.ac, 1
	for k < 64 {
		if n < 32 {
			acc |= binary.BigEndian.Uint64(data[pos:]) >> (n & 63)
			pos += int(63-n) >> 3
			n |= 56
		}
		e := ac.fast[acc>>(64-fastBits)]
		if e.complete() {
			k += e.run()
			acc <<= e.length()
			n -= e.length()
			q[unzig[k&127]+lane] = e.number()
			k++
			continue
		}
		if e == 0 {
			if e = ac.long(acc); e == 0 {
				return errCode
			}
		}
		acc <<= e.length()
		n -= e.length()
		if e.size() == 0 {
			if e.run() != 15 {
				k = 64
				break
			}
			k += 16
			continue
		}
		k += e.run()
		q[unzig[k&127]+lane] = int16(extend(acc, e.size()))
		acc <<= e.size()
		n -= e.size()
		k++
	}
	r.acc, r.n, r.pos = acc, n, pos
	if k > 64 {
		return errLong
	}
	return nil
}

var errLong = errors.New("damaged JPEG: a block of more than 64 coefficients")
