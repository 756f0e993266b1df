package models

import (
	"errors"
	"math"
)

// decodeModel parses a ModelProto. It never reads outside of data, and what
// it allocates is bounded by a multiple of len(data).
func decodeModel(data []byte) (*protoModel, error) {
	m := &protoModel{metadata: map[string]string{}}
	err := eachField(data, func(x field) error {
		switch x.number {
		case 1:
			return x.integer(&m.irVersion)
		case 2:
			return x.text(&m.producer)
		case 7:
			m.hasGraph = true
			return x.message(m.graph.decode)
		case 8:
			return m.decodeOpset(x)
		case 14:
			key, value, err := decodeEntry(x)
			m.metadata[key] = value
			return err
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case !m.hasGraph || len(m.graph.nodes) == 0:
		return nil, errors.New("it holds no graph")
	case m.opset == 0:
		return nil, errors.New("it declares no opset")
	}
	return m, nil
}

func (m *protoModel) decodeOpset(x field) error {
	var domain string
	var version int64
	err := x.message(func(x field) error {
		switch x.number {
		case 1:
			return x.text(&domain)
		case 2:
			return x.integer(&version)
		}
		return nil
	})
	if domain == "" || domain == "ai.onnx" {
		m.opset = version
	}
	return err
}

func decodeEntry(x field) (key, value string, err error) {
	err = x.message(func(x field) error {
		switch x.number {
		case 1:
			return x.text(&key)
		case 2:
			return x.text(&value)
		}
		return nil
	})
	return key, value, err
}

func (g *protoGraph) decode(x field) error {
	switch x.number {
	case 1:
		g.nodes = append(g.nodes, protoNode{})
		return x.message(g.nodes[len(g.nodes)-1].decode)
	case 5:
		g.initializers = append(g.initializers, protoTensor{})
		return x.message(g.initializers[len(g.initializers)-1].decode)
	case 11:
		g.inputs = append(g.inputs, protoValue{})
		return x.message(g.inputs[len(g.inputs)-1].decode)
	case 12:
		g.outputs = append(g.outputs, protoValue{})
		return x.message(g.outputs[len(g.outputs)-1].decode)
	}
	return nil
}

func (n *protoNode) decode(x field) error {
	switch x.number {
	case 1:
		return x.texts(&n.inputs)
	case 2:
		return x.texts(&n.outputs)
	case 3:
		return x.text(&n.name)
	case 4:
		return x.text(&n.op)
	case 5:
		n.attrs = append(n.attrs, protoAttr{})
		return x.message(n.attrs[len(n.attrs)-1].decode)
	case 7:
		return x.text(&n.domain)
	}
	return nil
}

func (a *protoAttr) decode(x field) error {
	switch x.number {
	case 1:
		return x.text(&a.name)
	case 2:
		var f []float32
		if err := x.floats(&f); err != nil || len(f) != 1 {
			return errWireType
		}
		a.f = f[0]
	case 3:
		return x.integer(&a.i)
	case 4:
		return x.text(&a.s)
	case 5:
		a.t = &protoTensor{}
		return x.message(a.t.decode)
	case 6:
		a.kind = attrGraph
	case 7:
		return x.floats(&a.floats)
	case 8:
		return x.integers(&a.ints)
	case 20:
		return x.integer(&a.kind)
	}
	return nil
}

func (t *protoTensor) decode(x field) error {
	switch x.number {
	case 1:
		return x.integers(&t.dims)
	case 2:
		return x.integer(&t.dtype)
	case 4:
		return x.floats(&t.floats)
	case 5, 7:
		return x.integers(&t.ints)
	case 8:
		return x.text(&t.name)
	case 9:
		if x.bytes == nil {
			return errWireType
		}
		t.raw, t.hasRaw = x.bytes, true
	case 10:
		return x.doubles(&t.doubles)
	case 13:
		return t.decodeExternal(x)
	case 14:
		var location int64
		if err := x.integer(&location); err != nil {
			return err
		}
		if location == 1 && t.external == nil {
			t.external = map[string]string{}
		}
	}
	return nil
}

func (t *protoTensor) decodeExternal(x field) error {
	key, value, err := decodeEntry(x)
	if t.external == nil {
		t.external = map[string]string{}
	}
	t.external[key] = value
	return err
}

func (v *protoValue) decode(x field) error {
	switch x.number {
	case 1:
		return x.text(&v.name)
	case 2: // type
		return x.message(func(x field) error {
			if x.number != 1 { // not a tensor
				return nil
			}
			return x.message(v.decodeTensorType)
		})
	}
	return nil
}

func (v *protoValue) decodeTensorType(x field) error {
	switch x.number {
	case 1:
		return x.integer(&v.dtype)
	case 2:
		return x.message(func(x field) error {
			if x.number != 1 {
				return nil
			}
			v.dims = append(v.dims, protoDim{})
			return x.message(v.dims[len(v.dims)-1].decode)
		})
	}
	return nil
}

func (d *protoDim) decode(x field) error {
	switch x.number {
	case 1:
		err := x.integer(&d.value)
		if d.value < 0 || d.value > math.MaxInt32 {
			d.value = 0
		}
		return err
	case 2:
		return x.text(&d.param)
	}
	return nil
}
