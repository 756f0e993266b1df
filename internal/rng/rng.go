// Package rng derives every random stream of a run from its seed and from
// what the stream is for.
//
// Data in: a seed and labels (purpose, epoch, image name, ...). Data out: a
// key, and from a key either a generator or numbers addressed by a counter.
//
// Invariants: a key depends on the seed and the labels alone, so a result
// never depends on the number of workers, on the order of work or on where a
// run was resumed. The mapping is part of the file format of a run: it must
// not change between versions.
//
// Determinism: counter-based numbers are the same for every cut of a range.
//
// References: splitmix64 (Steele, Lea, Flood 2014); Box and Muller (1958);
// PCG-DXSM as in math/rand/v2.
package rng

import (
	"math"
	"math/rand/v2"
	"reflect"
)

const golden = 0x9E3779B97F4A7C15

// mix is the output function of splitmix64.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Key folds the labels into the seed, in order. Labels are strings, int,
// int32, int64 or uint64; anything else is a programming error and panics.
func Key(seed uint64, labels ...any) uint64 {
	k := mix(seed + golden)
	for _, l := range labels {
		switch v := l.(type) {
		case string:
			k = mix(k ^ uint64(len(v))*golden)
			for i := 0; i < len(v); i++ {
				k = mix((k ^ uint64(v[i])) + golden)
			}
		case int:
			k = mix((k ^ uint64(v)) + golden)
		case int32:
			k = mix((k ^ uint64(v)) + golden)
		case int64:
			k = mix((k ^ uint64(v)) + golden)
		case uint64:
			k = mix((k ^ v) + golden)
		default:
			panic("rng: label of type " + reflect.TypeOf(l).String()) // lets no label escape: a key allocates nothing
		}
	}
	return k
}

// New returns a generator that starts at the key.
func New(key uint64) *rand.Rand {
	return rand.New(rand.NewPCG(key, mix(key+golden)))
}

// Uniform returns number i of the key's uniform stream, in [0, 1).
func Uniform(key, i uint64) float64 {
	return float64(mix(key+(i+1)*golden)>>11) / (1 << 53)
}

// Normal sets dst[j] to number start+j of the key's standard normal stream.
// Numbers 2i and 2i+1 are the two values of one Box-Muller pair.
func Normal(dst []float32, key, start uint64) {
	for j := 0; j < len(dst); {
		n := start + uint64(j)
		pair := n / 2
		u := 1 - Uniform(key, 2*pair) // (0, 1]: the logarithm is finite
		radius := math.Sqrt(-2 * math.Log(u))
		sin, cos := math.Sincos(2 * math.Pi * Uniform(key, 2*pair+1))
		if n%2 == 0 {
			dst[j] = float32(radius * cos)
			j++
			if j == len(dst) {
				return
			}
		}
		dst[j] = float32(radius * sin)
		j++
	}
}
