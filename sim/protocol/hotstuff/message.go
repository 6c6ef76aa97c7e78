package hotstuff

import (
	"encoding/binary"
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sync/message"
)

type (
	// Proposal is a leader's block. Last is there if the view before was left without one.
	Proposal struct {
		protocol.Foreign

		Block *Block
		Last  *TimeoutCertificate
	}

	// Vote goes to the leader of the next view, who makes a certificate of a quorum of them.
	Vote struct {
		protocol.Foreign
		Ballot // Word: the clock reading

		View  View
		Block dag.BlockID
	}

	// Timeout says to everybody that its author has waited for long enough. High or Last
	// justify that it is in View.
	Timeout struct {
		protocol.Foreign
		Ballot // Word: the view of High

		View View
		High *Certificate
		Last *TimeoutCertificate
	}

	// Status says how far its sender is, so that the receiver catches up or lets it.
	Status struct {
		protocol.Foreign

		High        *Certificate
		Last        *TimeoutCertificate
		Certified   *checkpoint.Certified
		Cosignature *checkpoint.Cosignature
		Batches     []message.BatchRef // own ones that no decided commit has, the first of them
		Reply       bool               // an answer to Status; never answered itself
	}

	// Want asks for a block and those that it extends, above a view.
	Want struct {
		protocol.Foreign

		Block dag.BlockID
		Above View
	}

	// Blocks answers Want: blocks that extend each other, the oldest first.
	Blocks struct {
		protocol.Foreign

		Blocks []*Block
	}
)

// Checks implements dag.Signed: the block, and the certificate of the view left.
func (m *Proposal) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	to, err := m.Block.Checks(d, to)
	if err != nil {
		return to, err
	}
	return m.Last.Checks(d, to)
}

// Checks implements dag.Signed: the vote.
func (m *Vote) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	return check(d, m.Author, voteMessage(d.Epoch, m.View, m.Block, m.Word), m.Signature, to)
}

// Checks implements dag.Signed: the timeout, and what justifies its view.
func (m *Timeout) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	if View(m.Word) != m.High.view() || max(m.High.view(), m.Last.view())+1 < m.View {
		return to, fmt.Errorf("%w: timeout of view %d, which nothing shows to have begun", dag.ErrRule, m.View)
	}
	to, err := check(d, m.Author, timeoutMessage(d.Epoch, m.View, View(m.Word)), m.Signature, to)
	if err != nil {
		return to, err
	}
	if to, err = m.High.Checks(d, to); err != nil {
		return to, err
	}
	return m.Last.Checks(d, to)
}

// Checks implements dag.Signed: every certificate.
func (m *Status) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	to, err := m.High.Checks(d, to)
	if err != nil {
		return to, err
	}
	if to, err = m.Last.Checks(d, to); err != nil {
		return to, err
	}
	if m.Cosignature != nil {
		if to, err = m.Cosignature.Checks(d, to); err != nil {
			return to, err
		}
	}
	if m.Certified != nil {
		return m.Certified.Checks(d, to)
	}
	return to, nil
}

// Checks implements dag.Signed; a request carries no signatures.
func (m *Want) Checks(_ *dag.Domain, to []dag.Check) ([]dag.Check, error) { return to, nil }

// Checks implements dag.Signed: every block.
func (m *Blocks) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	for _, b := range m.Blocks {
		var err error
		if to, err = b.Checks(d, to); err != nil {
			return to, err
		}
	}
	return to, nil
}

// encode returns what travels: a kind and fields, as messages of a real node have them.
func (m *Proposal) encode() []byte { return m.Last.appendTo(append([]byte{0x83, 0}, m.Block.raw...)) }

func (m *Vote) encode() []byte {
	to := dagcbor.AppendUint([]byte{0x84, 1}, uint64(m.View))
	return m.appendTo(dagcbor.AppendLink(to, m.Block))
}

func (m *Timeout) encode() []byte {
	to := dagcbor.AppendUint([]byte{0x85, 2}, uint64(m.View))
	return m.Last.appendTo(m.High.appendTo(m.appendTo(to)))
}

func (m *Status) encode() []byte {
	to := m.Last.appendTo(m.High.appendTo([]byte{0x87, 3}))
	reply := uint64(0)
	if m.Reply {
		reply = 1
	}
	to = dagcbor.AppendUint(to, reply)
	// The real tips say the same of certified checkpoints, cosignatures and batches.
	tips := &message.Tips{Cosignature: m.Cosignature, Certified: m.Certified}
	for _, r := range m.Batches {
		tips.Lanes = append(tips.Lanes, message.LaneTip{Lane: r.Lane, Seq: r.Seq, Batch: r.ID})
	}
	return append(to, message.Encode(nil, tips)...)
}

func (m *Want) encode() []byte {
	return dagcbor.AppendUint(dagcbor.AppendLink([]byte{0x83, 4}, m.Block), uint64(m.Above))
}

