package jpeg

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// segmentSlack is the number of zero bytes behind the bits of a segment: more
// than one MCU can take, so that the end is looked for once an MCU.
const segmentSlack = 4096

var errCode = errors.New("damaged JPEG: bits that are no Huffman code")

// bitReader gives the bits of a segment of a scan: what lies between two
// markers, without the zero bytes that are stuffed behind FF.
type bitReader struct {
	acc  uint64 // the next bits, from the top
	n    uint   // how many of them count
	pos  int    // of the next byte in data
	end  int    // bytes of the segment
	data []byte // the segment and segmentSlack zeros
}

// start reads the segment at pos and returns where its marker lies (or the
// end of b).
func (r *bitReader) start(b []byte, pos int) int {
	r.data = grow(r.data, int64(len(b)-pos+segmentSlack))[:0]
	for {
		i := bytes.IndexByte(b[pos:], 0xff)
		if i < 0 || pos+i+1 >= len(b) {
			r.data = append(r.data, b[pos:]...) // a last FF is part of no marker
			pos = len(b)
			break
		}
		r.data = append(r.data, b[pos:pos+i]...)
		pos += i
		if b[pos+1] == 0 {
			r.data = append(r.data, 0xff)
			pos++
		} else if b[pos+1] != 0xff {
			break
		}
		pos++
	}
	r.acc, r.n, r.pos, r.end = 0, 0, 0, len(r.data)
	r.data = append(r.data, zeros[:]...)
	return pos
}

var zeros [segmentSlack]byte

// refill makes n at least 56. Bits beyond n are those that follow.
func (r *bitReader) refill() {
	r.acc |= binary.BigEndian.Uint64(r.data[r.pos:]) >> (r.n & 63)
	r.pos += int(63-r.n) >> 3
	r.n |= 56
}

// overrun reports whether more bits were taken than there are.
func (r *bitReader) overrun() bool { return 8*r.pos-int(r.n) > 8*r.end }

// take returns the next size <= 16 bits.
func (r *bitReader) take(size uint) uint32 {
	if r.n < 32 {
		r.refill()
	}
	v := uint32(r.acc >> 1 >> ((63 - size) & 63))
	r.acc <<= size
	r.n -= size
	return v
}

// code takes the next code and returns its entry, never as a complete one.
func (r *bitReader) code(h *huffman) (entry, error) {
	if r.n < 32 {
		r.refill()
	}
	e := h.fast[r.acc>>(64-fastBits)]
	if e == 0 {
		if e = h.long(r.acc); e == 0 {
			return 0, errCode
		}
	}
	length := e.length()
	if e.complete() {
		length -= e.size()
	}
	r.acc <<= length
	r.n -= length
	return e, nil
}

// number takes a number of size bits.
func (r *bitReader) number(size uint) int32 {
	if r.n < 32 {
		r.refill()
	}
	v := extend(r.acc, size)
	r.acc <<= size
	r.n -= size
	return v
}
