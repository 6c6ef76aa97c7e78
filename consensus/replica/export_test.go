package replica

import (
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
)

// Sizes counts what peers could make grow.
type Sizes struct {
	Lanes, Held, Listed, Ahead   int
	Pending, ParkedBytes, Wanted int
	Cosignatures, Queue          int
	Payload, Unproven            int
}

// SizesOf lets tests look at what a Replica keeps.
func SizesOf(r *Replica) Sizes {
	s := Sizes{
		Lanes: len(r.laneBook.all), Held: r.laneBook.held.Len(), Listed: r.laneBook.listed,
		Pending: len(r.blocks.pending), Wanted: r.laneBook.missing.Len() + r.blocks.missing.Len(),
		Cosignatures: len(r.cosigns.recent.All()), Queue: len(r.ordering.queue),
		Payload: r.laneBook.payload, Unproven: len(r.laneBook.unproven),
	}
	for _, l := range r.laneBook.all {
		s.Ahead += len(l.ahead)
	}
	for _, bytes := range r.blocks.parked {
		s.ParkedBytes += bytes
	}
	return s
}

// RoundsOf returns the round of the next own block and the floor.
func RoundsOf(r *Replica) (next, floor dag.Round) { return r.pace.next, r.ordering.graph.Floor() }

// TimeoutOf returns the round timeout in force.
func TimeoutOf(r *Replica) time.Duration { return r.pace.timeout }

// Bounds that tests check against.
const (
	MaxParkedBytes    = maxParkedBytes
	MaxAheadBatches   = maxAheadBatches
	MaxCosignatures   = checkpoint.MaxPerAuthor
	MaxEchoes         = maxEchoes
	MaxAsked          = maxAsked
	PushBurstBytes    = pushBurstBytes
	PushBytesPerMilli = pushBytesPerMilli
)
