package models

import (
	"fmt"
	"slices"
)

// place says where the network has a value of the file: a layer, the value's
// shape in ONNX's order, and for each axis of the layer's array which of those
// it is. Images are [N,C,H,W] in the file and [N,H,W,C] in memory, axes
// 0,2,3,1; a Transpose of the file only changes axes.
type place struct {
	layer string
	shape []int
	axes  []int
}

// stored is the shape of the layer's array.
func (p place) stored() []int {
	s := make([]int, len(p.axes))
	for i, a := range p.axes {
		s[i] = p.shape[a]
	}
	return s
}

// at returns which axis of the layer's array is the file's axis a.
func (p place) at(a int) int { return slices.Index(p.axes, a) }

// inOrder is the file's own order.
func inOrder(rank int) []int {
	axes := make([]int, rank)
	for i := range axes {
		axes[i] = i
	}
	return axes
}

// channelsLast is the order of an image: axis 1 behind all others.
func channelsLast(rank int) []int {
	if rank < 3 {
		return inOrder(rank)
	}
	return append(append([]int{0}, inOrder(rank)[2:]...), 1)
}

// axisLast moves one axis behind the others.
func axisLast(axes []int, axis int) []int {
	out := slices.DeleteFunc(slices.Clone(axes), func(a int) bool { return a == axis })
	return append(out, axis)
}

// in returns the value with its axes in the given order, by a layer that
// moves its elements where that is needed.
func (im *importer) in(p place, axes []int) place {
	if slices.Equal(p.axes, axes) {
		return p
	}
	to := place{shape: p.shape, axes: axes}
	key := fmt.Sprint(p.layer, p.axes, axes)
	if name, ok := im.turned[key]; ok {
		to.layer = name
		return to
	}
	l := Layer{Inputs: []string{p.layer}}
	if slices.Equal(p.long(), to.long()) {
		l.Name, l.Op, l.Sizes = im.fresh(p.layer+"/view"), OpReshape, to.stored()[1:]
	} else {
		l.Name, l.Op = im.fresh(p.layer+"/turned"), OpPermute
		for _, a := range axes {
			l.Axes = append(l.Axes, p.at(a))
		}
	}
	to.layer = im.emit(l)
	im.turned[key] = to.layer
	return to
}

// long lists the stored axes that are longer than 1.
func (p place) long() []int {
	return slices.DeleteFunc(slices.Clone(p.axes), func(a int) bool { return p.shape[a] == 1 })
}

// reshape returns the value in another shape of as many elements. Elements
// stay where they are if every group of axes that goes over into other ones is
// stored in the file's order; otherwise all are brought into it first.
func (im *importer) reshape(p place, shape []int, name string) place {
	if slices.Equal(shape, p.shape) {
		return p
	}
	axes, ok := regroup(p, shape)
	if !ok {
		p = im.in(p, inOrder(len(p.shape)))
		axes, _ = regroup(p, shape)
	}
	to := place{layer: p.layer, shape: shape, axes: axes}
	if !slices.Equal(to.stored(), p.stored()) {
		l := Layer{Name: name, Op: OpReshape, Inputs: []string{p.layer}, Sizes: to.stored()[1:]}
		if s := p.stored(); len(s) == 4 && len(shape) == 2 && s[1] == 1 && s[2] == 1 && s[0] == shape[0] && axes[0] == 0 {
			l.Op, l.Sizes = OpFlatten, nil
		}
		to.layer = im.emit(l)
	}
	return to
}

// regroup returns the axes of another shape in the order in which the elements
// lie, false if no order fits.
func regroup(p place, shape []int) ([]int, bool) {
	long := p.long()
	rank := map[int]int{} // of a long axis of p, in the file's order: its group
	groups := [][]int{}   // axes of the new shape
	i, j := 0, 0
	for {
		for i < len(p.shape) && p.shape[i] == 1 {
			i++
		}
		for j < len(shape) && shape[j] == 1 {
			j++
		}
		if i == len(p.shape) || j == len(shape) {
			break
		}
		group := len(groups)
		have, want := p.shape[i], shape[j]
		rank[i] = group
		to := []int{j}
		i, j = i+1, j+1
		for have != want {
			if have < want {
				if p.shape[i] > 1 {
					rank[i] = group
				}
				have *= p.shape[i]
				i++
			} else {
				if shape[j] > 1 {
					to = append(to, j)
				}
				want *= shape[j]
				j++
			}
		}
		groups = append(groups, to)
	}
	var axes []int
	for k := 0; k < len(long); {
		group, first := rank[long[k]], k
		for k < len(long) && rank[long[k]] == group {
			if k > first && long[k] < long[k-1] {
				return nil, false
			}
			k++
		}
		for l := k; l < len(long); l++ {
			if rank[long[l]] == group {
				return nil, false // the rest of it lies elsewhere
			}
		}
		axes = append(axes, groups[group]...)
	}
	return withShort(axes, shape), true
}

// withShort adds the axes of length 1: in order if the others are, unless it is
// an image of one position; else those of an image where channels lie last, else
// each behind the one before it.
func withShort(long, shape []int) []int {
	pixel := len(shape) == 4 && shape[2] == 1 && shape[3] == 1
	if slices.IsSorted(long) && !pixel {
		return inOrder(len(shape))
	}
	last := channelsLast(len(shape))
	if kept := slices.DeleteFunc(slices.Clone(last), func(a int) bool { return shape[a] == 1 }); slices.Equal(kept, long) {
		return last
	}
	axes := slices.Clone(long)
	for a, d := range shape {
		if d == 1 {
			axes = slices.Insert(axes, slices.Index(axes, a-1)+1, a)
		}
	}
	return axes
}
