package protocol

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// Machine is one node of a protocol. A *replica.Replica is one.
type Machine interface {
	// Step applies one input at time now and returns what the driver must do, in
	// order, and when the machine wants a Tick: the contract of replica.Replica.
	// The outputs are valid until the next call.
	Step(now replica.Instant, wall dag.UnixMilli, in replica.Input) (out []replica.Output, wake replica.Instant)
}

// Maker makes the machine of a node, at its first start and at every later one,
// of what its disk kept. kept is nil until a Persist with one was durable.
type Maker func(cfg replica.Config, from *store.Restored, kept Kept) (Machine, error)

// Kept is what a protocol keeps on disk beside the ledger, such as what it voted for.
// It is a value that does not change any more once it was put out.
type Kept interface {
	// Bytes returns how much is written: what is new since the one before.
	Bytes() int
}

// Persist is a replica.Persist with something beside. Kept replaces the one
// before and becomes durable with the write, both or neither.
type Persist struct {
	replica.Persist

	Kept Kept
}
