// Package message defines everything one node says to another.
//
// A message is a small struct of decoded values; Encode and Decode give its
// bytes (see sync/PROTOCOL.md). Decoding checks form and bounds only. Signatures are checked
// by dag.Verify, which every message supports as a dag.Signed: what reaches the
// state machine is a dag.Verified[Message].
package message

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
)

// Message is one thing a peer says.
//
//sumtype:decl
type Message interface {
	dag.Signed
	message()
}

type (
	// Blocks carries blocks: fresh ones pushed to members, or an answer. At
	// most MaxBlocks, ascending by round.
	Blocks struct{ Blocks []*dag.Block }

	// Batches carries batches: fresh ones, or an answer, ascending by seq
	// within a lane. At most MaxBatchBytes of them.
	Batches struct{ Batches []*dag.Batch }

	// Cosign carries one member's cosignature of a checkpoint.
	Cosign struct{ Cosignature *checkpoint.Cosignature }

	// Tips says how far its sender is, so that the receiver pushes what is
	// missing and asks for what it misses itself.
	Tips struct {
		Highest     []dag.Round             // by author: highest round accepted, 0 none
		Newest      *dag.Block              // the sender's own newest block, nil if none
		Cosignature *checkpoint.Cosignature // the sender's own newest, nil if none
		Certified   *checkpoint.Certified   // newest certified checkpoint known, nil if none
		Lanes       []LaneTip               // held without gap up to here, in lane order
		Reply       bool                    // an answer to Tips; never answered itself
	}

	// WantBlocks asks for blocks by reference. At most MaxWants.
	WantBlocks struct{ Refs []dag.BlockRef }

	// WantBatches asks for batches by id, each with the lane and seq where it stands. At most MaxWants.
	WantBatches struct{ Refs []BatchRef }

	// WantLane asks for a lane's batches from a seq on, to at most MaxBytes.
	WantLane struct {
		Lane     dag.LaneID
		From     dag.Seq
		MaxBytes uint32
	}

	// WantCommits asks for the chain of executed commits after an index up to
	// a certified checkpoint.
	WantCommits struct{ After dag.CommitIndex }

	// Commits answers WantCommits: consecutive commits, the last of which is
	// the certified checkpoint's.
	Commits struct {
		Certified *checkpoint.Certified
		Commits   []*dag.Commit
	}
)

// LaneTip is a position in a lane.
type LaneTip struct {
	Lane  dag.LaneID
	Seq   dag.Seq
	Batch dag.BatchID
}

// BatchRef names a batch and where it stands.
type BatchRef struct {
	Lane dag.LaneID
	Seq  dag.Seq
	ID   dag.BatchID
}

func (*Blocks) message()      {}
func (*Batches) message()     {}
func (*Cosign) message()      {}
func (*Tips) message()        {}
func (*WantBlocks) message()  {}
func (*WantBatches) message() {}
func (*WantLane) message()    {}
func (*WantCommits) message() {}
func (*Commits) message()     {}
