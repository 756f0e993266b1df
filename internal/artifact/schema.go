package artifact

import (
	"errors"
	"fmt"
)

// Type numbers of the Arrow format (Schema.fbs, union Type).
const (
	typeInt           = 2
	typeFloatingPoint = 3
	typeBinary        = 4
	typeUtf8          = 5
	typeBool          = 6
	typeList          = 12
	typeFixedSizeList = 16
)

// slot is a column and where its parts stand in a record batch's message.
type slot struct {
	column
	node, buffer   int // numbers of its first array and buffer
	nodes, buffers int // how many it has
}

// readSchema reads the columns and the metadata from a footer. It refuses
// types that this package does not write.
func readSchema(f *flat, schema int64) ([]slot, Meta, error) {
	if pos := f.field(schema, 0); pos != 0 && f.u16(pos) != 0 {
		return nil, Meta{}, errors.New("written on a machine of the other byte order")
	}
	m, ok := metaOf(f.pairs(schema, 2))
	if f.bad {
		return nil, m, errDamaged
	}
	if !ok {
		return nil, m, errForeign
	}
	fields, n := f.vector(schema, 1, 4)
	slots := make([]slot, n)
	node, buffer := 0, 0
	for i := range slots {
		at := fields + 4*int64(i)
		s, err := f.slot(at + f.u32(at))
		if f.bad {
			err = errDamaged
		}
		if err != nil {
			return nil, m, err
		}
		s.node, s.buffer = node, buffer
		node += s.nodes
		buffer += s.buffers
		slots[i] = s
	}
	return slots, m, nil
}

// slot reads one field of the schema.
func (f *flat) slot(field int64) (slot, error) {
	s := slot{column: column{name: f.text(field, 0), nullable: f.boolean(field, 1)}, nodes: 1, buffers: 2}
	kind, ok := f.kindOf(field)
	s.kind = kind
	switch kind {
	case kindString, kindBytes:
		s.buffers = 3
	case kindList, kindVarList:
		s.nodes, s.buffers = 2, 3
		if kind == kindVarList {
			s.buffers = 4
		} else {
			s.width = int(f.number(f.child(field, 3), 0))
			ok = ok && s.width >= 1
		}
		children, n := f.vector(field, 5, 4)
		if n != 1 {
			return s, errDamaged
		}
		element, known := f.kindOf(children + f.u32(children))
		ok = ok && known && element == kindFloat32
	}
	if f.field(field, 4) != 0 {
		ok = false // a dictionary
	}
	if !ok {
		return s, fmt.Errorf("column %q is of a type that this program does not write", s.name)
	}
	return s, nil
}

// kindOf returns the type of a field; ok is false for one that is not ours.
func (f *flat) kindOf(field int64) (k kind, ok bool) {
	number := int64(0)
	if pos := f.field(field, 2); pos != 0 {
		number = int64(f.at(pos, 1)[0])
	}
	details := f.child(field, 3)
	switch number {
	case typeUtf8:
		return kindString, true
	case typeBinary:
		return kindBytes, true
	case typeBool:
		return kindBool, true
	case typeList:
		return kindVarList, true
	case typeFixedSizeList:
		return kindList, true
	case typeInt:
		width := f.number(details, 0)
		if width == 64 {
			return kindInt64, f.boolean(details, 1)
		}
		return kindInt32, f.boolean(details, 1) && width == 32
	case typeFloatingPoint:
		precision := int64(0)
		if pos := f.field(details, 0); pos != 0 {
			precision = f.u16(pos)
		}
		if precision == 2 {
			return kindFloat64, true
		}
		return kindFloat32, precision == 1
	}
	return 0, false
}

// child returns the position of the table that a field refers to.
func (f *flat) child(table, number int64) int64 {
	pos := f.field(table, number)
	if pos == 0 {
		return 0
	}
	return pos + f.u32(pos)
}

// number returns a field of 32 bits, 0 where it is absent.
func (f *flat) number(table, number int64) int64 {
	pos := f.field(table, number)
	if pos == 0 {
		return 0
	}
	return f.i32(pos)
}

func (f *flat) boolean(table, number int64) bool {
	pos := f.field(table, number)
	return pos != 0 && f.at(pos, 1)[0] != 0
}

// text returns a field that is a string.
func (f *flat) text(table, number int64) string {
	start, n := f.vector(table, number, 1)
	return string(f.at(start, n))
}

// pairs returns a vector of keys and values, in order.
func (f *flat) pairs(table, number int64) [][2]string {
	start, n := f.vector(table, number, 4)
	out := make([][2]string, n)
	for i := range out {
		at := start + 4*int64(i)
		pair := at + f.u32(at)
		out[i] = [2]string{f.text(pair, 0), f.text(pair, 1)}
	}
	return out
}
