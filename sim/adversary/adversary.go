// Package adversary holds what lying members do: one attack per file, told in
// its comment.
//
// An adversary sits between an honest Replica and the network. It sees what the
// Replica hears and may keep it from hearing, sees what the Replica says and may
// say something else, to each peer something else, and speaks of its own accord.
// It holds the node's keys, and nobody else's.
//
// # Design
//
// An attack as a change to an honest node is a few lines long, stays in step
// with the protocol, and is hard to tell from an honest node, which is what
// makes it dangerous. Nothing here knows the simulator, so that an adversary
// can be run against real nodes too.
package adversary

import (
	"fmt"
	"math/rand/v2"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// Everyone as a receiver means every other node.
const Everyone = -1

// Self is what an adversary has.
type Self struct {
	Seat      int // its place among the gateways, which is its author number if it is a member
	Nodes     int // gateways, the committee first
	Members   int // of the committee
	Mesh      dag.MeshID
	Domain    *dag.Domain
	Genesis   *dag.Genesis
	Verifier  *dag.Verifier
	Gateways  []dag.Gateway
	NodeKey   dag.PrivateKey
	MemberKey dag.PrivateKey
	Device    dag.PrivateKey // of a device that it owns
	Rand      *rand.Rand
	Masks     []uint64  // see scripted
	Settings  *Settings // nil: it chooses for itself
}

// Speech is a message about to leave. Exactly one of Message and Raw is set.
type Speech struct {
	To      int // a node, or Everyone
	Gossip  bool
	Message message.Message
	Raw     []byte // sent as they are
}

// Adversary is one lying node.
type Adversary interface {
	// Hear reports whether its Replica gets to know a message.
	Hear(now replica.Instant, from int, m message.Message) bool
	// Say returns what leaves in place of what its Replica says.
	Say(now replica.Instant, s Speech) []Speech
	// Act returns what it says of its own accord; it is asked every few milliseconds.
	Act(now replica.Instant) []Speech
	// Due returns when it is to be asked at the latest, replica.Never if it is in no
	// hurry. It may change with whatever it is told.
	Due() replica.Instant
	// Wall returns the clock reading its Replica gets in place of the true one.
	Wall(now replica.Instant, wall dag.UnixMilli) dag.UnixMilli
}

// Kinds returns the names of all attacks that need no script.
func Kinds() []string {
	return []string{
		"silent", "blocks", "lanes", "withhold", "acks", "rounds", "clock", "garbage",
		"vote-withhold", "leader-late", "selective", "few-parents", "censor", "skew", "sync-flood", "eclipse", "twins",
	}
}

// New returns an adversary of a kind.
func New(kind string, self Self) (Adversary, error) {
	switch kind {
	case "silent":
		return newSilent(self), nil
	case "blocks":
		return newBlocks(self), nil
	case "lanes":
		return newLanes(self), nil
	case "withhold":
		return newWithhold(self), nil
	case "acks":
		return newAcks(self), nil
	case "rounds":
		return newRounds(self), nil
	case "clock":
		return newClock(self), nil
	case "garbage":
		return newGarbage(self), nil
	case "vote-withhold":
		return newVoteWithhold(self), nil
	case "leader-late":
		return newLeaderLate(self), nil
	case "selective":
		return newSelective(self), nil
	case "few-parents":
		return newFewParents(self), nil
	case "censor":
		return newCensor(self), nil
	case "skew":
		return newSkew(self), nil
	case "sync-flood":
		return newSyncFlood(self), nil
	case "eclipse":
		return newEclipse(self), nil
	case "twins":
		return newTwins(self)
	case Scripted:
		return newScripted(self), nil
	default:
		return nil, fmt.Errorf("no adversary is called %q; there are %v", kind, Kinds())
	}
}

// faithful does what an honest node does. Attacks embed it and change a part.
type faithful struct{}

// Hear implements Adversary.
func (faithful) Hear(replica.Instant, int, message.Message) bool { return true }

// Say implements Adversary.
func (faithful) Say(_ replica.Instant, s Speech) []Speech { return []Speech{s} }

// Act implements Adversary.
func (faithful) Act(replica.Instant) []Speech { return nil }

// Due implements Adversary.
func (faithful) Due() replica.Instant { return replica.Never }

// Wall implements Adversary.
func (faithful) Wall(_ replica.Instant, wall dag.UnixMilli) dag.UnixMilli { return wall }

// others returns every node but this one.
func (s *Self) others() []int {
	var out []int
	for i := range s.Nodes {
		if i != s.Seat {
			out = append(out, i)
		}
	}
	return out
}

// each returns a speech once per receiver, so that receivers can be told different things.
func (s *Self) each(one Speech) []Speech {
	if one.To != Everyone {
		return []Speech{one}
	}
	var out []Speech
	for _, to := range s.others() {
		copied := one
		copied.To, copied.Gossip = to, false
		out = append(out, copied)
	}
	return out
}

// quorum returns how many authors of the round before a block must refer to.
func (s *Self) quorum() int { return quorum.Q(s.Members) }

// victim picks one of the others.
func (s *Self) victim() int {
	others := s.others()
	return others[s.Rand.IntN(len(others))]
}

// half reports whether a node belongs to the half that is told the other story.
// Which half that is changes with what, a round or a seq.
func (s *Self) half(node int, what uint64) bool { return (uint64(node)+what)%2 == 0 }

// record returns a record that nobody but the adversary's own device vouches for.
func (s *Self) record() *dag.Record {
	payload := make([]byte, 24)
	for i := range payload {
		payload[i] = byte(s.Rand.Uint32())
	}
	r, err := dag.SignRecord(s.Mesh, s.Device, dag.FormatSenMLCBOR, payload)
	if err != nil {
		panic(fmt.Sprintf("sign a record of %d bytes: %v", len(payload), err)) // its size is right
	}
	return r
}

// digest returns the digest of nothing.
func (s *Self) digest() (d [32]byte) {
	for i := range d {
		d[i] = byte(s.Rand.Uint32())
	}
	return d
}
