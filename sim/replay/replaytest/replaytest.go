// Package replaytest makes recordings of gateways for tests.
package replaytest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
	"github.com/floormesh/floormesh/sync/serve"
)

// Mesh runs four gateways in lockstep: a message takes a millisecond, a disk
// none. Everything is recorded.
type Mesh struct {
	tb       testing.TB
	genesis  *dag.Genesis
	nodes    []dag.PrivateKey
	members  []dag.PrivateKey
	verifier *dag.Verifier
	hosts    []*host
	now      replica.Instant
	records  int
	forget   uint64 // Step of gateway 0 that is recorded as a tick
	tapes    []*host
	build    string
}

// host is one life of a gateway.
type host struct {
	key     dag.PublicKey
	replica *replica.Replica
	store   *store.Memory
	tape    bytes.Buffer
	writer  *recording.Writer
	made    []recording.Signature
	wake    replica.Instant
	inbox   []replica.Input // to be given in the next millisecond
	down    bool
}

// New starts four gateways, whose recordings say that this build made them.
func New(tb testing.TB, build string) *Mesh {
	m := &Mesh{tb: tb, build: build, hosts: make([]*host, 4)}
	m.genesis, m.nodes, m.members = dagtest.Genesis(4)
	m.verifier = dag.NewVerifier(m.genesis.Domain(), rand.NewChaCha8([32]byte{1}))
	for i := range m.hosts {
		m.Start(i)
	}
	return m
}

// Start begins a life with what the last one has stored.
func (m *Mesh) Start(i int) {
	h := &host{key: m.nodes[i].Public(), store: store.NewMemory()}
	if old := m.hosts[i]; old != nil {
		h.store = old.store
	}
	from, err := h.store.Restore(h.key, uint64(m.genesis.DuplicateLeaves))
	if err != nil {
		m.tb.Fatal(err)
	}
	seed := [32]byte{byte(i), byte(len(m.tapes))}
	h.writer, err = recording.Begin(&h.tape, &recording.Start{
		Build: m.build, Genesis: m.genesis, Node: m.nodes[i].Public(), Member: m.members[i].Public(),
		Wall: m.wall(), Timing: replica.DefaultTiming(), Seed: seed, Restored: from,
	})
	if err != nil {
		m.tb.Fatal(err)
	}
	witness := func(signed []byte, s dag.Signature) {
		h.made = append(h.made, recording.Signature{Message: recording.DigestOf(signed), Signature: s})
	}
	h.replica, err = replica.New(replica.Config{
		Founding: consensus.Found(m.genesis), NodeKey: m.nodes[i].Witnessed(witness), MemberKey: m.members[i].Witnessed(witness),
		Rand: rand.New(rand.NewChaCha8(seed)),
	}, from)
	if err != nil {
		m.tb.Fatal(err)
	}
	m.hosts[i] = h
	m.tapes = append(m.tapes, h)
	for k, other := range m.hosts {
		if other != nil && k != i && !other.down {
			h.inbox = append(h.inbox, replica.Connected{Peer: other.key})
			other.inbox = append(other.inbox, replica.Connected{Peer: h.key})
		}
	}
}

// Forget has the first message of gateway 0 from a Step on recorded as a tick, as a broken memory would.
func (m *Mesh) Forget(step uint64) { m.forget = step }

// Stop ends the life of a gateway.
func (m *Mesh) Stop(i int) {
	m.hosts[i].down = true
	for k, other := range m.hosts {
		if k != i {
			other.inbox = append(other.inbox, replica.Disconnected{Peer: m.hosts[i].key})
		}
	}
}

func (m *Mesh) wall() dag.UnixMilli { return 1_700_000_000_000 + dag.UnixMilli(m.now/1e6) }

// Run lets milliseconds pass; every fourth brings a record.
func (m *Mesh) Run(millis int) {
	for range millis {
		m.now += replica.Instant(time.Millisecond)
		for i, h := range m.hosts {
			if h.down {
				continue
			}
			inbox := h.inbox
			h.inbox = nil
			for _, in := range inbox {
				m.step(i, in)
			}
			if h.wake <= m.now {
				m.step(i, replica.Tick{})
			}
		}
		if m.records++; m.records%4 == 0 {
			m.submit(0, m.records)
		}
	}
}

func (m *Mesh) submit(i, k int) {
	r := dagtest.Reading(m.genesis.ID(), dagtest.DeviceKey(0), k)
	good, errs := dag.Verify(m.verifier, []*dag.Record{r})
	if errs[0] != nil {
		m.tb.Fatal(errs[0])
	}
	m.step(i, replica.Submitted{Records: []replica.Submission{{Ticket: replica.Ticket(k), Record: good[0]}}})
}

func (m *Mesh) step(i int, in replica.Input) {
	h := m.hosts[i]
	out, wake := h.replica.Step(m.now, m.wall(), in)
	h.wake = wake
	if i == 0 && m.forget > 0 && h.writer.Steps()+1 >= m.forget {
		if _, ok := in.(replica.Received); ok {
			in, m.forget = replica.Tick{}, 0
		}
	}
	err := h.writer.Append(&recording.Taken{Now: m.now, Wall: m.wall(), Input: in, Outputs: out, Wake: wake, Signatures: h.made})
	if err != nil {
		m.tb.Fatal(err)
	}
	h.made = nil
	for _, o := range out {
		m.carry(h, o)
	}
}

func (m *Mesh) carry(h *host, o replica.Output) {
	switch o := o.(type) {
	case replica.Persist:
		if err := errors.Join(h.store.Apply(o.Write), h.store.Sync()); err != nil {
			m.tb.Fatal(err)
		}
		h.inbox = append(h.inbox, replica.Persisted{Seq: o.Seq})
	case replica.Send:
		m.send(h, o.To, o.Message)
	case replica.Broadcast:
		for _, other := range m.hosts {
			if other != h {
				m.send(h, other.key, o.Message)
			}
		}
	case replica.Serve:
		answers, err := serve.Answer(h.store, o.Request)
		if err != nil {
			m.tb.Fatal(err)
		}
		for _, a := range answers {
			m.send(h, o.To, a)
		}
	case replica.Load:
		batches, err := h.store.Batches(o.IDs)
		if err != nil {
			m.tb.Fatal(err)
		}
		h.inbox = append(h.inbox, replica.Loaded{Batches: batches})
	default:
	}
}

func (m *Mesh) send(from *host, to dag.PublicKey, msg message.Message) {
	good, errs := dag.Verify(m.verifier, []message.Message{msg})
	if errs[0] != nil {
		m.tb.Fatal(errs[0])
	}
	for _, h := range m.hosts {
		if h.key == to && !h.down {
			h.inbox = append(h.inbox, replica.Received{From: from.key, Message: good[0]})
		}
	}
}

// Finish ends all recordings and returns them, in the order of the lives.
func (m *Mesh) Finish() (tapes [][]byte) {
	for _, h := range m.tapes {
		if err := h.writer.End("the test is over"); err != nil {
			m.tb.Fatal(err)
		}
		tapes = append(tapes, h.tape.Bytes())
	}
	return tapes
}
