package oracle

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// CPU says when a node's cores are done with their work. Work never starts
// before the work that was given earlier has a core: first come, first served.
// It is 64 bytes, a line of the cache: of thousands of nodes each does a little in turn.
type CPU struct {
	few   [4]replica.Instant // when each core has nothing more to do
	many  []replica.Instant  // the same, of more cores than that
	cores int                // that are few; 0: they are many
}

// NewCPU returns so many idle cores, at least one.
func NewCPU(cores int) *CPU { return &NewCPUs(1, cores)[0] }

// NewCPUs returns processors of so many idle cores each, at least one.
func NewCPUs(count, cores int) []CPU {
	cores = max(1, cores)
	all := make([]CPU, count)
	for i := range all {
		if c := &all[i]; cores <= len(c.few) {
			c.cores = cores
		} else {
			c.many = make([]replica.Instant, cores)
		}
	}
	return all
}

// free returns when each core has nothing more to do.
func (c *CPU) free() []replica.Instant {
	if c.cores == 0 {
		return c.many
	}
	return c.few[:c.cores]
}

// Rest drops all work.
func (c *CPU) Rest() { clear(c.free()) }

// Next returns when one of the cores has nothing more to do.
func (c *CPU) Next() replica.Instant { return c.free()[0] }

// Do gives work to the core that is free first and returns when it is done.
func (c *CPU) Do(now, work replica.Instant) (done replica.Instant) {
	free, first := c.free(), 0
	for i, at := range free {
		if at < free[first] {
			first = i
		}
	}
	free[first] = max(free[first], now) + work
	return free[first]
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
