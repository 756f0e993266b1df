package models

import (
	"errors"
	"fmt"
	"slices"

	"melanoma/internal/onnx"
)

// group is one part of channels that a Split made, or a step of a softmax over
// groups, that waits for the node which completes the pattern that we write.
type group struct {
	input              string
	part, parts        int // of a Split
	cardinality, radix int // of a softmax
	next               string
}

// split takes note of channels in equal parts, which only a Sum of all of them
// may read.
func (c *cleaner) split(n *onnx.Node) error {
	name, shape, err := c.image(n)
	if err != nil {
		return err
	}
	parts := len(n.Outputs)
	if a := n.Attribute("axis"); a == nil || a.Int != 1 || shape[0]%parts != 0 {
		return fmt.Errorf("only channels can be split, into equal parts; there are %d", shape[0])
	}
	sizes, err := c.input(n, 1)
	if err != nil {
		return err
	}
	if sizes != nil && (len(sizes.v) != parts || slices.ContainsFunc(sizes.v, func(v float64) bool { return v != float64(shape[0]/parts) })) {
		return fmt.Errorf("parts of %v channels are not supported, only equal ones", sizes.v)
	}
	for i, out := range n.Outputs {
		if c.uses[out] != 1 {
			return fmt.Errorf("its part %s is used %d times; a sum of all parts is supported", out, c.uses[out])
		}
		c.groups[out] = group{input: name, part: i, parts: parts, next: "Sum"}
		c.shapes[out] = []int{shape[0] / parts, shape[1], shape[2]}
	}
	return nil
}

// sum adds all parts of a Split.
func (c *cleaner) sum(n *onnx.Node) error {
	first, ok := c.groups[c.resolve(n.Inputs[0])]
	for i, in := range n.Inputs {
		if g := c.groups[c.resolve(in)]; !ok || g != (group{input: first.input, part: i, parts: len(n.Inputs), next: "Sum"}) {
			return errors.New("only all parts of a Split can be summed")
		}
	}
	c.emit("GroupSum", n.Outputs[0], c.shapes[c.resolve(n.Inputs[0])], []string{first.input}, onnx.IntAttribute("radix", int64(first.parts)))
	return nil
}

// waits checks that a node may read what waits for the rest of a pattern.
func (c *cleaner) waits(n *onnx.Node) error {
	for _, in := range n.Inputs {
		if g, ok := c.groups[c.resolve(in)]; ok && g.next != n.Op {
			return fmt.Errorf("it takes %s, groups of channels that only a %s may take here", in, g.next)
		}
	}
	return nil
}

// grouped takes the steps of a softmax over groups: a Reshape to cardinality,
// radix and rest, a Transpose, the Softmax and a Reshape back. It reports
// whether the node is one of them.
func (c *cleaner) grouped(n *onnx.Node) (bool, error) {
	name := c.resolve(n.Inputs[0])
	if g, ok := c.groups[name]; ok && g.radix > 0 {
		return true, c.groupedStep(n, name, g)
	}
	shape := c.shapes[name]
	if n.Op != "Reshape" || len(shape) != 3 || shape[1] != 1 || shape[2] != 1 {
		return false, nil
	}
	target, err := c.input(n, 1)
	if err != nil || target == nil || len(target.v) != 4 || target.v[0] != 0 || target.v[3] != -1 {
		return false, err
	}
	cardinality, radix := target.v[1], target.v[2]
	if !(cardinality >= 1 && radix >= 1 && cardinality*radix <= float64(shape[0])) || shape[0]%int(cardinality*radix) != 0 {
		return false, nil
	}
	out := n.Outputs[0]
	if c.uses[out] != 1 {
		return true, errors.New("its result is used more than once")
	}
	c.groups[out] = group{input: name, cardinality: int(cardinality), radix: int(radix), next: "Transpose"}
	c.shapes[out] = shape
	return true, nil
}

func (c *cleaner) groupedStep(n *onnx.Node, name string, g group) error {
	out, shape := n.Outputs[0], c.shapes[name]
	switch n.Op {
	case "Transpose":
		if a := n.Attribute("perm"); a == nil || !slices.Equal(a.Ints, []int64{0, 2, 1, 3}) {
			return errors.New("only cardinality and radix can change places")
		}
		g.next = "Softmax"
	case "Softmax":
		if a := n.Attribute("axis"); a == nil || a.Int != 1 {
			return errors.New("only over the radix, axis 1, can it be taken here")
		}
		g.next = "Reshape"
	case "Reshape":
		target, err := c.input(n, 1)
		if err != nil {
			return err
		}
		if target == nil || !slices.Equal(target.v, []float64{0, -1, 1, 1}) {
			return errors.New("only channels can be restored here")
		}
		c.emit("GroupSoftmax", out, shape, []string{g.input}, onnx.IntAttribute("radix", int64(g.radix)), onnx.IntAttribute("group", int64(g.cardinality)))
		return nil
	}
	if c.uses[out] != 1 {
		return errors.New("its result is used more than once")
	}
	c.groups[out], c.shapes[out] = g, shape
	return nil
}
