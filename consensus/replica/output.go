package replica

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// Output is one thing the driver must do, in order.
//
//sumtype:decl
type Output interface{ output() }

type (
	// Persist must be applied at once, and be durable before any later Output is
	// carried out that waits for it: see Waits.
	Persist struct {
		Seq    uint64
		Write  *store.Write
		Signed bool // Write holds something that this node signed
	}

	// Send asks for best-effort delivery to one peer.
	Send struct {
		To      PeerID
		Message message.Message
	}

	// Broadcast asks for best-effort delivery to every directly connected committee member.
	Broadcast struct{ Message message.Message }

	// Gossip asks for best-effort delivery to the whole mesh.
	Gossip struct{ Message message.Message }

	// Serve asks the driver to answer a peer's request from the store (see sync/serve).
	Serve struct {
		To      PeerID
		Request message.Message
	}

	// Load asks for batches from the own store, answered by Loaded.
	Load struct{ IDs []dag.BatchID }

	// Stored tells a submitter that its record is durable in a lane of this node.
	Stored struct {
		Ticket Ticket
		Record dag.RecordID
	}

	// Known tells a submitter that a record with the same signed bytes is here
	// already: First, or, if that is zero, the one at Leaf of the log.
	Known struct {
		Ticket Ticket
		First  dag.RecordID
		Leaf   dag.LeafIndex
	}

	// Turned tells a submitter why its record was not taken (ErrOverloaded, ErrNotEntitled).
	Turned struct {
		Ticket Ticket
		Reason error
	}

	// Replicated reports that f+1 members hold a lane up to Seq.
	Replicated struct {
		Lane dag.LaneID
		Seq  dag.Seq
	}

	// Final reports an executed commit; its Persist came before. After a crash
	// a commit may be executed, and reported, once more. Batches are those of its
	// cut, in execution order: a driver that tells people of their records has no
	// need to read them back.
	Final struct {
		Executed *store.Executed
		Batches  []*dag.Batch
	}

	// Certified reports a new newest certified checkpoint; its Persist came before.
	Certified struct{ Checkpoint *checkpoint.Certified }

	// Alarm reports something an operator must look at.
	Alarm struct {
		Kind   AlarmKind
		Detail string
	}

	// Curbed reports that a peer's tips were not answered: it had been sent its share.
	Curbed struct{ Peer PeerID }

	// Blame reports a peer that sent what can never be valid.
	Blame struct {
		Peer   PeerID
		Reason error
	}
)

// AlarmKind says what an Alarm is about.
type AlarmKind string

// Alarm kinds.
const (
	AlarmForkedLane   AlarmKind = "forked_lane"  // a node signed two batches with one seq
	AlarmEquivocation AlarmKind = "equivocation" // a member signed two blocks in one round
	AlarmDivergence   AlarmKind = "divergence"   // f+1 members cosigned another root than ours: we cosign no more
	AlarmRetired      AlarmKind = "retired"      // our key signed blocks that we do not remember: we sign no more
)

// Wait says which of the Persists before it an Output waits for.
type Wait uint8

const (
	// WaitNone is for what rests on nothing written: a request of the Replica to
	// its own driver, or a refusal.
	WaitNone Wait = iota
	// WaitSigned is for what is so for the whole mesh whatever this disk holds, if
	// what this node itself has signed for it cannot be lost: the last Persist
	// that is Signed.
	WaitSigned
	// WaitAll is for what binds this node: messages, and answers to submitters.
	WaitAll
)

// Waits says what an output waits for. Every block that a commit follows from
// is durable at its author, as far as it was sent, and every batch at f+1
// members who acked it. So a commit that is reported and then lost by one disk, or by
// the disks of the whole plant, is decided again, and is the same.
func Waits(o Output) Wait {
	switch o.(type) {
	case Send, Broadcast, Gossip, Serve, Stored, Known:
		return WaitAll
	case Replicated, Final, Certified:
		return WaitSigned
	case Persist, Load, Turned, Alarm, Curbed, Blame:
		return WaitNone
	}
	return WaitAll
}

func (Persist) output()    {}
func (Send) output()       {}
func (Broadcast) output()  {}
func (Gossip) output()     {}
func (Serve) output()      {}
func (Load) output()       {}
func (Stored) output()     {}
func (Known) output()      {}
func (Turned) output()     {}
func (Replicated) output() {}
func (Final) output()      {}
func (Certified) output()  {}
func (Alarm) output()      {}
func (Curbed) output()     {}
func (Blame) output()      {}
