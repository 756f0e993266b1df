package models

import "slices"

// toGroupSum finds the sum of all equal parts of an image's channels, in
// order.
func toGroupSum(s *simplifier, l *Layer) bool {
	if l.Op != OpAdd || len(l.Inputs) != 2 {
		return false
	}
	var parts []*Layer
	for sum := l; ; {
		last := s.of(sum.Inputs[1])
		if !isCut(last) || !s.single(last.Name) {
			return false
		}
		parts = append(parts, last)
		first := s.of(sum.Inputs[0])
		if isCut(first) && s.single(first.Name) {
			parts = append(parts, first)
			break
		}
		if first.Op != OpAdd || !s.single(first.Name) {
			return false
		}
		sum = first
	}
	slices.Reverse(parts)
	x, width := parts[0].Inputs[0], -parts[len(parts)-1].Before[3]/(len(parts)-1)
	for i, p := range parts {
		if p.Inputs[0] != x || p.Before[3] != -i*width || p.After[3] != -(len(parts)-1-i)*width {
			return false
		}
	}
	return l.become(Layer{Op: OpGroupSum, Radix: len(parts)}, x)
}

// isCut tells whether a layer takes some channels of an image.
func isCut(l *Layer) bool {
	return l.Op == OpPad && len(l.Before) == 4 && slices.Max(l.Before) == 0 && slices.Max(l.After) == 0 &&
		slices.Equal(l.Before[:3], []int{0, 0, 0}) && slices.Equal(l.After[:3], []int{0, 0, 0})
}

// toGroupSoftmax finds the softmax over the radix of split attention: channels
// become cardinality, radix and rest, and radix, cardinality and rest behind
// the softmax.
func toGroupSoftmax(s *simplifier, l *Layer) bool {
	if l.Op != OpReshape || len(l.Sizes) != 3 || l.Sizes[0] != 1 || l.Sizes[1] != 1 {
		return false
	}
	back := s.of(l.Inputs[0])
	if back.Op != OpPermute || !slices.Equal(back.Axes, []int{0, 3, 1, 2}) {
		return false
	}
	soft := s.of(back.Inputs[0])
	if soft.Op != OpSoftmax || soft.Function != "" {
		return false
	}
	turn := s.of(soft.Inputs[0])
	if turn.Op != OpPermute || !slices.Equal(turn.Axes, []int{0, 1, 3, 2}) {
		return false
	}
	groups := s.of(turn.Inputs[0])
	if groups.Op != OpReshape || len(groups.Sizes) != 3 || !s.single(back.Name) || !s.single(soft.Name) || !s.single(turn.Name) || !s.single(groups.Name) {
		return false
	}
	return l.become(Layer{Op: OpGroupSoftmax, Radix: groups.Sizes[1], Groups: groups.Sizes[0]}, groups.Inputs...)
}
