package models

import (
	"encoding/binary"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protobuf message under construction. Fields appear in the
// order in which they are added, so equal content has equal bytes.
type message []byte

func (m *message) text(number protowire.Number, s string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, number, protowire.BytesType), s)
}

func (m *message) integer(number protowire.Number, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, number, protowire.VarintType), uint64(v))
}

func (m *message) float(number protowire.Number, v float32) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, number, protowire.Fixed32Type), math.Float32bits(v))
}

func (m *message) nested(number protowire.Number, sub message) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, number, protowire.BytesType), sub)
}

// packed adds a repeated integer field in one piece.
func (m *message) packed(number protowire.Number, v []int64) {
	var sub message
	for _, x := range v {
		sub = protowire.AppendVarint(sub, uint64(x))
	}
	m.nested(number, sub)
}

func (a *protoAttr) encode() message {
	var m message
	m.text(1, a.name)
	switch a.kind {
	case attrFloat:
		m.float(2, a.f)
	case attrInt:
		m.integer(3, a.i)
	case attrString:
		m.text(4, a.s)
	case attrInts:
		m.packed(8, a.ints)
	}
	m.integer(20, a.kind)
	return m
}

func (n *protoNode) encode() message {
	var m message
	for _, in := range n.inputs {
		m.text(1, in)
	}
	for _, out := range n.outputs {
		m.text(2, out)
	}
	m.text(3, n.name)
	m.text(4, n.op)
	for i := range n.attrs {
		m.nested(5, n.attrs[i].encode())
	}
	return m
}

func (v *protoValue) encode() message {
	var shape, tensor, kind, m message
	for _, d := range v.dims {
		var dim message
		if d.param != "" {
			dim.text(2, d.param)
		} else {
			dim.integer(1, d.value)
		}
		shape.nested(1, dim)
	}
	tensor.integer(1, v.dtype)
	tensor.nested(2, shape)
	kind.nested(1, tensor)
	m.text(1, v.name)
	m.nested(2, kind)
	return m
}

// chunk is a piece of a file: bytes, then values in little-endian order.
type chunk struct {
	head   message
	values []float32
}

// encode returns the graph's fields in pieces, so that weights are written
// from where they lie.
func (g *protoGraph) encode(name string) []chunk {
	var nodes, borders message
	for i := range g.nodes {
		nodes.nested(1, g.nodes[i].encode())
	}
	nodes.text(2, name)
	for i := range g.inputs {
		borders.nested(11, g.inputs[i].encode())
	}
	for i := range g.outputs {
		borders.nested(12, g.outputs[i].encode())
	}
	chunks := []chunk{{head: nodes}}
	for i := range g.initializers {
		chunks = append(chunks, g.initializers[i].encode())
	}
	return append(chunks, chunk{head: borders})
}

// encode returns a float tensor as a field of its graph.
func (t *protoTensor) encode() chunk {
	var m, field message
	m.packed(1, t.dims)
	m.integer(2, typeFloat)
	m.text(8, t.name)
	size := 4 * len(t.floats)
	m = protowire.AppendVarint(protowire.AppendTag(m, 9, protowire.BytesType), uint64(size))
	field = protowire.AppendVarint(protowire.AppendTag(field, 5, protowire.BytesType), uint64(len(m)+size))
	return chunk{head: append(field, m...), values: t.floats}
}

// encodeModel writes a model with its metadata, given in order.
func encodeModel(w io.Writer, m *protoModel, name string, metadata [][2]string) error {
	var head, tail, opset message
	head.integer(1, m.irVersion)
	head.text(2, m.producer)
	opset.text(1, "")
	opset.integer(2, m.opset)
	tail.nested(8, opset)
	for _, kv := range metadata {
		var entry message
		entry.text(1, kv[0])
		entry.text(2, kv[1])
		tail.nested(14, entry)
	}
	chunks := m.graph.encode(name)
	size := 0
	for _, c := range chunks {
		size += len(c.head) + 4*len(c.values)
	}
	head = protowire.AppendVarint(protowire.AppendTag(head, 7, protowire.BytesType), uint64(size))
	for _, c := range append(append([]chunk{{head: head}}, chunks...), chunk{head: tail}) {
		if err := c.write(w); err != nil {
			return err
		}
	}
	return nil
}

func (c chunk) write(w io.Writer) error {
	if _, err := w.Write(c.head); err != nil {
		return err
	}
	buf := make([]byte, 0, 4*min(len(c.values), 1<<14))
	for i, v := range c.values {
		buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
		if len(buf) == cap(buf) || i == len(c.values)-1 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	return nil
}
