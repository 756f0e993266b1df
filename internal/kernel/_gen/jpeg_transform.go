package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
)

// Constants of the inverse cosine transform times 2^13; internal/jpeg has
// the same and their source.
const (
	c0_298 = 2446
	c0_390 = 3196
	c0_541 = 4433
	c0_765 = 6270
	c0_899 = 7373
	c1_175 = 9633
	c1_501 = 12299
	c1_847 = 15137
	c1_961 = 16069
	c2_053 = 16819
	c2_562 = 20995
	c3_072 = 25172
)

// writeJPEGTransform writes the inverse transform. A lane of 128 bits holds a
// row of one block, so that the same code serves two blocks and four.
func writeJPEGTransform(e *emitter) {
	e.function("transform", "(dst []uint8, stride int, coef []int16, quant *[64]int16, quads int)",
		"transformRef: rows of four blocks side by side, dequantised, inverse", "transformed (islow), plus 128, clipped to bytes.")
	t := &cosine{emitter: e, words: map[[2]int]op{}}
	dst, stride, coef, quads := e.base("dst"), e.param("stride"), e.base("coef"), e.param("quads")
	t.quant = e.param("quant")
	odd := e.odds(stride, 8)
	t.prepare()
	e.loop(quads, func() {
		for part := range 64 / e.bytes() {
			rows := t.columns(coef, part*e.bytes())
			rows = t.transposed(rows)
			t.store(t.inverse(rows, 18), func(r int) mem { return e.row(dst, stride, odd, r, part*16) })
		}
		e.ADDQ(operand.I32(512), coef)
		e.ADDQ(operand.I32(32), dst)
	})
	e.finish()
}

// cosine writes the parts of the transform.
type cosine struct {
	*emitter
	quant gp
	words map[[2]int]op // pairs of factors
	round map[int]op
	bias  op  // 128 in every byte
	order vec // wide: the even quadwords, then the odd ones
	park  mem // narrow: room for the even part
}

// prepare puts factors into memory: there are too few registers for them.
func (t *cosine) prepare() {
	for _, p := range [][2]int{
		{c0_541, c0_541 - c1_847}, {c0_541 + c0_765, c0_541},
		{c1_175 - c1_961, c1_175}, {c1_175, c1_175 - c0_390},
		{-c0_899, c1_501 - c0_899}, {c0_298 - c0_899, -c0_899},
		{-c2_562, c3_072 - c2_562}, {c2_053 - c2_562, -c2_562},
	} {
		a, b := uint16(p[0]), uint16(p[1])
		t.words[p] = t.data.octets(fmt.Sprintf("pair%04x%04x", a, b), 64, func(i int) uint8 {
			return []uint8{uint8(a), uint8(a >> 8), uint8(b), uint8(b >> 8)}[i%4]
		})
	}
	t.round = map[int]op{11: t.fixed(1 << 10), 18: t.fixed(1 << 17)}
	t.bias = t.fixed(0x80808080)
	if !t.wide {
		t.park = t.AllocLocal(8 * 32)
		return
	}
	t.order = t.ZMM()
	t.VMOVDQU64(t.data.octets("evenThenOdd", 64, func(i int) uint8 {
		if i%8 != 0 {
			return 0
		}
		return uint8(i/8*2%8 + i/32)
	}), t.order)
}

// octets is a read-only array of bytes by their index.
func (c *constants) octets(name string, n int, value func(i int) uint8) mem {
	b := make([]uint8, n)
	for i := range b {
		b[i] = value(i)
	}
	return c.bytes(name, b)
}

// columns loads, dequantises and transforms the columns of blocks.
func (t *cosine) columns(coef gp, disp int) [8]vec {
	var in [8]vec
	rest := t.vec()
	for r := range in {
		in[r] = t.readBytes(mem{Base: coef, Disp: r*64 + disp})
		switch r {
		case 0:
		case 1:
			t.move(in[r], rest)
		default:
			t.or(in[r], rest)
		}
		q := t.vec()
		if t.wide {
			t.VBROADCASTI32X4(mem{Base: t.quant, Disp: 16 * r}, q)
		} else {
			t.VBROADCASTI128(mem{Base: t.quant, Disp: 16 * r}, q)
		}
		t.VPMULLW(q, in[r], in[r])
	}
	flat := t.vec()
	t.VPSLLW(operand.U8(2), in[0], flat)
	if !t.wide { // parked with the mask until the rows are there
		return t.flattenNarrow(in, rest, flat)
	}
	half, k := t.vec(), t.K()
	t.VPSHUFD(operand.U8(0x4e), rest, half)
	t.or(half, rest)
	t.VPTESTNMQ(rest, rest, k)
	out := t.inverse(in, 11)
	for _, v := range out {
		t.VMOVDQA64(flat, k, v)
	}
	return out
}

