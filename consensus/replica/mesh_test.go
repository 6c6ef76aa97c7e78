package replica_test

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
	"github.com/floormesh/floormesh/sync/serve"
)

// mesh is the smallest world a Replica can live in: every message takes a
// millisecond, every disk half of one. sim has the real one; this one shows the
// contract, and lets a test of this package look at single outputs.
type mesh struct {
	tb       testing.TB
	genesis  *dag.Genesis
	nodes    []*host
	verifier *dag.Verifier
	now      replica.Instant
	events   events
	seq      int
	drop     func(from, to int, m message.Message) bool
	lost     func(at int, id dag.BatchID) bool // batches that a store does not give back
	hung     func(at int) bool                 // disks that do not say what is durable
}

type host struct {
	*replica.Replica
	store  *store.Memory
	config replica.Config
	key    dag.PublicKey
	wake   replica.Instant
	down   bool
	stored map[dag.RecordID]bool
	final  []*store.Executed
	alarms []replica.Alarm
	blames []replica.Blame
	blocks int
	curbed int
	known  map[replica.Ticket]replica.Known
	turned map[replica.Ticket]error
}

type event struct {
	at  replica.Instant
	seq int
	run func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func newMesh(tb testing.TB, n int) *mesh { return newMeshOf(tb, n, func(*dag.Genesis) {}) }

func newMeshOf(tb testing.TB, n int, change func(*dag.Genesis)) *mesh {
	g, nodes, members := dagtest.Genesis(n)
	change(g)
	f := consensus.Found(g)
	m := &mesh{tb: tb, genesis: g}
	m.verifier = dag.NewVerifier(g.Domain(), rand.NewChaCha8([32]byte{1}))
	for i := range n {
		h := &host{
			store: store.NewMemory(), key: nodes[i].Public(), wake: replica.Never,
			stored: map[dag.RecordID]bool{}, known: map[replica.Ticket]replica.Known{}, turned: map[replica.Ticket]error{},
		}
		h.config = replica.Config{
			Founding: f, NodeKey: nodes[i], MemberKey: members[i], Rand: rand.New(rand.NewPCG(7, uint64(i))),
		}
		m.nodes = append(m.nodes, h)
		m.start(i)
	}
	for i := range n {
		m.connect(i)
	}
	return m
}

func (m *mesh) start(i int) {
	h := m.nodes[i]
	from, err := h.store.Restore(h.key, uint64(m.genesis.DuplicateLeaves))
	if err != nil {
		m.tb.Fatal(err)
	}
	if h.Replica, err = replica.New(h.config, from); err != nil {
		m.tb.Fatal(err)
	}
	h.down = false
}

// connect tells node i and all others of each other.
func (m *mesh) connect(i int) {
	for k, other := range m.nodes {
		if k != i && !other.down {
			m.step(i, replica.Connected{Peer: other.key})
			m.step(k, replica.Connected{Peer: m.nodes[i].key})
		}
	}
}

func (m *mesh) kill(i int) {
	m.nodes[i].down = true
	m.nodes[i].wake = replica.Never
	for k, other := range m.nodes {
		if k != i && !other.down {
			m.step(k, replica.Disconnected{Peer: m.nodes[i].key})
		}
	}
}

func (m *mesh) after(d time.Duration, run func()) {
	m.seq++
	heap.Push(&m.events, event{m.now + replica.Instant(d), m.seq, run})
}

func (m *mesh) wall() dag.UnixMilli { return 1_700_000_000_000 + dag.UnixMilli(m.now/1e6) }

func (m *mesh) step(i int, in replica.Input) {
	h := m.nodes[i]
	if h.down {
		return
	}
	out, wake := h.Step(m.now, m.wall(), in)
	h.wake = wake
	for _, o := range out {
		m.carry(i, o)
	}
}

func (m *mesh) carry(i int, o replica.Output) {
	h := m.nodes[i]
	switch o := o.(type) {
	case replica.Persist:
		if err := h.store.Apply(o.Write); err != nil {
			m.tb.Fatal(err)
		}
		h.blocks += len(o.Write.Blocks)
		if err := h.store.Sync(); err != nil {
			m.tb.Fatal(err)
		}
		r := h.Replica
		m.after(time.Millisecond/2, func() {
			if h.Replica == r && (m.hung == nil || !m.hung(i)) {
				m.step(i, replica.Persisted{Seq: o.Seq})
			}
		})
	case replica.Send:
		m.send(i, o.To, o.Message)
	case replica.Broadcast:
		for k := range m.nodes {
			if k != i && m.genesis.Gateways[k].IsMember() {
				m.send(i, m.nodes[k].key, o.Message)
			}
		}
	case replica.Gossip:
		_, news := o.Message.(*message.Commits) // the rest members have by Broadcast
		for k := range m.nodes {
			if k != i && (news || !m.genesis.Gateways[k].IsMember()) {
				m.send(i, m.nodes[k].key, o.Message)
			}
		}
	case replica.Serve:
		answers, err := serve.Answer(h.store, o.Request)
		if err != nil {
			m.tb.Fatal(err)
		}
		for _, a := range answers {
			m.send(i, o.To, a)
		}
	case replica.Load:
		batches, err := h.store.Batches(o.IDs)
		if err != nil {
			m.tb.Fatal(err)
		}
		if m.lost != nil {
			batches = slices.DeleteFunc(batches, func(b *dag.Batch) bool { return m.lost(i, b.ID()) })
		}
		m.after(0, func() { m.step(i, replica.Loaded{Batches: batches}) })
	case replica.Stored:
		h.stored[o.Record] = true
	case replica.Final:
		h.final = append(h.final, o.Executed)
	case replica.Alarm:
		h.alarms = append(h.alarms, o)
	case replica.Blame:
		h.blames = append(h.blames, o)
	case replica.Known:
		h.known[o.Ticket] = o
	case replica.Turned:
		h.turned[o.Ticket] = o.Reason
	case replica.Curbed:
		h.curbed++
	case replica.Replicated, replica.Certified:
	}
}

func (m *mesh) send(i int, to dag.PublicKey, msg message.Message) {
	for k, other := range m.nodes {
		if other.key != to || m.drop != nil && m.drop(i, k, msg) {
			continue
		}
		good, errs := dag.Verify(m.verifier, []message.Message{msg})
		if errs[0] != nil {
			m.tb.Fatalf("gw%d sent what does not verify: %v", i+1, errs[0])
		}
		m.after(time.Millisecond, func() {
			if !m.nodes[i].down {
				m.step(k, replica.Received{From: m.nodes[i].key, Message: good[0]})
			}
		})
	}
}

// run lets d pass.
func (m *mesh) run(d time.Duration) {
	end := m.now + replica.Instant(d)
	for {
		next := replica.Never
		who := -1
		for i, h := range m.nodes {
			if !h.down && h.wake < next {
				next, who = h.wake, i
			}
		}
		if len(m.events) > 0 && m.events[0].at <= next {
			next, who = m.events[0].at, -1
		}
		if next > end {
			m.now = end
			return
		}
		m.now = max(m.now, next)
		if who >= 0 {
			m.step(who, replica.Tick{})
			if h := m.nodes[who]; h.wake <= m.now {
				m.tb.Fatalf("gw%d wants a tick at %d, and it is %d already", who+1, h.wake, m.now)
			}
			continue
		}
		heap.Pop(&m.events).(event).run()
	}
}

// submit has node i store record number k of device 0, with ticket k+1.
func (m *mesh) submit(i, k int) dag.RecordID { return m.submitAs(i, k, replica.Ticket(k+1)) }

func (m *mesh) submitAs(i, k int, ticket replica.Ticket) dag.RecordID {
	r := dagtest.Reading(m.genesis.ID(), dagtest.DeviceKey(0), k)
	good, errs := dag.Verify(m.verifier, []*dag.Record{r})
	if errs[0] != nil {
		m.tb.Fatal(errs[0])
	}
	m.step(i, replica.Submitted{Records: []replica.Submission{{Ticket: ticket, Record: good[0]}}})
	return r.ID()
}
