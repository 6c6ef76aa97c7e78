package adversary

import (
	"fmt"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
	"github.com/floormesh/floormesh/sync/serve"
)

// twins is two instances with one key, as after a gateway's disk was copied:
// beside its Replica runs a second one with a store of its own. Each is honest
// as far as it knows, hears what the mesh says, and is heard by its own half of
// the others, or both by everybody. Together they sign two blocks a round and
// two batches a seq, each for a good reason of its own.
type twins struct {
	self    Self
	other   *replica.Replica
	disk    *store.Memory
	apart   bool // each is heard by one half only
	started bool
	wake    replica.Instant
	wall    dag.UnixMilli
	outbox  []Speech
	rounds  [2]dag.Round // of the newest own block of each
}

// The two of them.
const (
	first  = iota // the Replica that the driver runs
	second        // the one that runs here
)

func newTwins(self Self) (*twins, error) {
	a := &twins{self: self, disk: store.NewMemory(), apart: self.Rand.IntN(4) != 0}
	other, err := replica.New(replica.Config{
		Founding: consensus.Found(self.Genesis), NodeKey: self.NodeKey, MemberKey: self.MemberKey,
		Rand: self.Rand, Verifier: self.Verifier,
	}, &store.Restored{})
	if err != nil {
		return nil, fmt.Errorf("start a twin: %w", err)
	}
	a.other = other
	return a, nil
}

// Hear implements Adversary. An instance that meets a block of its own that it
// has not made yet takes itself for robbed and retires, so that neither hears of
// the other's before its own of that round is out.
func (a *twins) Hear(now replica.Instant, from int, m message.Message) bool {
	if a.bearable(second, m) {
		if good, errs := dag.Verify(a.self.Verifier, []message.Message{m}); errs[0] == nil {
			a.step(now, replica.Received{From: a.self.Gateways[from].Node, Message: good[0]})
		}
	}
	return a.bearable(first, m)
}

// bearable reports whether an instance may hear a message.
func (a *twins) bearable(who int, m message.Message) bool {
	switch m := m.(type) {
	case *message.Blocks:
		for _, b := range m.Blocks {
			if !a.known(who, b) {
				return false
			}
		}
	case *message.Tips:
		return m.Newest == nil || a.known(who, m.Newest)
	default:
	}
	return true
}

func (a *twins) known(who int, b *dag.Block) bool {
	return int(b.Author) != a.self.Seat || b.Round <= a.rounds[who]
}

// Say implements Adversary.
func (a *twins) Say(_ replica.Instant, s Speech) []Speech {
	return append(a.speak(first, s), a.flush()...)
}

// flush returns what the second instance has said meanwhile.
func (a *twins) flush() []Speech {
	out := a.outbox
	a.outbox = nil
	return out
}

// speak returns what leaves of what an instance says: what its half may hear.
func (a *twins) speak(who int, s Speech) []Speech {
	if m, ok := s.Message.(*message.Blocks); ok {
		for _, b := range m.Blocks {
			if int(b.Author) == a.self.Seat {
				a.rounds[who] = max(a.rounds[who], b.Round)
			}
		}
	}
	if !a.apart {
		return []Speech{s}
	}
	var out []Speech
	for _, one := range a.self.each(s) {
		if a.self.half(one.To, 0) == (who == first) {
			out = append(out, one)
		}
	}
	return out
}

// Act implements Adversary.
func (a *twins) Act(now replica.Instant) []Speech {
	if !a.started {
		a.started = true
		for _, i := range a.self.others() {
			a.step(now, replica.Connected{Peer: a.self.Gateways[i].Node})
		}
	}
	if now >= a.wake {
		a.step(now, replica.Tick{})
	}
	return a.flush()
}

// Due implements Adversary.
func (a *twins) Due() replica.Instant { return replica.Never }

// Wall implements Adversary. The second instance reads the same clock.
func (a *twins) Wall(_ replica.Instant, wall dag.UnixMilli) dag.UnixMilli {
	a.wall = wall
	return wall
}

// step gives the second instance an input, and then what its store, which is
// durable at once, answers to what it asks.
func (a *twins) step(now replica.Instant, in replica.Input) {
	for inputs := []replica.Input{in}; len(inputs) > 0; inputs = inputs[1:] {
		out, wake := a.other.Step(now, a.wall, inputs[0])
		a.wake = wake
		for _, o := range out {
			inputs = a.carry(inputs, o)
		}
	}
}

// carry does what an output asks for and appends what it is answered with.
func (a *twins) carry(inputs []replica.Input, o replica.Output) []replica.Input {
	switch o := o.(type) {
	case replica.Persist:
		if err := a.disk.Apply(o.Write); err != nil {
			panic("a twin's store refuses a write: " + err.Error()) // of our own Replica
		}
		return append(inputs, replica.Persisted{Seq: o.Seq})
	case replica.Load:
		found, err := a.disk.Batches(o.IDs)
		if err != nil {
			panic("a twin's store refuses a read: " + err.Error())
		}
		return append(inputs, replica.Loaded{Batches: found})
	case replica.Serve:
		answers, err := serve.Answer(a.disk, o.Request)
		if err != nil {
			panic("a twin's store refuses a read: " + err.Error())
		}
		for _, m := range answers {
			a.say(o.To, m)
		}
	case replica.Send:
		a.say(o.To, o.Message)
	case replica.Broadcast:
		a.outbox = append(a.outbox, a.speak(second, Speech{To: Everyone, Message: o.Message})...)
	case replica.Gossip:
		a.outbox = append(a.outbox, a.speak(second, Speech{To: Everyone, Gossip: true, Message: o.Message})...)
	default: // answers to submitters, of whom it has none, and news for an operator
	}
	return inputs
}

// say addresses a message of the second instance to one peer.
func (a *twins) say(to replica.PeerID, m message.Message) {
	for i := range a.self.Gateways {
		if a.self.Gateways[i].Node == to {
			a.outbox = append(a.outbox, a.speak(second, Speech{To: i, Message: m})...)
			return
		}
	}
}
