package hotstuff

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sync/message"
	"github.com/floormesh/floormesh/sync/serve"
)

// mesh is members on links that take a millisecond and disks that take no time.
// All are honest; a test changes what one of them says.
type mesh struct {
	t       *testing.T
	genesis *dag.Genesis
	domain  *dag.Domain
	nodes   []dag.PrivateKey
	members []dag.PrivateKey
	now     replica.Instant
	places  []*place
	letters []letter
	leaders Leaders
	// lie replaces what a member says to another.
	lie func(from, to int, m message.Message) []message.Message
}

// place is one member with what its disk keeps.
type place struct {
	machine protocol.Machine
	store   *store.Memory
	kept    protocol.Kept
	wake    replica.Instant
	final   []dag.CommitID
	records int
}

type letter struct {
	at       replica.Instant
	from, to int
	message  message.Message
}

func newMesh(t *testing.T, n int) *mesh {
	return newMeshOf(t, n, RoundRobin)
}

func newMeshOf(t *testing.T, n int, leaders Leaders) *mesh {
	m := &mesh{t: t, leaders: leaders}
	m.genesis, m.nodes, m.members = dagtest.Genesis(n)
	m.domain = m.genesis.Domain()
	for i := range n {
		m.places = append(m.places, &place{store: store.NewMemory()})
		m.start(i)
	}
	return m
}

// start starts a member, or starts it again from its disk.
func (m *mesh) start(i int) {
	m.t.Helper()
	p := m.places[i]
	restored, err := p.store.Restore(m.nodes[i].Public(), 1000)
	if err != nil {
		m.t.Fatal(err)
	}
	p.machine, err = NewWith(m.leaders, replica.Config{
		Founding: consensus.Found(m.genesis), NodeKey: m.nodes[i], MemberKey: m.members[i], Rand: rand.New(rand.NewPCG(uint64(i), 1)),
	}, restored, p.kept)
	if err != nil {
		m.t.Fatal(err)
	}
	p.wake = m.now
}

// connect connects everybody with everybody.
func (m *mesh) connect() {
	for i := range m.places {
		for j := range m.places {
			if i != j {
				m.step(i, replica.Connected{Peer: m.nodes[j].Public()})
			}
		}
	}
}

// step gives a member an input, carries out what it wants, and returns what it says.
func (m *mesh) step(i int, in replica.Input) (said []message.Message) {
	m.t.Helper()
	p := m.places[i]
	out, wake := p.machine.Step(m.now, dag.UnixMilli(m.now/1e6)+1_700_000_000_000, in)
	p.wake = wake
	out = slices.Clone(out)
	var last uint64
	for _, o := range out {
		switch o := o.(type) {
		case replica.Persist:
			last = m.persist(p, o, nil)
		case protocol.Persist:
			last = m.persist(p, o.Persist, o.Kept)
		case replica.Send:
			said = append(said, o.Message)
			m.send(i, slices.IndexFunc(m.nodes, func(k dag.PrivateKey) bool { return k.Public() == o.To }), o.Message)
		case replica.Broadcast:
			said = append(said, o.Message)
			for to := range m.places {
				if to != i {
					m.send(i, to, o.Message)
				}
			}
		case replica.Serve:
			answers, err := serve.Answer(p.store, o.Request)
			if err != nil {
				m.t.Fatal(err)
			}
			for _, a := range answers {
				m.send(i, slices.IndexFunc(m.nodes, func(k dag.PrivateKey) bool { return k.Public() == o.To }), a)
			}
		case replica.Final:
			p.final = append(p.final, o.Executed.Commit.ID())
			p.records += len(o.Executed.Records)
		case replica.Load:
			found, err := p.store.Batches(o.IDs)
			if err != nil {
				m.t.Fatal(err)
			}
			said = append(said, m.step(i, replica.Loaded{Batches: found})...)
		case replica.Blame:
			m.t.Errorf("%d blames: %v", i, o.Reason)
		default: // gossip repeats what was broadcast; nobody waits for answers
		}
	}
	if last > 0 {
		said = append(said, m.step(i, replica.Persisted{Seq: last})...)
	}
	return said
}

func (m *mesh) persist(p *place, o replica.Persist, kept protocol.Kept) uint64 {
	if err := p.store.Apply(o.Write); err != nil {
		m.t.Fatal(err)
	}
	if kept != nil {
		p.kept = kept
	}
	return o.Seq
}

func (m *mesh) send(from, to int, said message.Message) {
	all := []message.Message{said}
	if m.lie != nil {
		all = m.lie(from, to, said)
	}
	for _, one := range all {
		m.letters = append(m.letters, letter{m.now + 1e6, from, to, one})
	}
}

// hear gives a member a message, whose signatures must hold.
func (m *mesh) hear(to, from int, said message.Message) []message.Message {
	m.t.Helper()
	good := dagtest.Verify(m.t, m.domain, said)
	return m.step(to, replica.Received{From: m.nodes[from].Public(), Message: good[0]})
}

// submit hands a member records of a device of its own.
func (m *mesh) submit(i, count int) {
	for k := range count {
		m.step(i, submission(m, 1000*i+k))
	}
}

// submission is a record of a device.
func submission(m *mesh, number int) replica.Submitted {
	r := dagtest.Reading(m.genesis.ID(), dagtest.DeviceKey(0), number)
	return replica.Submitted{Records: []replica.Submission{{
		Ticket: replica.Ticket(number + 1), Record: dagtest.Verify(m.t, m.domain, r)[0],
	}}}
}

// votes picks the votes from what is said.
func votes(said []message.Message) (votes []*Vote) {
	for _, m := range said {
		if v, ok := m.(*Vote); ok {
			votes = append(votes, v)
		}
	}
	return votes
}

// run lets time pass.
func (m *mesh) run(d time.Duration) {
	m.t.Helper()
	for end := m.now + replica.Instant(d); ; {
		slices.SortStableFunc(m.letters, func(a, b letter) int { return cmp.Compare(a.at, b.at) })
		next, who := end, -1
		for i, p := range m.places {
			if p.wake < next {
				next, who = p.wake, i
			}
		}
		if len(m.letters) > 0 && m.letters[0].at <= next {
			l := m.letters[0]
			m.letters = m.letters[1:]
			m.now = max(m.now, l.at)
			m.hear(l.to, l.from, l.message)
			continue
		}
		m.now = max(m.now, next)
		if who < 0 {
			return
		}
		m.step(who, replica.Tick{})
	}
}

// agree checks that everybody has the same commits, with so many records.
func (m *mesh) agree(records int) {
	m.t.Helper()
	for i, p := range m.places {
		if p.records != records {
			m.t.Errorf("member %d has %d records of %d", i, p.records, records)
		}
		short := min(len(p.final), len(m.places[0].final))
		if !slices.Equal(p.final[:short], m.places[0].final[:short]) {
			m.t.Errorf("members 0 and %d disagree", i)
		}
	}
}
