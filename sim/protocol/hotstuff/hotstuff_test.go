package hotstuff

import (
	"errors"
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/sync/message"
)

// TestEverythingBecomesFinal also waits for rest: no alarm is set any more.
func TestEverythingBecomesFinal(t *testing.T) {
	for _, n := range []int{1, 2, 4, 7} {
		m := newMesh(t, n)
		m.connect()
		for i := range n {
			m.submit(i, 5)
		}
		m.run(10 * time.Second)
		m.agree(5 * n)
		for i, p := range m.places {
			if p.wake < m.now+1e9 {
				t.Errorf("%d members: member %d wants to be woken after %v", n, i, time.Duration(p.wake-m.now))
			}
		}
	}
}

// TestAnotherPolicy has one member lead for as long as it lives, and others by turns in every
// fourth view: all that a policy must do is let somebody who is alive lead again and again.
func TestAnotherPolicy(t *testing.T) {
	led := map[dag.Author]int{}
	steady := func(members int, v View) dag.Author {
		if v%4 != 0 {
			return 2
		}
		return RoundRobin(members, v/4)
	}
	m := newMeshOf(t, 4, steady)
	m.lie = func(_, _ int, said message.Message) []message.Message {
		if p, ok := said.(*Proposal); ok {
			led[p.Block.Author]++
		}
		return []message.Message{said}
	}
	m.connect()
	for i := range 4 {
		m.submit(i, 5)
	}
	m.run(10 * time.Second)
	m.agree(20)
	if led[2] <= led[0]+led[1]+led[3] {
		t.Errorf("blocks by leader: %v", led)
	}
}

// TestALeaderThatLies has one member make a second block in each of its views, show
// each half another one, and vote for both.
func TestALeaderThatLies(t *testing.T) {
	m := newMesh(t, 4)
	const liar = 1
	others, lies := map[dag.BlockID]*Proposal{}, 0
	m.lie = func(from, to int, said message.Message) []message.Message {
		if from != liar {
			return []message.Message{said}
		}
		switch said := said.(type) {
		case *Proposal:
			b := said.Block
			if others[b.id] == nil && len(b.Cut) > 0 {
				other := signBlock(m.genesis.Epoch(), Block{View: b.View, Author: b.Author, Justify: b.Justify}, m.members[liar])
				others[b.id] = &Proposal{Block: other, Last: said.Last}
				lies++
			}
			if other := others[b.id]; other != nil && to%2 == 0 {
				return []message.Message{other}
			}
		case *Vote:
			if other := others[said.Block]; other != nil {
				second := *said
				second.Block = other.Block.id
				second.Signature = m.members[liar].Sign(voteMessage(m.genesis.Epoch(), said.View, second.Block, said.Word))
				return []message.Message{said, &second}
			}
		default:
		}
		return []message.Message{said}
	}
	m.connect()
	for k := range 20 {
		m.step(k%4, submission(m, k))
		m.run(20 * time.Millisecond)
	}
	m.run(10 * time.Second)
	m.agree(20)
	if lies == 0 {
		t.Error("nobody lied")
	}
}

// TestVotesOnceInAView shows a member two blocks of one view, with a crash between.
func TestVotesOnceInAView(t *testing.T) {
	m := newMesh(t, 4)
	batch := dagtest.Lane(t, m.genesis, m.nodes[1], dag.LaneReadings, 1, 1)[0]
	cut := []dag.CutChange{{Lane: batch.Lane, Seq: 1, Batches: []dag.BatchID{batch.ID()}}}
	full := &Proposal{Block: signBlock(m.genesis.Epoch(), Block{View: 1, Author: 1, Cut: cut}, m.members[1])}
	empty := &Proposal{Block: signBlock(m.genesis.Epoch(), Block{View: 1, Author: 1}, m.members[1])}

	if said := votes(m.hear(0, 1, full)); len(said) != 0 {
		t.Fatalf("votes for a block whose batch it does not hold: %v", said)
	}
	said := votes(m.hear(0, 1, &message.Batches{Batches: []*dag.Batch{batch}}))
	if len(said) != 1 || said[0].Block != full.Block.id {
		t.Fatalf("votes %v once it holds all of block %x", said, full.Block.id[:4])
	}
	if said := votes(m.hear(0, 1, empty)); len(said) != 0 {
		t.Errorf("votes a second time in a view: %v", said)
	}
	m.start(0)
	if said := votes(m.hear(0, 1, empty)); len(said) != 0 {
		t.Errorf("votes a second time after a crash: %v", said)
	}
}

// TestDoesNotVoteAfterATimeout: who has left a view does not vote in it, a crash being no excuse.
func TestDoesNotVoteAfterATimeout(t *testing.T) {
	m := newMesh(t, 4)
	m.submit(0, 1)
	m.lie = func(int, int, message.Message) []message.Message { return nil }
	m.run(200 * time.Millisecond)
	p := &Proposal{Block: signBlock(m.genesis.Epoch(), Block{View: 1, Author: 1}, m.members[1])}
	if said := votes(m.hear(0, 1, p)); len(said) != 0 {
		t.Errorf("votes in a view that it left: %v", said)
	}
	m.start(0)
	if said := votes(m.hear(0, 1, p)); len(said) != 0 {
		t.Errorf("votes in a view that it left, after a crash: %v", said)
	}
}

