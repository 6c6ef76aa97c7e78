package replica_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/execution"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// newMeshWithFollowers makes gateways of which the first so many are members.
func newMeshWithFollowers(tb testing.TB, members, followers int) *mesh {
	return newMeshOf(tb, members+followers, func(g *dag.Genesis) {
		for i := members; i < len(g.Gateways); i++ {
			g.Gateways[i].Member = dag.PublicKey{}
		}
	})
}

// load submits so many records in turn to all nodes, one every 5 ms.
func (m *mesh) load(n int) (want []dag.RecordID) {
	for k := range n {
		want = append(want, m.submit(k%len(m.nodes), k))
		m.run(5 * time.Millisecond)
	}
	return want
}

// TestFollowersOutsideTheCommittee has gateways that are no members submit and
// follow. They get no block, and have the members' log.
func TestFollowersOutsideTheCommittee(t *testing.T) {
	m := newMeshWithFollowers(t, 4, 3)
	news := 0
	m.drop = func(_, to int, msg message.Message) bool {
		switch msg.(type) {
		case *message.Blocks, *message.Cosign:
			if to >= 4 {
				t.Errorf("gw%d, which is no member, was sent %T", to+1, msg)
			}
		case *message.Commits:
			news++
		default:
		}
		return false
	}
	want := m.load(140)
	m.run(2 * time.Second)
	m.wantFinal(want)
	for i := 1; i < len(m.nodes); i++ {
		if !slices.Equal(m.nodes[i].finals(), m.nodes[0].finals()) {
			t.Errorf("gw%d has another log", i+1)
		}
	}
	// A checkpoint every 250 ms, told by one member to the six others.
	if most := 6 * 6; news == 0 || news > most {
		t.Errorf("commits were sent %d times, want 1 to %d", news, most)
	}
	m.wantQuiet()
}

// TestFollowersMissTheNews lets nothing of what members tell by themselves reach a
// follower: it asks.
func TestFollowersMissTheNews(t *testing.T) {
	m := newMeshWithFollowers(t, 4, 2)
	asked := false
	m.drop = func(from, to int, msg message.Message) bool {
		switch msg.(type) {
		case *message.WantCommits:
			asked = asked || from == 5
		case *message.Commits:
			return to == 5 && !asked
		default:
		}
		return false
	}
	want := m.load(60)
	m.run(4 * time.Second)
	m.wantFinal(want)
	if !asked {
		t.Error("it never asked")
	}
	m.wantQuiet()
}

// TestASilentLeadersNewsIsTold kills a member: the checkpoints that it would tell
// are told by the next.
func TestASilentLeadersNewsIsTold(t *testing.T) {
	m := newMeshWithFollowers(t, 4, 1)
	tellers := map[int]int{}
	m.drop = func(from, _ int, msg message.Message) bool {
		if _, ok := msg.(*message.Commits); ok {
			tellers[from]++
			return from == 2 // its news reaches nobody
		}
		return false
	}
	want := m.load(200)
	m.run(3 * time.Second)
	m.wantFinal(want)
	if len(tellers) < 3 {
		t.Errorf("news came from %v, want several members", tellers)
	}
}

// TestSharedHistory has Replicas look up what others have executed: nothing that
// anybody says changes by it, also over a restart.
func TestSharedHistory(t *testing.T) {
	run := func(shared bool) *mesh {
		m := newMeshWithFollowers(t, 4, 3)
		if shared {
			f := consensus.Found(m.genesis)
			h := execution.NewHistory(f, func() order.Guard { return &sync.Mutex{} })
			for i := range m.nodes {
				m.nodes[i].config.Founding, m.nodes[i].config.History = f, h
				m.restart(i)
			}
		} else {
			for i := range m.nodes {
				m.restart(i)
			}
		}
		want := m.load(100)
		m.kill(5)
		for k := range 300 { // longer than what the history keeps
			want = append(want, m.submit(k%4, 1000+k))
			m.run(20 * time.Millisecond)
		}
		m.start(5)
		m.connect(5)
		for k := range 40 {
			want = append(want, m.submit(k%7, 2000+k))
			m.run(5 * time.Millisecond)
		}
		m.run(3 * time.Second)
		m.wantFinal(want)
		return m
	}
	alone, shared := run(false), run(true)
	for i := range alone.nodes {
		if !slices.Equal(alone.nodes[i].finals(), shared.nodes[i].finals()) {
			t.Errorf("gw%d has another log", i+1)
		}
		if a, b := alone.nodes[i].final, shared.nodes[i].final; len(a) != len(b) || a[len(a)-1].Root != b[len(b)-1].Root {
			t.Errorf("gw%d: another root or number of commits", i+1)
		}
	}
}
