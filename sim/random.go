package sim

import (
	"math/rand/v2"

	"github.com/floormesh/floormesh/sim/engine"
)

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
	purposeClock
	purposeWire
	purposeFlow
	purposeFault
	purposePeers
	purposeGossip
)

// nobody is the node number of what belongs to the world as a whole.
const nobody = -1

// newStream returns the stream of a node for a purpose.
func newStream(seed uint64, node int, p purpose) *engine.Stream {
	s := engine.NewStream(seed, engine.Node(node), engine.Purpose(p))
	return &s
}

// newRand returns newStream wrapped for drawing integers.
func newRand(seed uint64, node int, p purpose) *rand.Rand {
	return rand.New(newStream(seed, node, p))
}