func (m *Blocks) encode() []byte {
	to := dagcbor.AppendArray([]byte{0x82, 5}, len(m.Blocks))
	for _, b := range m.Blocks {
		to = append(to, b.raw...)
	}
	return to
}

// Bytes implements protocol.Message.
func (m *Proposal) Bytes() int { return len(m.encode()) }

// Bytes implements protocol.Message.
func (m *Vote) Bytes() int { return len(m.encode()) }

// Bytes implements protocol.Message.
func (m *Timeout) Bytes() int { return len(m.encode()) }

// Bytes implements protocol.Message.
func (m *Status) Bytes() int { return len(m.encode()) }

// Bytes implements protocol.Message.
func (m *Want) Bytes() int { return len(m.encode()) }

// Bytes implements protocol.Message.
func (m *Blocks) Bytes() int { return len(m.encode()) }

// Sort implements protocol.Message.
func (m *Proposal) Sort() protocol.Sort { return protocol.Block }

// Sort implements protocol.Message.
func (m *Vote) Sort() protocol.Sort { return protocol.Vote }

// Sort implements protocol.Message.
func (m *Timeout) Sort() protocol.Sort { return protocol.Status }

// Sort implements protocol.Message.
func (m *Status) Sort() protocol.Sort { return protocol.Status }

// Sort implements protocol.Message.
func (m *Want) Sort() protocol.Sort { return protocol.Request }

// Sort implements protocol.Message.
func (m *Blocks) Sort() protocol.Sort { return protocol.Block }

// Digest implements protocol.Message.
func (m *Proposal) Digest() uint64 { return word(m.Block.id[:]) + uint64(m.Last.view()) }

// Digest implements protocol.Message.
func (m *Vote) Digest() uint64 { return word(m.Signature[:]) + uint64(m.View) }

// Digest implements protocol.Message.
func (m *Timeout) Digest() uint64 { return word(m.Signature[:]) + uint64(m.View) }

// Digest implements protocol.Message.
func (m *Status) Digest() uint64 {
	sum := uint64(m.High.view())<<32 + uint64(m.Last.view())
	for i := range m.Batches {
		sum += word(m.Batches[i].ID[:])
	}
	if m.Cosignature != nil {
		sum += word(m.Cosignature.Signature[:])
	}
	return sum
}

// Digest implements protocol.Message.
func (m *Want) Digest() uint64 { return word(m.Block[:]) + uint64(m.Above) }

// Digest implements protocol.Message.
func (m *Blocks) Digest() (sum uint64) {
	for _, b := range m.Blocks {
		sum += word(b.id[:])
	}
	return sum
}

// word returns the first eight bytes of what is random as a number.
func word(of []byte) uint64 { return binary.BigEndian.Uint64(of) }

// String implements protocol.Message.
func (m *Proposal) String() string {
	text := fmt.Sprintf("proposal v%d/a%d:%x on v%d", m.Block.View, m.Block.Author, m.Block.id[:4], m.Block.Justify.view())
	if m.Last != nil {
		text += fmt.Sprintf(" after a timeout of v%d", m.Last.View)
	}
	return text + fmt.Sprintf(", %d lanes", len(m.Block.Cut))
}

// String implements protocol.Message.
func (m *Vote) String() string { return fmt.Sprintf("vote v%d:%x", m.View, m.Block[:4]) }

// String implements protocol.Message.
func (m *Timeout) String() string {
	return fmt.Sprintf("timeout v%d, knows v%d", m.View, m.High.view())
}

// String implements protocol.Message.
func (m *Status) String() string {
	return fmt.Sprintf("status reply=%v v%d/v%d, %d batches", m.Reply, m.High.view(), m.Last.view(), len(m.Batches))
}

// String implements protocol.Message.
func (m *Want) String() string { return fmt.Sprintf("want block %x above v%d", m.Block[:4], m.Above) }

// String implements protocol.Message.
func (m *Blocks) String() string { return fmt.Sprintf("blocks %d", len(m.Blocks)) }

// Vertex implements protocol.Vertex.
func (m *Proposal) Vertex() (ref dag.BlockRef, parents []dag.BlockID) {
	if m.Block.Justify != nil {
		parents = []dag.BlockID{m.Block.Justify.Block}
	}
	return m.Block.Ref(), parents
}

// Promise implements protocol.Promise: a leader proposes once in a view.
func (m *Proposal) Promise() (by dag.Author, place protocol.Place, to dag.Digest) {
	return m.Block.Author, protocol.Place{Kind: protocol.Block, Round: m.Block.View}, dag.Digest(m.Block.id)
}

// Promise implements protocol.Promise: a member votes once in a view.
func (m *Vote) Promise() (by dag.Author, place protocol.Place, to dag.Digest) {
	return m.Author, protocol.Place{Kind: protocol.Vote, Round: m.View}, dag.Digest(m.Block)
}
