package node

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/node/disk"
)

// ledger is what a node asks of its disk: disk.Store in a node. Reads may come
// from any goroutine and show what was applied, durable or not.
type ledger interface {
	store.Store
	merkle.TileSource

	Record(id dag.RecordID) (*disk.Entry, error)
	Records(q disk.Query) (page []*disk.Entry, next string, err error)
	Leaves(from dag.LeafIndex, limit int) ([]disk.Leaf, error)
	Entries(index uint64, width int) ([]byte, error)
	InclusionProof(index dag.LeafIndex, size uint64) ([]dag.Digest, error)
	Counts() disk.Counts
	// DeviceOf names the device that a record is of.
	DeviceOf(r *dag.Record) string
	// Failed is closed when nothing can be written any more, and Err says why.
	Failed() <-chan struct{}
	Err() error
	Close() error
}

var _ ledger = (*disk.Store)(nil)
