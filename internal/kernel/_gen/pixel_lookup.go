package main

import "github.com/mmcloughlin/avo/operand"

// writeLookup sends bytes through a table in place, two vectors at a time.
func writeLookup(e *emitter) {
	e.function("lookup", "(pix []uint8, table *[256]uint8)",
		"what lookupRef does, of the whole pairs of vectors.")
	at, left, p := e.base("pix"), e.length("pix"), e.param("table")
	shift, find := uint64(6), e.lookupByRows(p)
	if e.wide {
		table := e.readTable(p)
		shift, find = 7, func(v []vec) {
			for i := range v {
				e.lookup(table, v[i])
			}
		}
	}
	done := e.label("done")
	e.SHRQ(operand.U8(shift), left)
	e.JZ(operand.LabelRef(done))
	e.loop(left, func() {
		v := []vec{e.readBytes(e.at(at, 0)), e.readBytes(e.at(at, 1))}
		find(v)
		for i := range v {
			e.writeBytes(v[i], e.at(at, i))
		}
		e.ADDQ(operand.I32(2*e.bytes()), at)
	})
	e.Label(done)
	e.finish()
}

// lookupByRows is for AVX2, which has shuffles of 16 entries alone: an entry's
// row is the one for which the byte less 16 times the row is below 16, and
// adding 0x70 sets the sign of all others.
func (e *emitter) lookupByRows(table gp) func(v []vec) {
	if e.wide {
		return nil
	}
	row, top := e.filled(0x10101010), e.filled(0x70707070)
	return func(v []vec) {
		sum := e.vecs(len(v))
		for i := range sum {
			e.zero(sum[i])
		}
		for r := range 16 {
			entries := e.vec()
			e.VBROADCASTI128(mem{Base: table, Disp: 16 * r}, entries)
			for i := range v {
				found := e.vec()
				e.VPADDUSB(top, v[i], found)
				e.VPSHUFB(found, entries, found)
				e.bitOr(found, sum[i], sum[i])
				if r < 15 {
					e.VPSUBB(row, v[i], v[i])
				}
			}
		}
		copy(v, sum)
	}
}
