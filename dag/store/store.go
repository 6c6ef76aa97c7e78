// Package store is what the state machine asks of a disk.
//
// Writes are values: the state machine returns a Write, its driver applies it
// and, before anything that follows leaves the node, syncs. Reads happen at
// start (Restore) or through the narrow reading methods.
//
// Memory keeps everything in maps, for the simulator and for tests; node/disk
// keeps it in Pebble. Every implementation passes dag/store/storetest.
package store

import (
	"errors"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
)

var (
	// ErrCorrupt says that the disk gave back something else than was written.
	ErrCorrupt = errors.New("store is corrupt")
	// ErrGap says that a Write's commits do not follow the last one stored. Nothing of it was applied.
	ErrGap = errors.New("commits are missing")
)

// Write is one atomic change. All of it becomes durable or nothing does; zero
// fields change nothing. Applying a Write twice is the same as once. What a
// Write points at belongs to the store once it is applied, and must not change any more.
type Write struct {
	Batches   []*dag.Batch            // accepted into their lanes, own and others'
	Blocks    []*dag.Block            // accepted into the DAG, own and others'
	Executed  []*Executed             // commits applied to the log, in order
	Certified []*checkpoint.Certified // checkpoints that reached a quorum
	State     []byte                  // executor state as of the last of Executed; replaces the one before
	Cosigned  uint64                  // log size this member has cosigned (highest), 0: unchanged
	Floor     dag.Round               // blocks at or below may go, 0: unchanged
	OwnLanes  dag.LaneNumber          // own lanes begin at this number (highest): those below may have been another life's. 0: unchanged
	Retired   string                  // why this member signs neither blocks nor cosignatures any more (the first reason stays), "": unchanged
	Diverged  string                  // why it signs no cosignatures any more (the first reason stays), "": unchanged
}

// Empty reports whether w changes nothing.
func (w *Write) Empty() bool {
	return len(w.Batches) == 0 && len(w.Blocks) == 0 && len(w.Executed) == 0 &&
		len(w.Certified) == 0 && w.State == nil && w.Cosigned == 0 && w.Floor == 0 &&
		w.OwnLanes == 0 && w.Retired == "" && w.Diverged == ""
}

// Executed is a commit and what execution made of it.
type Executed struct {
	Commit  *dag.Commit
	Outcome *dag.Outcome
	Records []Executable // every record of every batch of the cut, in execution order
	HasLeaf bool         // whether the commit's outcome is itself a leaf (after its records)
	Root    dag.Digest   // of the log after this commit
	Size    uint64       // of the log after this commit
}

// Executable is one record's fate.
type Executable struct {
	Lane      dag.LaneID
	Seq       dag.Seq
	Item      uint16 // position in its batch
	Fate      Fate
	Statement dag.Digest
	Record    dag.RecordID
	Leaf      dag.LeafIndex // if Accepted: its leaf. If Duplicate: the first one's leaf
}

// Fate says what execution did with a record.
type Fate uint8

// Fates.
const (
	Accepted  Fate = iota // it is in the log
	Duplicate             // its signed bytes are in the log already
	Refused               // its signer is not entitled
	Frozen                // its lane is frozen: its owner forked it
)

// Position is where a record stands.
type Position struct {
	Lane dag.LaneID
	Seq  dag.Seq
	Item uint16
}

// BatchMeta is a stored batch without its payload.
type BatchMeta struct {
	Lane    dag.LaneID
	Seq     dag.Seq
	ID      dag.BatchID
	Prev    dag.BatchID
	Bytes   int
	Records int
}

// Restored is everything a Replica needs to go on after a restart.
type Restored struct {
	State     []byte                // newest executor state, nil before the first
	Executed  []*Executed           // commits after that state, in order
	Recent    []dag.Digest          // statements of the last leaves (at most the number asked for) as of State, oldest first; commit leaves have the zero digest
	Blocks    []*dag.Block          // every block kept, ascending by (round, author, id)
	Batches   []BatchMeta           // every batch beyond the cut of the last executed commit, ascending by (lane, seq, id)
	LaneTips  []BatchMeta           // per lane of ours (the key asked for) the batch with the highest seq (if two, the lower id), final or not
	Certified *checkpoint.Certified // newest, nil if none
	Cosigned  uint64                // highest log size cosigned
	OwnLanes  dag.LaneNumber        // own lanes begin at this number
	Retired   string                // why this member signs neither blocks nor cosignatures, "" if it may
	Diverged  string                // why it signs no cosignatures, "" if it may
}

// Store is a durable home for one node's ledger. Apply and Sync are called by
// one goroutine; reads may come from others and see what was applied.
type Store interface {
	// Apply makes w visible to reads. It is durable only after Sync.
	// An error means nothing more can be stored; the caller stops.
	Apply(w *Write) error
	// Sync makes everything applied durable.
	Sync() error
	// Restore returns what a Replica of owner needs. recent is how many statements of the log's end to give.
	Restore(owner dag.PublicKey, recent uint64) (*Restored, error)

	Reader
}

// Reader serves peers and execution.
type Reader interface {
	// Batches returns those of the named batches that are stored, in the order asked.
	Batches(ids []dag.BatchID) ([]*dag.Batch, error)
	// Lane returns a lane's batches from a seq on, ascending, until maxBytes is
	// reached (at least one if there is one). Of a forked lane both branches come.
	Lane(lane dag.LaneID, from dag.Seq, maxBytes int) ([]*dag.Batch, error)
	// Blocks returns those of the named blocks that are stored, in the order asked.
	Blocks(refs []dag.BlockRef) ([]*dag.Block, error)
	// Commits returns consecutive executed commits after an index up to the
	// commit of a certified checkpoint, as far as maxBytes allows but at least
	// to the first such; nil, nil, nil if there is none.
	Commits(after dag.CommitIndex, maxBytes int) (*checkpoint.Certified, []*dag.Commit, error)
}
