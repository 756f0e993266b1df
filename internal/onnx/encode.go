package onnx

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protobuf message under construction. Fields appear in the
// order in which they are added, so equal content has equal bytes.
type message []byte

func (m *message) text(number protowire.Number, s string) {
	*m = protowire.AppendString(protowire.AppendTag(*m, number, protowire.BytesType), s)
}

// optional is text that is left out if it is empty.
func (m *message) optional(number protowire.Number, s string) {
	if s != "" {
		m.text(number, s)
	}
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

func (m *message) entry(number protowire.Number, key, value string) {
	var sub message
	sub.text(1, key)
	sub.text(2, value)
	m.nested(number, sub)
}

// pieces is a message that may refer to tensors' bytes where they lie.
type pieces struct {
	list [][]byte
	size int
}

func (p *pieces) add(b []byte) {
	if len(b) > 0 {
		p.list = append(p.list, b)
		p.size += len(b)
	}
}

// nested adds a field that holds another message.
func (p *pieces) nested(number protowire.Number, sub pieces) {
	p.add(protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.BytesType), uint64(sub.size)))
	p.list = append(p.list, sub.list...)
	p.size += sub.size
}

// Encode writes the model. Metadata and opsets are sorted by key; values lie
// at multiples of eight bytes, so that a reader can map them. A tensor whose
// values are missing or do not fit its shape is an error; external ones stay
// where they are. Values other than tensors cannot be written.
func (m *Model) Encode(w io.Writer) error {
	graph, err := m.Graph.encode()
	if err != nil {
		return fmt.Errorf("onnx: encode: %w", err)
	}
	all := pieces{}
	all.add(m.head(graph.size))
	all.list = append(all.list, graph.list...)
	all.add(m.tail())
	for _, b := range all.list {
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("onnx: write: %w", err)
		}
	}
	return nil
}

// head returns what precedes the graph, its tag and length included. Spaces in
// the documentation bring it to a multiple of the alignment.
func (m *Model) head(graphSize int) message {
	var head, tag message
	head.integer(1, m.IRVersion)
	head.optional(2, m.Producer)
	head.optional(3, m.ProducerVersion)
	tag = protowire.AppendVarint(protowire.AppendTag(nil, 7, protowire.BytesType), uint64(graphSize))
	head.align(6, len(tag))
	return append(head, tag...)
}

func (m *Model) tail() message {
	var tail message
	opset := func(domain string, version int64) {
		var sub message
		sub.text(1, domain)
		sub.integer(2, version)
		tail.nested(8, sub)
	}
	opset("", m.Opset)
	for _, domain := range slices.Sorted(maps.Keys(m.Opsets)) {
		opset(domain, m.Opsets[domain])
	}
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		tail.entry(14, key, m.Metadata[key])
	}
	return tail
}

// alignment of tensors' values in a file that we write.
const alignment = 8

// align adds a documentation string of spaces, in the given field, so that
// the message and what follows have a length that is a multiple of the
// alignment.
func (m *message) align(number protowire.Number, follows int) {
	const header = 2 // tag and length of a short string
	rest := (len(*m) + follows) % alignment
	if rest == 0 {
		return
	}
	spaces := (2*alignment - rest - header) % alignment
	m.text(number, "        "[:spaces])
}
