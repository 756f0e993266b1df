package main

import (
	"fmt"
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

type (
	vec = reg.VecVirtual
	gp  = reg.GPVirtual
	mem = operand.Mem
	op  = operand.Op
)

// emitter writes instructions for one vector width. While masked is set,
// loads and stores touch only the lanes that setMask chose; lanes not loaded
// are zero.
type emitter struct {
	*build.Context
	wide   bool // AVX-512, else AVX2 with FMA
	data   *constants
	masked bool
	kmask  reg.OpmaskVirtual // wide
	ymask  vec               // narrow
	labels int
}

// lanes is the number of float32 in a vector.
func (e *emitter) lanes() int {
	if e.wide {
		return 16
	}
	return 8
}

// bytes is the size of a vector.
func (e *emitter) bytes() int { return 4 * e.lanes() }

// function starts a function whose name gets the path's suffix.
func (e *emitter) function(name, signature string, doc ...string) {
	e.Function(name + e.suffix())
	e.SignatureExpr("func" + signature)
	e.Pragma("noescape")
	e.Doc(append([]string{name + e.suffix() + " computes"}, doc...)...)
	e.labels = 0
}

func (e *emitter) suffix() string {
	if e.wide {
		return "AVX512"
	}
	return "AVX2"
}

// finish ends a function.
func (e *emitter) finish() {
	e.VZEROUPPER()
	e.RET()
}

// label returns a name that is unused in this function.
func (e *emitter) label(name string) string {
	e.labels++
	return fmt.Sprintf("%s%d", name, e.labels)
}

func (e *emitter) vec() vec {
	if e.wide {
		return e.ZMM()
	}
	return e.YMM()
}

func (e *emitter) vecs(n int) []vec {
	v := make([]vec, n)
	for i := range v {
		v[i] = e.vec()
	}
	return v
}

// param loads a parameter into a new general register.
func (e *emitter) param(name string) gp {
	r := e.GP64()
	e.Load(e.Param(name), r)
	return r
}

// base loads a slice's address, length its length.
func (e *emitter) base(name string) gp {
	r := e.GP64()
	e.Load(e.Param(name).Base(), r)
	return r
}

func (e *emitter) length(name string) gp {
	r := e.GP64()
	e.Load(e.Param(name).Len(), r)
	return r
}

// frame is a parameter's place on the stack.
func (e *emitter) frame(name string) mem {
	b, err := e.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

func (e *emitter) zero(v vec) {
	if e.wide {
		e.VPXORD(v, v, v)
		return
	}
	e.VXORPS(v, v, v)
}

// setMask chooses the first n lanes, 0 <= n < 32 (all where n >= lanes).
func (e *emitter) setMask(n gp) {
	if e.wide {
		e.kmask = e.laneMask(n)
		return
	}
	e.ymask = e.vec()
	e.MOVQ(n, e.ymask.AsX())
	e.VPBROADCASTD(e.ymask.AsX(), e.ymask)
	e.VPCMPGTD(e.data.iota(), e.ymask, e.ymask)
}

// laneMask returns the mask of the first n lanes (wide).
func (e *emitter) laneMask(n gp) reg.OpmaskVirtual {
	k, ones := e.K(), e.GP64()
	e.MOVQ(operand.I32(-1), ones)
	e.BZHIQ(n, ones, ones)
	e.KMOVW(ones.As32(), k)
	return k
}

func (e *emitter) load(m mem, v vec) {
	switch {
	case !e.masked:
		e.VMOVUPS(m, v)
	case e.wide:
		e.VMOVUPS_Z(m, e.kmask, v)
	default:
		e.VMASKMOVPS(m, e.ymask, v)
	}
}

func (e *emitter) store(v vec, m mem) {
	switch {
	case !e.masked:
		e.VMOVUPS(v, m)
	case e.wide:
		e.VMOVUPS(v, e.kmask, m)
	default:
		e.VMASKMOVPS(v, e.ymask, m)
	}
}

// loaded returns a new register with the vector at m.
func (e *emitter) loaded(m mem) vec {
	v := e.vec()
	e.load(m, v)
	return v
}

// fmaMem adds a times the vector at m to acc.
func (e *emitter) fmaMem(m mem, a, acc vec) {
	switch {
	case !e.masked:
		e.VFMADD231PS(m, a, acc)
	case e.wide:
		e.VFMADD231PS(m, a, e.kmask, acc)
	default:
		e.VFMADD231PS(e.loaded(m), a, acc)
	}
}

// at is the vector number i from an address.
func (e *emitter) at(base gp, i int) mem { return mem{Base: base, Disp: i * e.bytes()} }

// indexed is the same at base + index*scale.
func (e *emitter) indexed(base, index gp, scale uint8, i int) mem {
	return mem{Base: base, Index: index, Scale: scale, Disp: i * e.bytes()}
}

// row addresses row r < 8 of a matrix through its stride and the odd
// multiples of it in odd (entries 3, 5, 7 as far as used).
func (e *emitter) row(base, stride gp, odd map[int]gp, r, disp int) mem {
	m := mem{Base: base, Disp: disp}
	switch r {
	case 0:
	case 1, 2, 4:
		m.Index, m.Scale = stride, uint8(r)
	case 3, 5, 7:
		m.Index, m.Scale = odd[r], 1
	case 6:
		m.Index, m.Scale = odd[3], 2
	default:
		panic("row out of reach")
	}
	return m
}

// odds computes the multiples of a stride that row needs below rows.
func (e *emitter) odds(stride gp, rows int) map[int]gp {
	odd := map[int]gp{}
	times := func(n int, scale uint8, from gp) {
		r := e.GP64()
		e.LEAQ(mem{Base: from, Index: stride, Scale: scale}, r)
		odd[n] = r
	}
	if rows > 3 {
		times(3, 2, stride)
	}
	if rows > 5 {
		times(5, 4, stride)
	}
	if rows > 7 {
		times(7, 4, odd[3])
	}
	return odd
}

// stages runs body over a channel count in remaining: first as often as a
// block of counts[0] vectors fits, then counts[1] and so on (the last is 1),
// at the end once with the remaining lanes masked. body must leave remaining
// alone.
func (e *emitter) stages(remaining gp, counts []int, body func(vectors int)) {
	done := e.label("done")
	for _, n := range counts {
		loop, next := e.label("block"), e.label("smaller")
		e.Label(loop)
		e.CMPQ(remaining, operand.I32(n*e.lanes()))
		e.JLT(operand.LabelRef(next))
		body(n)
		e.SUBQ(operand.I32(n*e.lanes()), remaining)
		e.JMP(operand.LabelRef(loop))
		e.Label(next)
	}
	e.TESTQ(remaining, remaining)
	e.JZ(operand.LabelRef(done))
	e.setMask(remaining)
	e.masked = true
	body(1)
	e.masked = false
	e.Label(done)
}

// loop repeats body while it counts a positive number down to zero.
func (e *emitter) loop(count gp, body func()) {
	top := e.label("loop")
	e.Label(top)
	body()
	e.DECQ(count)
	e.JNZ(operand.LabelRef(top))
}

// checkRegisters refuses AVX2 code that needs registers of AVX-512, which
// the allocator would hand out once the first sixteen are in use.
func checkRegisters(file *ir.File) error {
	for _, f := range file.Functions() {
		if !strings.HasSuffix(f.Name, "AVX2") {
			continue
		}
		for _, i := range f.Instructions() {
			for _, r := range append(i.InputRegisters(), i.OutputRegisters()...) {
				p, ok := r.(reg.Physical)
				if ok && (r.Kind() == reg.KindOpmask || r.Kind() == reg.KindVector && p.PhysicalIndex() > 15) {
					return fmt.Errorf("%s uses %v", f.Name, r)
				}
			}
		}
	}
	return nil
}
