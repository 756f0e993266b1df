package artifact

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

var (
	errDamaged = errors.New("damaged file")
	magic      = []byte("ARROW1")
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
		return make([]byte, n)
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

// readBlocks returns the places of a file's record batches, from its footer.
// Each lies within the file.
func readBlocks(r io.ReaderAt, size int64) ([]block, error) {
	tail := make([]byte, 10)
	if size < 20 {
		return nil, errDamaged
	}
	if _, err := r.ReadAt(tail, size-10); err != nil {
		return nil, err
	}
	if string(tail[4:]) != string(magic) {
		return nil, errDamaged
	}
	length := int64(binary.LittleEndian.Uint32(tail))
	if length < 8 || length > size-18 {
		return nil, errDamaged
	}
	footer := &flat{b: make([]byte, length)}
	if _, err := r.ReadAt(footer.b, size-10-length); err != nil {
		return nil, err
	}
	root := footer.u32(0)
	if _, n := footer.vector(root, 2, 24); n != 0 {
		return nil, errors.New("it holds dictionaries, which this program does not write")
	}
	start, n := footer.vector(root, 3, 24)
	blocks := make([]block, n)
	for i := range blocks {
		at := start + int64(i)*24
		b := block{offset: footer.i64(at), meta: footer.i32(at + 8), body: footer.i64(at + 16)}
		if b.offset < 8 || b.meta < 16 || b.body < 0 || b.offset%8 != 0 || b.meta%8 != 0 || b.offset > size || b.body > size || b.offset+b.meta+b.body > size-10-length {
			return nil, errDamaged
		}
		blocks[i] = b
	}
	if footer.bad {
		return nil, errDamaged
	}
	return blocks, nil
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
