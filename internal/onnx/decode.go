package onnx

import (
	"errors"
	"fmt"
)

// Bounds on what a file may hold. Each message costs memory however short it
// is in the file, so their number is limited; real files stay far below.
const (
	maxMessages = 1 << 21
	maxDepth    = 32 // of graphs inside of graphs
)

// decoder counts what it makes.
type decoder struct {
	messages int
	depth    int
}

func (d *decoder) count() error {
	if d.messages++; d.messages > maxMessages {
		return fmt.Errorf("it holds more than %d nodes, tensors and dimensions", maxMessages)
	}
	return nil
}

// model parses a ModelProto.
func (d *decoder) model(data []byte) (*Model, error) {
	m := &Model{Opsets: map[string]int64{}, Metadata: map[string]string{}}
	err := eachField(data, func(x field) error {
		switch x.number {
		case 1:
			return integer(x, &m.IRVersion)
		case 2:
			return x.text(&m.Producer)
		case 3:
			return x.text(&m.ProducerVersion)
		case 7:
			if m.Graph == nil {
				m.Graph = &Graph{}
			}
			return d.graph(x, m.Graph)
		case 8:
			return d.opset(x, m)
		case 14:
			key, value, err := d.entry(x)
			m.Metadata[key] = value
			return err
		case 25:
			return d.function(x, m)
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case m.Graph == nil:
		return nil, errors.New("it holds no graph")
	case m.Opset == 0:
		return nil, errors.New("it declares no opset")
	}
	return m, nil
}

func (d *decoder) opset(x field, m *Model) error {
	var domain string
	var version int64
	if err := d.count(); err != nil {
		return err
	}
	err := x.message(func(x field) error {
		switch x.number {
		case 1:
			return x.text(&domain)
		case 2:
			return integer(x, &version)
		}
		return nil
	})
	if domain == "" || domain == "ai.onnx" {
		m.Opset = version
	} else {
		m.Opsets[domain] = version
	}
	return err
}

// entry reads a key and its value.
func (d *decoder) entry(x field) (key, value string, err error) {
	if err := d.count(); err != nil {
		return "", "", err
	}
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

// function keeps a function's name.
func (d *decoder) function(x field, m *Model) error {
	if err := d.count(); err != nil {
		return err
	}
	var name, domain string
	err := x.message(func(x field) error {
		switch x.number {
		case 1:
			return x.text(&name)
		case 10:
			return x.text(&domain)
		}
		return nil
	})
	m.Functions = append(m.Functions, domain+"."+name)
	return err
}

func (d *decoder) graph(x field, g *Graph) error {
	if d.depth++; d.depth > maxDepth {
		return fmt.Errorf("its graphs are nested deeper than %d", maxDepth)
	}
	defer func() { d.depth-- }()
	return x.message(func(x field) error { return d.graphField(x, g) })
}

func (d *decoder) graphField(x field, g *Graph) error {
	switch x.number {
	case 1, 5, 11, 12, 13:
		if err := d.count(); err != nil {
			return err
		}
	}
	switch x.number {
	case 1:
		n := &Node{}
		g.Nodes = append(g.Nodes, n)
		if err := x.message(func(x field) error { return d.node(x, n) }); err != nil {
			return fmt.Errorf("node %s: %w", n.Label(), err)
		}
	case 2:
		return x.text(&g.Name)
	case 5:
		t, err := d.tensor(x)
		g.Initializers = append(g.Initializers, t)
		return err
	case 11:
		return d.value(x, &g.Inputs)
	case 12:
		return d.value(x, &g.Outputs)
	case 13:
		return d.value(x, &g.ValueInfo)
	case 15:
		return fmt.Errorf("initializer %s is a sparse tensor, which is not supported", sparseName(x))
	}
	return nil
}

// sparseName returns the name of a sparse tensor, which its values carry.
func sparseName(x field) string {
	name := "without a name"
	_ = x.message(func(x field) error {
		if x.number != 1 {
			return nil
		}
		return x.message(func(x field) error {
			if x.number == 8 {
				return x.text(&name)
			}
			return nil
		})
	}) // the file is refused whatever this finds
	return name
}

func (d *decoder) node(x field, n *Node) error {
	switch x.number {
	case 1, 2, 5:
		if err := d.count(); err != nil {
			return err
		}
	}
	switch x.number {
	case 1:
		return x.texts(&n.Inputs)
	case 2:
		return x.texts(&n.Outputs)
	case 3:
		return x.text(&n.Name)
	case 4:
		return x.text(&n.Op)
	case 5:
		a := &Attribute{}
		n.Attributes = append(n.Attributes, a)
		if err := x.message(func(x field) error { return d.attribute(x, a) }); err != nil {
			return fmt.Errorf("attribute %s: %w", a.Name, err)
		}
		return nil
	case 7:
		err := x.text(&n.Domain)
		if n.Domain == "ai.onnx" {
			n.Domain = ""
		}
		return err
	}
	return nil
}
