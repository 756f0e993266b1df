package onnx

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"melanoma/internal/mapped"
)

// encode returns the graph's message, aligned for a graph that starts at a
// multiple of the alignment.
func (g *Graph) encode() (pieces, error) {
	var p pieces
	for _, n := range g.Nodes {
		sub, err := n.encode()
		if err != nil {
			return p, fmt.Errorf("node %s: %w", n.Label(), err)
		}
		p.nested(1, sub)
	}
	var name message
	name.text(2, g.Name)
	p.add(name)
	for _, t := range g.Initializers {
		if err := p.initializer(t); err != nil {
			return p, err
		}
	}
	var values message
	for _, list := range []struct {
		number protowire.Number
		values []Value
	}{{11, g.Inputs}, {12, g.Outputs}, {13, g.ValueInfo}} {
		for i := range list.values {
			if v := &list.values[i]; v.Kind != "" {
				return p, fmt.Errorf("value %s is a %s, which cannot be written", v.Name, v.Kind)
			}
			values.nested(list.number, list.values[i].encode())
		}
	}
	p.add(values)
	return p, nil
}

// initializer adds a tensor whose values are aligned. The documentation that
// aligns it lies inside, so its own length must be found by trying.
func (p *pieces) initializer(t *Tensor) error {
	for spaces := range 3 * alignment {
		var pad message
		if spaces > 1 { // tag and length of the documentation
			pad.text(12, strings.Repeat(" ", spaces-2))
		}
		sub, raw, err := t.encode(pad)
		if err != nil {
			return err
		}
		var all pieces
		all.nested(5, sub)
		if spaces != 1 && (raw == 0 || (p.size+all.size-raw)%alignment == 0) {
			p.list = append(p.list, all.list...)
			p.size += all.size
			return nil
		}
	}
	return fmt.Errorf("tensor %s cannot be aligned", t.Name)
}

// encode returns the tensor's message with a padding before its values, which
// come last, and the number of their bytes.
func (t *Tensor) encode(pad message) (p pieces, values int, err error) {
	var m message
	m.packed(1, t.Dims)
	m.integer(2, int64(t.Type))
	m.text(8, t.Name)
	switch {
	case t.External != nil:
		t.External.encode(&m)
	case t.Type == Text:
		texts, err := t.Texts()
		if err != nil {
			return p, 0, err
		}
		for _, s := range texts {
			m.text(6, s)
		}
	default:
		raw, err := t.Raw()
		if err != nil {
			return p, 0, err
		}
		m = append(m, pad...)
		m = protowire.AppendVarint(protowire.AppendTag(m, 9, protowire.BytesType), uint64(len(raw)))
		p.add(m)
		p.add(raw)
		return p, len(raw), nil
	}
	p.add(m)
	return p, 0, nil
}

func (x *External) encode(m *message) {
	m.entry(13, "location", x.Location)
	m.entry(13, "offset", fmt.Sprint(x.Offset))
	if x.HasLength {
		m.entry(13, "length", fmt.Sprint(x.Length))
	}
	m.integer(14, 1)
}

func (n *Node) encode() (pieces, error) {
	var m message
	for _, in := range n.Inputs {
		m.text(1, in)
	}
	for _, out := range n.Outputs {
		m.text(2, out)
	}
	m.optional(3, n.Name)
	m.text(4, n.Op)
	m.optional(7, n.Domain)
	var p pieces
	p.add(m)
	for _, a := range n.Attributes {
		sub, err := a.encode()
		if err != nil {
			return p, fmt.Errorf("attribute %s: %w", a.Name, err)
		}
		p.nested(5, sub)
	}
	return p, nil
}

func (a *Attribute) encode() (p pieces, err error) {
	var m message
	var sub pieces
	m.text(1, a.Name)
	m.integer(20, int64(a.Kind))
	switch a.Kind {
	case KindFloat:
		m.float(2, a.Float)
	case KindInt:
		m.integer(3, a.Int)
	case KindText:
		m.text(4, a.Text)
	case KindFloats:
		m.nested(7, mapped.Bytes(a.Floats))
	case KindInts:
		m.packed(8, a.Ints)
	case KindTexts:
		for _, s := range a.Texts {
			m.text(9, s)
		}
	case KindTensor:
		if a.Tensor == nil {
			return p, fmt.Errorf("its tensor is absent")
		}
		sub, _, err = a.Tensor.encode(nil)
	case KindGraph:
		if a.Graph == nil {
			return p, fmt.Errorf("its graph is absent")
		}
		sub, err = a.Graph.encode()
	}
	p.add(m)
	if a.Kind == KindTensor {
		p.nested(5, sub)
	}
	if a.Kind == KindGraph {
		p.nested(6, sub)
	}
	return p, err
}

func (v *Value) encode() message {
	var shape, tensor, kind, m message
	for _, d := range v.Dims {
		var dim message
		if d.Param != "" {
			dim.text(2, d.Param)
		} else if d.Size != Unknown {
			dim.integer(1, d.Size)
		}
		shape.nested(1, dim)
	}
	tensor.integer(1, int64(v.Type))
	if v.Dims != nil {
		tensor.nested(2, shape)
	}
	kind.nested(1, tensor)
	m.text(1, v.Name)
	m.nested(2, kind)
	return m
}