func (t *cosine) flattenNarrow(in [8]vec, rest, flat vec) [8]vec {
	kept := t.AllocLocal(64)
	half, zero := t.vec(), t.vec()
	t.VPSHUFD(operand.U8(0x4e), rest, half)
	t.or(half, rest)
	t.zero(zero)
	t.VPCMPEQQ(zero, rest, rest)
	t.VMOVDQU(flat, kept)
	t.VMOVDQU(rest, kept.Offset(32))
	out := t.inverse(in, 11)
	mask := t.vec()
	t.VMOVDQU(kept.Offset(32), mask)
	for _, v := range out {
		t.VPBLENDVB(mask, kept, v, v)
	}
	return out
}

// inverse transforms eight vectors of words element by element.
func (t *cosine) inverse(x [8]vec, shift int) [8]vec {
	even := t.even(x, shift)
	odd := t.odd(x)
	var y [8]vec
	for i := range 4 {
		y[i], y[7-i] = t.vec(), t.vec()
		var sums, differences [2]vec
		for h := range 2 {
			sums[h], differences[h] = t.vec(), t.vec()
			e := even[2*i+h]
			if m, ok := e.(mem); ok {
				t.VMOVDQU(m, differences[h])
				t.VPADDD(m, odd[2*i+h], sums[h])
				t.VPSUBD(odd[2*i+h], differences[h], differences[h])
			} else {
				t.VPADDD(odd[2*i+h], e, sums[h])
				t.VPSUBD(odd[2*i+h], e, differences[h])
			}
			t.VPSRAD(operand.U8(shift), sums[h], sums[h])
			t.VPSRAD(operand.U8(shift), differences[h], differences[h])
		}
		t.VPACKSSDW(sums[1], sums[0], y[i])
		t.VPACKSSDW(differences[1], differences[0], y[7-i])
	}
	return y
}

// even computes the sums of the even inputs, low and high halves in turn.
func (t *cosine) even(x [8]vec, shift int) [8]op {
	twoSix := t.pairs(x[2], x[6])
	t2, t3 := t.times(twoSix, c0_541, c0_541-c1_847), t.times(twoSix, c0_541+c0_765, c0_541)
	sum, difference, zero := t.vec(), t.vec(), t.vec()
	t.VPADDW(x[4], x[0], sum)
	t.VPSUBW(x[4], x[0], difference)
	t.zero(zero)
	t0, t1 := t.pairs(zero, sum), t.pairs(zero, difference)
	var out [8]op
	for h := range 2 {
		for _, v := range []vec{t0[h], t1[h]} {
			t.VPSRAD(operand.U8(3), v, v)
			t.VPADDD(t.round[shift], v, v)
		}
		for i, p := range [4][2]vec{{t0[h], t3[h]}, {t1[h], t2[h]}, {t1[h], t2[h]}, {t0[h], t3[h]}} {
			v := t.vec()
			if i < 2 {
				t.VPADDD(p[1], p[0], v)
			} else {
				t.VPSUBD(p[1], p[0], v)
			}
			out[2*i+h] = v
			if !t.wide {
				m := t.park.Offset(32 * (2*i + h))
				t.VMOVDQU(v, m)
				out[2*i+h] = m
			}
		}
	}
	return out
}

