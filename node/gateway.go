package node

import (
	"context"
	"iter"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

// Gateway is what the doors to the outside (node/api, node/mqtt) use of a
// running node. *Node implements it. All methods may be called from any goroutine.
type Gateway interface {
	// Submit verifies COSE records and waits until each is durable, turned away, or ctx is done. One receipt per record, in order. class is a lane class (dag.LaneReadings, …).
	// It keeps the records' bytes, which must not change any more.
	Submit(ctx context.Context, class dag.LaneNumber, raw [][]byte) []Receipt
	// Attest signs SenML packs with this gateway's key and submits them.
	Attest(ctx context.Context, class dag.LaneNumber, packs []senml.Pack) []Receipt
	// Record finds a record by id: ErrNotFound.
	Record(id dag.RecordID) (*RecordView, error)
	// Records lists records: ErrQuery.
	Records(q Query) (*Page, error)
	// Proof cuts an offline proof: ErrNotFound, ErrNotCertified.
	Proof(id dag.RecordID) ([]byte, error)
	// Status reports how this gateway does.
	Status() Status
	// Events yields the log's leaves from an index on, and then each new one as it becomes final, until ctx is done or the consumer stops.
	// It yields them in runs, at least one and at most some hundreds at a time, which are valid until the next: what is at hand comes together.
	// An index beyond the log waits for it. An error is the last thing it yields.
	Events(ctx context.Context, from dag.LeafIndex) iter.Seq2[[]Event, error]
	// Checkpoint returns the newest certified checkpoint as a signed note: ErrNotCertified.
	Checkpoint() ([]byte, error)
	// Tile returns a C2SP tlog-tiles resource, by its path after "/tile/": ErrNotFound.
	Tile(path string) ([]byte, error)
}

var _ Gateway = (*Node)(nil)
