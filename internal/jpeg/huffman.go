package jpeg

import (
	"errors"
	"fmt"
	"math/bits"
)

// fastBits is the number of bits that one look-up decodes.
const fastBits = 10

// entry is what the next fastBits bits mean. Zero: a longer code, or none.
//
//	bits 0-4    bits to take: the code and, where complete, the number behind it
//	bit 7       complete: the number is in bits 16-31
//	bits 8-11   zeros before the coefficient
//	bits 12-15  size of the number in bits
//	bits 16-31  the number
type entry uint32

const complete entry = 1 << 7

func (e entry) length() uint   { return uint(e & 31) }
func (e entry) run() int       { return int(e >> 8 & 15) }
func (e entry) size() uint     { return uint(e >> 12 & 15) }
func (e entry) number() int16  { return int16(e >> 16) }
func (e entry) complete() bool { return e&complete != 0 }

// huffman is a table of codes (ITU-T T.81, annex C and F.2.2.3).
type huffman struct {
	fast    [1 << fastBits]entry
	limit   [18]uint32 // by length: one more than the largest code, left-aligned to 16 bits
	offset  [17]int32  // by length: index of the first symbol less the first code
	symbols [256]uint8
	defined bool
	from    []byte // the definition, kept to notice that it is repeated
}

// set builds the table from its definition: 16 counts of codes by length,
// then the symbols. Tables of DC and AC numbers differ: class 0 is DC.
func (h *huffman) set(definition []byte, class int) error {
	if h.defined && string(h.from) == string(definition) {
		return nil
	}
	h.defined = false
	h.from = append(h.from[:0], definition...)
	clear(h.fast[:])
	copy(h.symbols[:], definition[16:])
	code, at := uint32(0), 0
	for length := 1; length <= 16; length++ {
		count := int(definition[length-1])
		h.offset[length] = int32(at) - int32(code)
		if code+uint32(count) > 1<<length {
			return errors.New("damaged JPEG: a Huffman table has more codes than there are")
		}
		for range count {
			symbol := definition[16+at]
			if class == 0 && symbol > 15 {
				return fmt.Errorf("damaged JPEG: a Huffman table of DC differences with symbol %d", symbol)
			}
			h.fill(code, uint(length), symbol, class)
			code, at = code+1, at+1
		}
		h.limit[length] = code << (16 - length)
		code <<= 1
	}
	h.limit[17] = 1 << 16
	h.defined = true
	return nil
}

// fill writes the entries that begin with a code.
func (h *huffman) fill(code uint32, length uint, symbol uint8, class int) {
	if length > fastBits {
		return
	}
	size := uint(symbol & 15)
	e := entry(length) | entry(symbol>>4)<<8 | entry(size)<<12
	from := int(code << (fastBits - length))
	places := h.fast[from : from+1<<(fastBits-length)]
	if length+size > fastBits || class != 0 && size == 0 {
		for i := range places {
			places[i] = e
		}
		return
	}
	each := 1 << (fastBits - length - size)
	for number := range 1 << size {
		value := extend(uint64(number)<<((64-size)&63), size)
		full := e + entry(size) | complete | entry(uint16(value))<<16
		for i := range each {
			places[number*each+i] = full
		}
	}
}

// extend reads a number of size <= 16 bits at the top of acc (T.81, F.2.2.1).
func extend(acc uint64, size uint) int32 {
	positive := int64(acc) >> 63
	low := int64(1)<<size - 1
	return int32(int64(acc>>1>>((63-size)&63)) - low&^positive)
}

// long finds a code that has more than fastBits bits at the top of acc and
// returns its entry, never a complete one. Zero means that there is none.
func (h *huffman) long(acc uint64) entry {
	top := uint32(acc >> 48)
	for length := fastBits + 1; length <= 16; length++ {
		if top < h.limit[length] {
			symbol := h.symbols[uint8(int32(top>>(16-length))+h.offset[length])]
			return entry(length) | entry(symbol>>4)<<8 | entry(symbol&15)<<12
		}
	}
	return 0
}

// readHuffman reads a DHT segment (T.81, B.2.4.2).
func (d *Decoder) readHuffman(b []byte) error {
	for len(b) > 0 {
		if len(b) < 17 {
			return errors.New("damaged JPEG: a Huffman table is too short")
		}
		class, number, count := int(b[0]>>4), int(b[0]&15), 0
		for _, n := range b[1:17] {
			count += int(n)
		}
		if class > 1 || number > 3 || count > 256 || len(b) < 17+count {
			return fmt.Errorf("damaged JPEG: Huffman table %d of class %d with %d codes", number, class, count)
		}
		if err := d.tables[class][number].set(b[1:17+count], class); err != nil {
			return err
		}
		d.known[class] |= 1 << number
		b = b[17+count:]
	}
	return nil
}

// table returns a table that this file has defined.
func (d *Decoder) table(class, number int) (*huffman, error) {
	if number > 3 || bits.TrailingZeros8(d.known[class]>>number) != 0 {
		return nil, fmt.Errorf("damaged JPEG: no Huffman table %d of class %d", number, class)
	}
	return &d.tables[class][number], nil
}
