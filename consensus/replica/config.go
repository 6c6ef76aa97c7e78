package replica

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/execution"
	"github.com/floormesh/floormesh/dag"
)

// Reasons in Turned.
var (
	// ErrOverloaded says that too much waits to become durable or final here; try again later.
	ErrOverloaded = errors.New("too many records wait here")
	// ErrNotEntitled says that the record's signer may not write to this ledger.
	ErrNotEntitled = errors.New("signer is not entitled to write to this ledger")
)

// Config parameterizes a Replica.
type Config struct {
	// Founding is the mesh's genesis document. Replicas of one process may share it.
	Founding *consensus.Founding
	// NodeKey signs batches; its public half is this node's PeerID.
	NodeKey dag.PrivateKey
	// MemberKey signs blocks and cosignatures. Its public half is in the
	// genesis committee, or this node is no member and only follows.
	MemberKey dag.PrivateKey
	// History is what Replicas on this goroutine have executed, so that each need
	// not do it again; nil: this one is alone.
	History *execution.History
	// Rand is the replica's only source of randomness. Seeded by the driver.
	Rand *rand.Rand
	// Verifier checks the signatures that execution meets in evidence; nil means
	// Ed25519, which is right everywhere but in a simulated world.
	Verifier *dag.Verifier
	// Timing holds the durations; the zero value is replaced by DefaultTiming.
	Timing Timing
}

// Timing holds every duration of the protocol. None affects safety.
type Timing struct {
	RoundSpacing    time.Duration // least time between own blocks while cuts move
	RoundSpacingCap time.Duration // and at most, after doubling while none moves
	TimeoutFloor    time.Duration // least round timeout
	TimeoutCap      time.Duration // largest round timeout
	Resend          time.Duration // how often a waiting member says its tips
	BatchSpacing    time.Duration // least time between own batches of a lane
	FetchTimeout    time.Duration // until another peer is asked for the same thing
	Grace           time.Duration // how long a batch that others hold may still be on its way by itself
}

// DefaultTiming suits gateways on one LAN.
func DefaultTiming() Timing {
	return Timing{
		RoundSpacing:    1500 * time.Microsecond,
		RoundSpacingCap: time.Second,
		TimeoutFloor:    50 * time.Millisecond,
		TimeoutCap:      5 * time.Second,
		Resend:          time.Second,
		BatchSpacing:    time.Millisecond,
		FetchTimeout:    100 * time.Millisecond,
		Grace:           500 * time.Millisecond,
	}
}