// odd computes the sums of the odd inputs, low and high halves in turn.
func (t *cosine) odd(x [8]vec) [8]vec {
	z3, z4 := t.vec(), t.vec()
	t.VPADDW(x[3], x[7], z3)
	t.VPADDW(x[1], x[5], z4)
	z := t.pairs(z3, z4)
	a, b := t.times(z, c1_175-c1_961, c1_175), t.times(z, c1_175, c1_175-c0_390)
	sevenOne, fiveThree := t.pairs(x[7], x[1]), t.pairs(x[5], x[3])
	o := [4][2]vec{
		t.times(sevenOne, -c0_899, c1_501-c0_899),
		t.times(fiveThree, -c2_562, c3_072-c2_562),
		t.times(fiveThree, c2_053-c2_562, -c2_562),
		t.times(sevenOne, c0_298-c0_899, -c0_899),
	}
	var out [8]vec
	for i, more := range [4][2]vec{b, a, b, a} {
		for h := range 2 {
			t.VPADDD(more[h], o[i][h], o[i][h])
			out[2*i+h] = o[i][h]
		}
	}
	return out
}

// pairs interleaves words: those of the low halves of the lanes, then the high.
func (t *cosine) pairs(a, b vec) [2]vec {
	low, high := t.vec(), t.vec()
	t.VPUNPCKLWD(b, a, low)
	t.VPUNPCKHWD(b, a, high)
	return [2]vec{low, high}
}

// times multiplies pairs with two factors and adds.
func (t *cosine) times(p [2]vec, a, b int) [2]vec {
	low, high := t.vec(), t.vec()
	t.VPMADDWD(t.words[[2]int{a, b}], p[0], low)
	t.VPMADDWD(t.words[[2]int{a, b}], p[1], high)
	return [2]vec{low, high}
}

// transposed exchanges rows and columns of 8 x 8 words in each lane.
func (t *cosine) transposed(r [8]vec) [8]vec {
	stage := func(in [8]vec, a, b [4]int, low, high func(...op)) (out [8]vec) {
		for i := range 4 {
			out[2*i], out[2*i+1] = t.vec(), t.vec()
			low(in[b[i]], in[a[i]], out[2*i])
			high(in[b[i]], in[a[i]], out[2*i+1])
		}
		return out
	}
	r = stage(r, [4]int{0, 2, 4, 6}, [4]int{1, 3, 5, 7}, t.VPUNPCKLWD, t.VPUNPCKHWD)
	// 01l 01h 23l 23h 45l 45h 67l 67h
	r = stage(r, [4]int{0, 1, 4, 5}, [4]int{2, 3, 6, 7}, t.VPUNPCKLDQ, t.VPUNPCKHDQ)
	// rows 0-3 of columns 01 23 45 67, then rows 4-7
	return stage(r, [4]int{0, 1, 2, 3}, [4]int{4, 5, 6, 7}, t.VPUNPCKLQDQ, t.VPUNPCKHQDQ)
}

// store packs the words of eight columns to bytes and writes them in rows.
func (t *cosine) store(y [8]vec, place func(row int) mem) {
	join := func(f func(...op), a, b vec) vec {
		v := t.vec()
		f(b, a, v)
		return v
	}
	var p, q, r [4]vec
	for i, c := range [4][2]int{{0, 2}, {1, 3}, {4, 6}, {5, 7}} {
		p[i] = join(t.VPACKSSWB, y[c[0]], y[c[1]])
	}
	for i := range 2 {
		q[2*i], q[2*i+1] = join(t.VPUNPCKLBW, p[2*i], p[2*i+1]), join(t.VPUNPCKHBW, p[2*i], p[2*i+1])
	}
	for i := range 2 {
		r[i], r[2+i] = join(t.VPUNPCKLWD, q[2*i], q[2*i+1]), join(t.VPUNPCKHWD, q[2*i], q[2*i+1])
	}
	for i, s := range [4]vec{
		join(t.VPUNPCKLDQ, r[0], r[1]), join(t.VPUNPCKHDQ, r[0], r[1]),
		join(t.VPUNPCKLDQ, r[2], r[3]), join(t.VPUNPCKHDQ, r[2], r[3]),
	} {
		t.VPADDB(t.bias, s, s)
		if t.wide {
			t.VPERMQ(s, t.order, s)
			t.VMOVDQU(s.AsY(), place(2*i))
			t.VEXTRACTI64X4(operand.U8(1), s, place(2*i+1))
		} else {
			t.VPERMQ(operand.U8(0xd8), s, s)
			t.VMOVDQU(s.AsX(), place(2*i))
			t.VEXTRACTI128(operand.U8(1), s, place(2*i+1))
		}
	}
}
