package oracle

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// CPU says when a node's cores are done with their work. Work never starts
// before the work that was given earlier has a core: first come, first served.
type CPU struct {
	free []replica.Instant // when each core has nothing more to do
}

// NewCPU returns so many idle cores, at least one.
func NewCPU(cores int) *CPU { return &CPU{make([]replica.Instant, max(1, cores))} }

// NewCPUs returns processors of so many idle cores, which lie together in memory: of
// thousands of nodes each does a little in turn.
func NewCPUs(count, cores int) []CPU {
	cores = max(1, cores)
	all, free := make([]CPU, count), make([]replica.Instant, count*cores)
	for i := range all {
		all[i].free = free[i*cores : (i+1)*cores : (i+1)*cores]
	}
	return all
}

// Rest drops all work.
func (c *CPU) Rest() { clear(c.free) }

// Do gives work to the core that is free first and returns when it is done.
func (c *CPU) Do(now, work replica.Instant) (done replica.Instant) {
	first := 0
	for i, at := range c.free {
		if at < c.free[first] {
			first = i
		}
	}
	c.free[first] = max(c.free[first], now) + work
	return c.free[first]
}

// Meter counts what keys sign.
type Meter struct{ count int }

// Key returns a key that signs like another and is counted.
func (m *Meter) Key(key dag.PrivateKey) dag.PrivateKey {
	return dag.NewSimulatedKey(key.Public(), &metered{key, m})
}

// Take returns how many signatures were made since it was last called.
func (m *Meter) Take() int {
	n := m.count
	m.count = 0
	return n
}

// metered is a key that a meter counts. It is for one goroutine.
type metered struct {
	key   dag.PrivateKey
	meter *Meter
}

// Sign implements dag.Signer.
func (k *metered) Sign(message []byte) dag.Signature {
	k.meter.count++
	return k.key.Sign(message)
}