// TestSafe goes through what a proposal must show.
func TestSafe(t *testing.T) {
	at := func(v View) *Certificate { return &Certificate{View: v} }
	left := func(v View, highs ...View) *TimeoutCertificate {
		c := &TimeoutCertificate{View: v}
		for i, high := range highs {
			c.Timeouts = append(c.Timeouts, Ballot{Author: dag.Author(i), Word: uint64(high)})
		}
		return c
	}
	for _, c := range []struct {
		name    string
		view    View
		justify *Certificate
		last    *TimeoutCertificate
		want    bool
	}{
		{"the first", 1, nil, nil, true},
		{"on the view before", 5, at(4), nil, true},
		{"a view is missing", 5, at(3), nil, false},
		{"a view was left", 5, at(3), left(4, 2, 3, 1), true},
		{"somebody knew of a higher block", 5, at(2), left(4, 2, 3, 1), false},
		{"another view was left", 6, at(3), left(4, 2, 3, 1), false},
		{"the first view was left", 2, nil, left(1, 0, 0, 0), true},
	} {
		r := &Rule{}
		if got := r.safe(&Proposal{Block: &Block{View: c.view, Justify: c.justify}, Last: c.last}); got != c.want {
			t.Errorf("%s: safe is %v", c.name, got)
		}
	}
}

// TestChecks: what must not pass does not, each for its own reason.
func TestChecks(t *testing.T) {
	g, _, members := dagtest.Genesis(4)
	block := dag.BlockID{1}
	vote := func(a int) Ballot {
		return Ballot{Author: dag.Author(a), Word: 7, Signature: members[a].Sign(voteMessage(g.Epoch(), 3, block, 7))}
	}
	timeout := func(a int, high View) Ballot {
		return Ballot{Author: dag.Author(a), Word: uint64(high), Signature: members[a].Sign(timeoutMessage(g.Epoch(), 4, high))}
	}
	certificate := func(votes ...Ballot) *Certificate { return &Certificate{View: 3, Block: block, Votes: votes} }
	good := certificate(vote(0), vote(1), vote(3))
	forged := vote(2)
	forged.Author = 3
	beyond := vote(3)
	beyond.Author = 4
	block4 := func(b Block) *Proposal { return &Proposal{Block: signBlock(g.Epoch(), b, members[0])} }
	for _, c := range []struct {
		name string
		what dag.Signed
		want error // nil: fine
	}{
		{"a certificate", good, nil},
		{"none", (*Certificate)(nil), nil},
		{"too few votes", certificate(vote(0), vote(1)), dag.ErrRule},
		{"a vote twice", certificate(vote(0), vote(1), vote(1)), dag.ErrRule},
		{"out of order", certificate(vote(1), vote(0), vote(3)), dag.ErrRule},
		{"a forged vote", certificate(vote(0), vote(1), forged), dag.ErrSignature},
		{"a vote of nobody", certificate(vote(0), vote(1), beyond), dag.ErrDomain},
		{"of another view", &Certificate{View: 2, Block: block, Votes: good.Votes}, dag.ErrSignature},
		{"a view that was left", &TimeoutCertificate{View: 4, Timeouts: []Ballot{timeout(0, 3), timeout(1, 0), timeout(2, 2)}}, nil},
		{"by too few", &TimeoutCertificate{View: 4, Timeouts: []Ballot{timeout(0, 3), timeout(1, 0)}}, dag.ErrRule},
		{"a block", block4(Block{View: 4, Author: 0, Justify: good}), nil},
		{"a block signed by another", block4(Block{View: 4, Author: 1, Justify: good}), dag.ErrSignature},
		{"a block below what it is on", block4(Block{View: 3, Author: 0, Justify: good}), dag.ErrRule},
		{"a timeout", &Timeout{Ballot: timeout(0, 3), View: 4, High: good}, nil},
		{"a timeout that knows less than it says", &Timeout{Ballot: timeout(0, 4), View: 4, High: good}, dag.ErrRule},
		{"a timeout of a view that did not begin", &Timeout{Ballot: timeout(0, 3), View: 5, High: good}, dag.ErrRule},
	} {
		v := dag.NewVerifier(g.Domain(), dagtest.Random(1))
		if _, errs := dag.Verify(v, []dag.Signed{c.what}); !errors.Is(errs[0], c.want) {
			t.Errorf("%s: %v, want %v", c.name, errs[0], c.want)
		}
	}
}

// TestClock: the commit time is a reading that at least one honest voter gave.
func TestClock(t *testing.T) {
	c := &Certificate{Votes: []Ballot{{Word: 5}, {Word: 1 << 60}, {Word: 3}, {Word: 4}}}
	if got := c.clock(); got != 4 {
		t.Errorf("the clock of a certificate is %d, want 4", got)
	}
}
