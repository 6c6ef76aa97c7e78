package replica

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// Instant is a reading of the driver's monotonic clock, in nanoseconds. Only
// differences between Instants of one process mean anything.
type Instant int64

// Never is the wake of a replica that waits for nothing.
const Never Instant = 1<<63 - 1

// PeerID names a node by its key.
type PeerID = dag.PublicKey

// Ticket is the driver's name for a submission, given back with its answer.
type Ticket uint64

// Input is one thing that happened to a replica.
//
//sumtype:decl
type Input interface{ input() }

type (
	// Submitted carries verified records from this node's own devices.
	// Each is answered, some time later, by exactly one of Stored, Known or
	// Turned with its ticket.
	Submitted struct{ Records []Submission }

	// Received carries a message from a peer.
	Received struct {
		From    PeerID
		Message dag.Verified[message.Message]
	}

	// Connected reports that a direct connection to a node of the mesh stands.
	Connected struct{ Peer PeerID }

	// Disconnected reports that it does not any more.
	Disconnected struct{ Peer PeerID }

	// Loaded answers a Load: the batches found, from the own store. One that is missing is fetched from peers.
	Loaded struct{ Batches []*dag.Batch }

	// Persisted reports that every Persist up to Seq is durable.
	Persisted struct{ Seq uint64 }

	// Tick reports that the wake last returned has come.
	Tick struct{}
)

// Submission is one record to store.
type Submission struct {
	Ticket Ticket
	Record dag.Verified[*dag.Record]
	Class  dag.LaneNumber // lane class: dag.LaneReadings, …
}

func (Submitted) input()    {}
func (Received) input()     {}
func (Connected) input()    {}
func (Disconnected) input() {}
func (Loaded) input()       {}
func (Persisted) input()    {}
func (Tick) input()         {}
