package sim

import "math/rand/v2"

// purpose names what a stream of randomness is for. Each node has one stream
// per purpose, so that one more draw in one place moves no draw elsewhere:
// a plan with a fault taken out stays the same plan otherwise.
type purpose uint64

const (
	purposePlan purpose = iota + 1
	purposeKeys
	purposeLink
	purposeDisk
	purposeLoad
	purposeReplica
	purposeLiar
	purposeBoot
	purposeVerify
	purposeStorm
	purposeCPU
)

// nobody is the node number of what belongs to the world as a whole.
const nobody = -1

// stream is a source of randomness whose draw number i is a pure function of
// (seed, node, purpose, i). It implements rand.Source.
type stream struct{ key, counter uint64 }

// Uint64 returns the next draw.
func (s *stream) Uint64() uint64 {
	s.counter++
	return mix(s.key ^ mix(s.counter*golden))
}

// newStream returns the stream of a node for a purpose.
func newStream(seed uint64, node int, p purpose) *stream {
	return &stream{key: mix(mix(mix(seed+golden)^uint64(int64(node))) ^ uint64(p)*golden)}
}

// newRand returns newStream wrapped for drawing integers.
func newRand(seed uint64, node int, p purpose) *rand.Rand {
	return rand.New(newStream(seed, node, p))
}

// golden is 2⁶⁴ divided by the golden ratio, odd: the step of SplitMix64.
const golden = 0x9e3779b97f4a7c15

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable
// pseudorandom number generators", OOPSLA 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
