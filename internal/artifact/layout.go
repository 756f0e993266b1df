package artifact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

const magic = "ARROW1"

var (
	errDamaged = errors.New("damaged file")
	errForeign = errors.New("no table of a run: its schema says nothing of kind and version")
)

// flat reads FlatBuffers tables from bytes that may be damaged: a position
// out of range sets bad and reads as zero.
type flat struct {
	b   []byte
	bad bool
}

func (f *flat) at(pos, n int64) []byte {
	if pos < 0 || pos > int64(len(f.b))-n {
		f.bad = true
		return make([]byte, min(n, 8))
	}
	return f.b[pos : pos+n]
}

func (f *flat) u16(pos int64) int64 { return int64(binary.LittleEndian.Uint16(f.at(pos, 2))) }
func (f *flat) u32(pos int64) int64 { return int64(binary.LittleEndian.Uint32(f.at(pos, 4))) }
func (f *flat) i32(pos int64) int64 { return int64(int32(binary.LittleEndian.Uint32(f.at(pos, 4)))) }
func (f *flat) i64(pos int64) int64 { return int64(binary.LittleEndian.Uint64(f.at(pos, 8))) }

// field returns the position of a table's field, or 0 if it is absent. The
// number counts the fields in the order of their declaration.
func (f *flat) field(table int64, number int64) int64 {
	vtable := table - f.i32(table)
	slot := 4 + 2*number
	if slot+2 > f.u16(vtable) {
		return 0
	}
	if off := f.u16(vtable + slot); off != 0 {
		return table + off
	}
	return 0
}

// vector returns the start and the length of a field that is a vector of
// elements of the given size.
func (f *flat) vector(table, number, size int64) (start, n int64) {
	pos := f.field(table, number)
	if pos == 0 {
		return 0, 0
	}
	pos += f.u32(pos)
	n = f.u32(pos)
	if pos+4+n*size > int64(len(f.b)) {
		f.bad = true
		return 0, 0
	}
	return pos + 4, n
}

// span is a range of bytes.
type span struct{ offset, length int64 }

// block is the place of one record batch: its message and then its body.
type block struct {
	offset, meta, body int64
}

// footer is what stands at the end of a file.
type footer struct {
	slots  []slot
	meta   Meta
	blocks []block
}

// readFooter reads the footer of a file. Every block lies within the file.
func readFooter(r io.ReaderAt, size int64) (footer, error) {
	var out footer
	tail := make([]byte, 10)
	if size < 20 {
		return out, errDamaged
	}
	if _, err := r.ReadAt(tail, size-10); err != nil {
		return out, err
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if string(tail[4:]) != magic || length < 8 || length > size-18 {
		return out, errDamaged
	}
	end := size - 10 - length
	f := &flat{b: make([]byte, length)}
	if _, err := r.ReadAt(f.b, end); err != nil {
		return out, err
	}
	root := f.u32(0)
	var err error
	if out.slots, out.meta, err = readSchema(f, f.child(root, 1)); err != nil {
		return out, err
	}
	if _, n := f.vector(root, 2, 24); n != 0 {
		return out, errors.New("it holds dictionaries, which this program does not write")
	}
	start, n := f.vector(root, 3, 24)
	out.blocks = make([]block, n)
	for i := range out.blocks {
		at := start + int64(i)*24
		b := block{offset: f.i64(at), meta: f.i32(at + 8), body: f.i64(at + 16)}
		if b.offset < 8 || b.meta < 16 || b.body < 0 || b.offset%8 != 0 || b.meta%8 != 0 || b.offset > end || b.body > end || b.offset+b.meta+b.body > end {
			return out, errDamaged
		}
		out.blocks[i] = b
	}
	if f.bad {
		return out, errDamaged
	}
	return out, nil
}

// message is the description of one record batch.
type message struct {
	rows    int64
	nodes   []span // of each array: offset holds its length, length its nulls
	buffers []span // places in the file
}

// readMessage reads the description of a record batch and checks that its
// buffers lie within its body.
func readMessage(r io.ReaderAt, b block) (message, error) {
	var m message
	raw := make([]byte, b.meta)
	if _, err := r.ReadAt(raw, b.offset); err != nil {
		return m, err
	}
	if binary.LittleEndian.Uint32(raw) != math.MaxUint32 {
		return m, errDamaged
	}
	f := &flat{b: raw[8:]}
	const recordBatch = 3
	root := f.u32(0)
	header := f.field(root, 2)
	if kind := f.field(root, 1); kind == 0 || f.at(kind, 1)[0] != recordBatch || header == 0 {
		return m, errDamaged
	}
	batch := header + f.u32(header)
	if f.field(batch, 3) != 0 {
		return m, errors.New("its record batches are compressed, which this program does not write")
	}
	if pos := f.field(batch, 0); pos != 0 {
		m.rows = f.i64(pos)
	}
	m.nodes = f.spans(batch, 1)
	m.buffers = f.spans(batch, 2)
	if f.bad || m.rows < 0 {
		return m, errDamaged
	}
	for i, s := range m.buffers {
		if s.offset < 0 || s.length < 0 || s.offset%8 != 0 || s.offset > b.body || s.length > b.body-s.offset {
			return m, fmt.Errorf("buffer %d lies outside its record batch: %w", i, errDamaged)
		}
		m.buffers[i].offset += b.offset + b.meta
	}
	return m, nil
}

// spans reads a vector of structs of two 64-bit numbers.
func (f *flat) spans(table, number int64) []span {
	start, n := f.vector(table, number, 16)
	out := make([]span, n)
	for i := range out {
		at := start + 16*int64(i)
		out[i] = span{f.i64(at), f.i64(at + 8)}
	}
	return out
}
