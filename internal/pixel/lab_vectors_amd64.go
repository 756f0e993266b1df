//go:build amd64 && !noasm

package pixel

// labVectors are Lab's tables as assembly has them. AVX2 gathers from the
// tables at its end. AVX-512 looks bytes up in registers and computes the two
// others: with j the argument plus 16, the polynomial in j of its quarter
// octave, bits(float32(j))>>21 mod 32, rounded.
// Offsets are known to the generator; the size is one for which Go's heap
// gives 64-byte lines.
type labVectors struct {
	gammaLow, gammaHigh [256]uint8
	root                [5][32]float32
	encode              [4][32]float32
	_                   [384]uint8 // to 2048

	gamma     [256]int32
	rootAll   [2048]float32
	encodeAll [4096]int32
}

var labTables = newLabVectors()

func newLabVectors() *labVectors {
	t := new(labVectors)
	for i, v := range labGamma {
		t.gamma[i], t.gammaLow[i], t.gammaHigh[i] = int32(v), uint8(v), uint8(v>>8)
	}
	for i, v := range labRoot {
		t.rootAll[i] = float32(v)
	}
	for i, v := range labEncode {
		t.encodeAll[i] = int32(v)
	}
	for segment := range 32 {
		for power := range t.root {
			t.root[power][segment] = labRootFit[segment][power]
		}
		for power := range t.encode {
			t.encode[power][segment] = labEncodeFit[segment][power]
		}
	}
	return t
}
