package main

import "fmt"

// network is a list of gates that write the smaller or the larger byte of two
// wires to a new wire. Gates that no output needs are left out.
type network struct {
	inputs int
	gates  []gate
}

type gate struct {
	largest bool
	a, b    int
}

func (n *network) gate(largest bool, a, b int) int {
	n.gates = append(n.gates, gate{largest, a, b})
	return n.inputs + len(n.gates) - 1
}

func (n *network) min(a, b int) int { return n.gate(false, a, b) }
func (n *network) max(a, b int) int { return n.gate(true, a, b) }

// sort returns the wires in order, of three or five.
func (n *network) sort(w []int) []int {
	w = append([]int(nil), w...)
	steps := [][2]int{{0, 2}, {0, 1}, {1, 2}}
	if len(w) == 5 {
		steps = [][2]int{{0, 3}, {1, 4}, {0, 2}, {1, 3}, {0, 1}, {2, 4}, {1, 2}, {3, 4}, {2, 3}}
	}
	for _, s := range steps {
		a, b := w[s[0]], w[s[1]]
		w[s[0]], w[s[1]] = n.min(a, b), n.max(a, b)
	}
	return w
}

// needed marks the wires that outputs depend on.
func (n *network) needed(outputs []int) []bool {
	need := make([]bool, n.inputs+len(n.gates))
	for _, w := range outputs {
		need[w] = true
	}
	for i := len(n.gates) - 1; i >= 0; i-- {
		if g := n.gates[i]; need[n.inputs+i] {
			need[g.a], need[g.b] = true, true
		}
	}
	return need
}

// emit writes the network; read gives an input where it is first needed.
func (n *network) emit(e *emitter, outputs []int, read func(i int) vec) []vec {
	need := n.needed(outputs)
	wires := make([]vec, len(need))
	wire := func(i int) vec {
		if wires[i] == nil {
			wires[i] = read(i)
		}
		return wires[i]
	}
	for i, g := range n.gates {
		if !need[n.inputs+i] {
			continue
		}
		a, b, v := wire(g.a), wire(g.b), e.vec()
		if g.largest {
			e.VPMAXUB(b, a, v)
		} else {
			e.VPMINUB(b, a, v)
		}
		wires[n.inputs+i] = v
	}
	found := make([]vec, len(outputs))
	for i, w := range outputs {
		found[i] = wires[w]
	}
	return found
}

// counted returns the wires lo, lo+1, ... of n.
func counted(lo, n int) []int {
	w := make([]int, n)
	for i := range w {
		w[i] = lo + i
	}
	return w
}

// median3 is the median of three sorted columns; wire 3*r+d is rank r of
// column d. What is neither the largest minimum, the middle median nor the
// smallest maximum has five others on one side.
func median3() (*network, int) {
	n := &network{inputs: 9}
	low := n.max(n.max(0, 1), 2)
	middle := n.sort([]int{3, 4, 5})[1]
	high := n.min(n.min(6, 7), 8)
	return n, n.sort([]int{low, middle, high})[1]
}

// median5 is the median of five sorted columns; wire 5*r+d is rank r of column
// d. With the ranks sorted too, thirteen candidates remain. The gates on them
// were found by a search over networks and hold for all 252 ways in which ones
// can fill a sorted 5 x 5 matrix of zeros.
func median5() (*network, int) {
	n := &network{inputs: 25}
	m := func(r int) []int { return n.sort(counted(5*r, 5)) }
	// Candidates are m0[3:5], m1[2:5], m2[1:4], m3[0:3] and m4[0:2].
	m0, m1 := n.largest2(counted(0, 5)), m(1)
	a := n.max(m0[0], m1[2])
	m3 := m(3)
	a = n.max(a, m3[1])
	b := n.min(m1[3], m3[2])
	m4 := n.smallest2(counted(20, 5))
	b = n.max(n.min(b, m4[1]), m3[0])
	m2 := m(2)
	c := n.max(m0[1], m2[1])
	d := n.min(n.min(m1[4], m2[3]), a)
	low, high := n.min(d, c), n.max(d, c)
	low = n.max(low, n.min(m2[2], m4[0]))
	high = n.min(high, n.max(m2[2], m4[0]))
	low, high = n.max(n.min(low, high), b), n.max(low, high)
	return n, n.min(low, high)
}

// largest2 returns the second largest and the largest of five wires.
func (n *network) largest2(w []int) []int {
	a, b, c, d := n.max(w[0], w[1]), n.min(w[0], w[1]), n.max(w[2], w[3]), n.min(w[2], w[3])
	first, second := n.max(a, c), n.max(n.min(a, c), n.max(b, d))
	return []int{n.max(second, n.min(first, w[4])), n.max(first, w[4])}
}

// smallest2 returns the smallest and the second smallest of five wires.
func (n *network) smallest2(w []int) []int {
	a, b, c, d := n.min(w[0], w[1]), n.max(w[0], w[1]), n.min(w[2], w[3]), n.max(w[2], w[3])
	first, second := n.min(a, c), n.min(n.max(a, c), n.min(b, d))
	return []int{n.min(first, w[4]), n.min(second, n.max(first, w[4]))}
}

func writeMedian(e *emitter) {
	for _, k := range []int{3, 5} {
		writeSortRows(e, k)
		writeMergeRanks(e, k)
	}
}

func writeSortRows(e *emitter, k int) {
	e.function(fmt.Sprintf("sortRows%d", k), "(ranks []uint8, stride int, rows *[5][]uint8)",
		fmt.Sprintf("what sortRowsRef(%d) does, of rows of at least a vector.", k))
	to, stride, array := e.base("ranks"), e.param("stride"), e.param("rows")
	n := e.GP64()
	e.MOVQ(mem{Base: array, Disp: 8}, n)
	from := e.slices(array, k)
	odd := e.odds(stride, k)
	e.overlapped(n, e.bytes(), func(i gp) {
		net := &network{inputs: k}
		out := net.emit(e, net.sort(counted(0, k)), func(r int) vec {
			return e.readBytes(mem{Base: from[r], Index: i, Scale: 1})
		})
		place := e.GP64()
		e.LEAQ(mem{Base: to, Index: i, Scale: 1}, place)
		for r, v := range out {
			e.writeBytes(v, e.row(place, stride, odd, r, 0))
		}
	})
	e.finish()
}

func writeMergeRanks(e *emitter, k int) {
	e.function(fmt.Sprintf("mergeRanks%d", k), "(dst, ranks []uint8, stride int)",
		fmt.Sprintf("what mergeRanksRef(%d) does, of rows of at least a vector.", k))
	to, n, from, stride := e.base("dst"), e.length("dst"), e.base("ranks"), e.param("stride")
	odd := e.odds(stride, k)
	net, middle := median3()
	if k == 5 {
		net, middle = median5()
	}
	e.overlapped(n, e.bytes(), func(i gp) {
		place := e.GP64()
		e.LEAQ(mem{Base: from, Index: i, Scale: 1}, place)
		out := net.emit(e, []int{middle}, func(w int) vec {
			return e.readBytes(e.row(place, stride, odd, w/k, 4*(w%k)))
		})
		e.writeBytes(out[0], mem{Base: to, Index: i, Scale: 1})
	})
	e.finish()
}
