package engine

import "math/bits"

// Purpose names what a stream of randomness is for. Each node has one stream per
// purpose, so that one more draw in one place moves no draw elsewhere.
type Purpose uint64

// Stream is a source of randomness whose draw number i is a pure function of
// (seed, node, purpose, i). It is 16 bytes: copy it to look ahead. It implements
// rand.Source of math/rand/v2.
type Stream struct{ key, counter uint64 }

// NewStream returns the stream of a node, or of [Nobody], for a purpose.
func NewStream(seed uint64, node Node, p Purpose) Stream {
	return Stream{key: Mix(Mix(Mix(seed+golden)^uint64(int64(node))) ^ uint64(p)*golden)}
}

// Uint64 returns the next draw.
func (s *Stream) Uint64() uint64 {
	s.counter++
	return Mix(s.key ^ Mix(s.counter*golden))
}

// Jump makes n the number of draws taken so far: each life of a node may have its
// own stretch of a stream.
func (s *Stream) Jump(n uint64) { s.counter = n }

// Below returns a uniform draw from 0 to n-1; n must not be 0. It takes one draw,
// rarely more (Lemire: "Fast random integer generation in an interval", 2019).
func (s *Stream) Below(n uint64) uint64 {
	hi, lo := bits.Mul64(s.Uint64(), n)
	if lo < n {
		for least := -n % n; lo < least; {
			hi, lo = bits.Mul64(s.Uint64(), n)
		}
	}
	return hi
}

// Chance reports true in parts out of a million draws.
func (s *Stream) Chance(parts uint32) bool {
	hi, _ := bits.Mul64(s.Uint64(), 1_000_000)
	return hi < uint64(parts)
}

// golden is 2⁶⁴ divided by the golden ratio, odd: the step of SplitMix64.
const golden = 0x9e3779b97f4a7c15

// Mix is the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable
// pseudorandom number generators", OOPSLA 2014).
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
