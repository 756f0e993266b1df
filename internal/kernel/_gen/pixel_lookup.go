package main

import "github.com/mmcloughlin/avo/operand"

// writeLookup sends bytes through a table in place. AVX2 has shuffles of 16
// entries alone: an entry's row is the one for which the byte less 16 times
// the row is below 16, and adding 0x70 sets the sign of all others.
func writeLookup(e *emitter) {
	e.function("lookup", "(pix []uint8, table *[256]uint8)",
		"what lookupRef does, of the whole pairs of vectors.")
	at, left, p := e.base("pix"), e.length("pix"), e.param("table")
	done := e.label("done")
	e.SHRQ(operand.U8(map[bool]uint64{true: 7, false: 6}[e.wide]), left)
	e.JZ(operand.LabelRef(done))
	if e.wide {
		table := e.readTable(p)
		e.loop(left, func() {
			for i := range 2 {
				v := e.readBytes(e.at(at, i))
				e.lookup(table, v)
				e.writeBytes(v, e.at(at, i))
			}
			e.ADDQ(operand.I32(2*e.bytes()), at)
		})
	} else {
		row, top := e.filled(0x10101010), e.filled(0x70707070)
		e.loop(left, func() {
			v, sum := e.vecs(2), e.vecs(2)
			for i := range v {
				v[i] = e.readBytes(e.at(at, i))
				e.zero(sum[i])
			}
			for r := range 16 {
				entries := e.vec()
				e.VBROADCASTI128(mem{Base: p, Disp: 16 * r}, entries)
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
			for i := range v {
				e.writeBytes(sum[i], e.at(at, i))
			}
			e.ADDQ(operand.I32(2*e.bytes()), at)
		})
	}
	e.Label(done)
	e.finish()
}
