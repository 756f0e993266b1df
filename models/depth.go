package models

import (
	"strings"
	"unicode"
)

// Depths counts, for every trained parameter, how deep in the network it
// stands, in blocks, and returns how many depths there are. Learning rates
// that decay towards the input go by it (Clark et al. 2020, ELECTRA; timm's
// param_groups_layer_decay groups its networks alike):
//
//   - the deepest are the head's: parameters of layers that the pooled
//     features do not need, the classifier and the metadata network;
//   - a block is what shares a name up to its second number: blocks.1.0,
//     layer3.22, s4.b7, stages.2.blocks.5, features.denseblock1.denselayer3;
//   - what stands before the first block is the stem, depth 0; what stands
//     between or after blocks (conv_head, bn2) is of the block before it.
//
// Where names do not tell of two blocks, as in files whose names an exporter
// made, a depth ends where the picture gets smaller.
func (n *Net) Depths() (depths map[string]int, count int) {
	body := n.bodyParams()
	depths, count = depthsByName(body)
	if count < 3 {
		depths, count = n.depthsBySize(body)
	}
	for _, p := range n.Params {
		if _, ok := depths[p.Name]; !ok && p.Role.Trained() {
			depths[p.Name] = count
		}
	}
	return depths, count + 1
}

// bodyParams lists the trained parameters that the pooled features need.
func (n *Net) bodyParams() []string {
	needed := map[string]bool{n.Pooled: true}
	used := map[string]bool{}
	for i := len(n.Layers) - 1; i >= 0; i-- {
		l := &n.Layers[i]
		if !needed[l.Name] {
			continue
		}
		for _, in := range l.Inputs {
			needed[in] = true
		}
		for _, p := range l.Params {
			used[p] = true
		}
	}
	var names []string
	for _, p := range n.Params {
		if used[p.Name] && p.Role.Trained() {
			names = append(names, p.Name)
		}
	}
	return names
}

// depthsByName groups parameters by the blocks that their names tell of; the
// stem is depth 0 although it may be empty.
func depthsByName(names []string) (depths map[string]int, count int) {
	depths = map[string]int{}
	blocks := map[string]int{}
	last := 0
	for _, name := range names {
		if block := blockOf(name); block != "" {
			if _, seen := blocks[block]; !seen {
				blocks[block] = len(blocks) + 1
			}
			last = blocks[block]
		}
		depths[name] = last
	}
	return depths, len(blocks) + 1
}

// blockOf returns a name up to its second element that ends in a digit; "" if
// there is none, or if an element before it names a single layer.
func blockOf(name string) string {
	elements := strings.Split(name, ".")
	numbers := 0
	for i, e := range elements[:len(elements)-1] {
		word := strings.TrimRightFunc(e, unicode.IsDigit)
		switch word {
		case "conv", "bn", "norm", "stem", "downsample":
			return ""
		}
		if word != e {
			numbers++
		}
		if numbers == 2 {
			return strings.Join(elements[:i+1], ".")
		}
	}
	return ""
}

// depthsBySize groups parameters by the side of the picture that their layers
// make; gates of a single position are of the layer before them.
func (n *Net) depthsBySize(body []string) (depths map[string]int, count int) {
	depths = map[string]int{}
	shapes, err := n.shapes(n.InputSize)
	if err != nil { // no size to go by: all are one depth
		shapes = nil
	}
	inBody := map[string]bool{}
	for _, name := range body {
		inBody[name] = true
	}
	depth, side := 0, 0
	for _, l := range n.Layers {
		if len(l.Params) == 0 || !inBody[l.Params[0]] {
			continue
		}
		if s := shapes[l.Name]; len(s) == 4 && s[1] > 1 {
			if side > 0 && s[1] < side {
				depth++
			}
			side = s[1]
		}
		for _, p := range l.Params {
			if inBody[p] {
				depths[p] = depth
			}
		}
	}
	return depths, depth + 1
}
