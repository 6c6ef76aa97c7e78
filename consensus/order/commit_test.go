package order

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// TestAgreement runs the whole package on random DAGs, see agree.
func TestAgreement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{1, 3, 4, 4, 7}).Draw(t, "n")
		s := shape{
			n:      n,
			rounds: rapid.IntRange(10, 100).Draw(t, "rounds"),
			absent: rapid.SampledFrom([]int{0, 20}).Draw(t, "absent"),
			sparse: rapid.Bool().Draw(t, "sparse"),
		}
		if rapid.Bool().Draw(t, "lie or stop") {
			s.liars = quorum.F(n)
		} else {
			s.down = quorum.F(n)
		}
		agree(t, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 2)), s)
	})
}

// TestAgreementAcrossLists does the same for long runs in which members stop,
// are passed over, come back and lead again.
func TestAgreementAcrossLists(t *testing.T) {
	for seed := range uint64(4) {
		for _, n := range []int{4, 7} {
			rng := rand.New(rand.NewPCG(seed, uint64(n)))
			changes := agree(t, rng, shape{n: n, rounds: 60 * n, down: quorum.F(n), absent: int(5 * seed)})
			if changes < 2 {
				t.Errorf("seed %d, n=%d: the list of leaders changed %d times, want at least 2", seed, n, changes)
			}
		}
	}
}

// agree runs the loop of the package document on one DAG in two orders of
// delivery, while floors rise and lists of leaders change. Both nodes make the same
// commits, and a node that has only these has the same state. It returns how
// often the list changed.
func agree(t rapid.TB, rng *rand.Rand, s shape) (changes int) {
	all := randomDAG(rng, s)
	first := feed(t, testRules(s.n), delivery(rng, all))
	second := feed(t, testRules(s.n), delivery(rng, all))
	if first.state.Digest() != second.state.Digest() || len(first.commits) != len(second.commits) {
		t.Fatalf("%d and %d commits, states %v and %v", len(first.commits), len(second.commits), first.state, second.state)
	}
	fold(t, first, second)
	for i := 1; i < len(first.lists); i++ {
		if first.lists[i] == first.lists[i-1] {
			continue
		}
		changes++
		if (i+1)%(4*s.n) != 0 {
			t.Fatalf("the list of leaders changed at commit %d, M is %d", i+1, 4*s.n)
		}
	}
	return changes
}

func feed(t rapid.TB, rules Rules, blocks []*Vertex) *orderer {
	o := newOrderer(rules)
	for i, b := range blocks {
		if b.Ref.Round <= o.graph.Floor() {
			continue
		}
		if err := o.graph.Add(b); err != nil {
			t.Fatalf("block %d: %v", i, err)
		}
		before := len(o.commits)
		if err := o.run(); err != nil {
			t.Fatalf("own commit: %v", err)
		}
		// A new list may settle at once what the old one could not.
		if len(o.commits) > before {
			if slot, ok := NewDecider(o.graph, o.state.Rotation(), o.decider.Last()).Next(); ok {
				t.Fatalf("block %d: the decider stopped before %+v", i, slot)
			}
		}
		if o.graph.Highest() > o.graph.Floor() && o.graph.Len() > rules.Members*3*int(o.graph.Highest()-o.graph.Floor()) {
			t.Fatalf("%d blocks between %d and %d", o.graph.Len(), o.graph.Floor(), o.graph.Highest())
		}
	}
	return o
}

// fold applies the decoded commits to a fresh state, which is encoded and
// decoded on the way.
func fold(t rapid.TB, first, second *orderer) {
	s := NewState(first.state.Rules)
	for i, c := range first.commits {
		if c.ID() != second.commits[i].ID() {
			t.Fatalf("commit %d: two nodes made %+v and %+v", i+1, c, second.commits[i])
		}
		decoded, err := dag.DecodeCommit(c.Raw())
		if err != nil {
			t.Fatalf("commit %d: %v", i+1, err)
		}
		if err := s.Apply(decoded); err != nil {
			t.Fatal(err)
		}
		if s, err = DecodeState(s.Rules, s.Encode()); err != nil {
			t.Fatal(err)
		}
	}
	if s.Digest() != first.state.Digest() || !slices.Equal(s.Encode(), first.state.Encode()) {
		t.Fatalf("the fold has another state than those who decided")
	}
}

// TestLeaderPassedOver lets one of four members stop for good: after M commits
// it leads no more, and rounds are no longer skipped for it.
func TestLeaderPassedOver(t *testing.T) {
	rules := testRules(4)
	rng := rand.New(rand.NewPCG(3, 3))
	s := shape{n: 4, rounds: 120}
	var all []*Vertex
	for _, b := range randomDAG(rng, shape{n: 4, rounds: 120, down: 1}) {
		if b.Ref.Round <= dag.Round(2*s.rounds/3) {
			all = append(all, b)
		}
	}
	o := newOrderer(rules)
	for _, b := range all {
		if err := o.graph.Add(b); err != nil {
			t.Fatal(err)
		}
		if err := o.run(); err != nil {
			t.Fatal(err)
		}
	}
	var want consensus.Set
	want.Add(3)
	if o.state.PassedOver != want {
		t.Fatalf("passed over: %v, want member 3", o.state.PassedOver)
	}
	for r := o.state.LeaderRound + 1; r < o.state.LeaderRound+40; r++ {
		if a, ok := o.state.Rotation().Leader(r); !ok || a == 3 {
			t.Errorf("round %d is led by %d, %v", r, a, ok)
		}
	}
	o.state.Clone().Rotation().Leader(1)
	if clone := o.state.Clone(); clone.Digest() != o.state.Digest() || clone.Rotation().PassedOver() != want {
		t.Error("a clone differs")
	}
}

// picture adds hand-made blocks: author, round, clock, parents by index into what came before.
type picture struct {
	t  *testing.T
	g  *Graph
	at []dag.BlockRef
}

func (p *picture) block(r dag.Round, a dag.Author, clock dag.UnixMilli, parents ...int) int {
	p.t.Helper()
	v := &Vertex{Ref: ref(r, a, byte(len(p.at)+1))}
	for _, i := range parents {
		v.Parents = append(v.Parents, p.at[i])
	}
	v.Block = &dag.Block{BlockBody: dag.BlockBody{Round: r, Author: a, ClaimedAt: clock}}
	if err := p.g.Add(v); err != nil {
		p.t.Fatal(err)
	}
	p.at = append(p.at, v.Ref)
	return len(p.at) - 1
}

func TestCommitTime(t *testing.T) {
	p := &picture{t: t, g: NewGraph(4, 0)}
	a := p.block(1, 0, 400)
	b := p.block(1, 1, 100)
	c := p.block(1, 2, 300)
	d := p.block(1, 3, 200)
	four := p.block(2, 0, 9999, a, b, c, d)
	three := p.block(2, 1, 9999, b, c, d)
	rules := testRules(4)
	commit := func(s *State, i int) dag.UnixMilli { return MakeCommit(s, p.g, p.at[i], anyKey).Time }
	if got := commit(NewState(rules), four); got != 200 {
		t.Errorf("of 100, 200, 300, 400: %d, want the lower median 200", got)
	}
	if got := commit(NewState(rules), three); got != 200 {
		t.Errorf("of 100, 200, 300: %d, want 200", got)
	}
	if got := commit(NewState(rules), a); got != 0 {
		t.Errorf("of no parents: %d, want 0: its own reading may be a lie", got)
	}
	late := NewState(rules)
	late.Time = 250
	if got := commit(late, three); got != 250 {
		t.Errorf("after 250: %d, want 250: time never falls", got)
	}
	// An own parent below the window is no witness of the time: not every node has it.
	rules.Window = 1
	p.g = NewGraph(4, 0)
	p.at = nil
	own := p.block(1, 0, 1)
	for i := range dag.Author(3) {
		p.block(1, i+1, 500)
	}
	x, y, z := p.block(2, 1, 500, 1, 2, 3), p.block(2, 2, 600, 1, 2, 3), p.block(2, 3, 700, 1, 2, 3)
	rules.Window = 2
	leader := p.block(3, 0, 9999, own, x, y, z)
	if got := commit(NewState(rules), leader); got != 600 {
		t.Errorf("with a parent below the window: %d, want 600", got)
	}
}

// TestPresent checks whose blocks count as in the window, and whose as newest:
//
//	round 1   a1 b1 c1 d1
//	round 2   a2 b2 c2          d stops
//	round 3   a3 b3 c3 c3'      c equivocates, and a4 sees both:
//	round 4   a4 <- a3 b3 c3; b4 <- b3 a3 c3'
//	round 5   a5 <- a4 b4 …
func TestPresent(t *testing.T) {
	p := &picture{t: t, g: NewGraph(4, 0)}
	for a := range dag.Author(4) {
		p.block(1, a, 1)
	}
	a2, b2, c2 := p.block(2, 0, 2, 0, 1, 2, 3), p.block(2, 1, 2, 1, 0, 2, 3), p.block(2, 2, 2, 2, 0, 1, 3)
	a3, b3 := p.block(3, 0, 3, a2, b2, c2), p.block(3, 1, 3, b2, a2, c2)
	c3, c3x := p.block(3, 2, 3, c2, a2, b2), p.block(3, 2, 3, c2, b2, a2)
	a4, b4 := p.block(4, 0, 4, a3, b3, c3), p.block(4, 1, 4, b3, a3, c3x)
	a5 := p.block(5, 0, 5, a4, b4)
	for _, c := range []struct {
		leader, window int
		present        string
		newest         [4]int // index, -1: none that counts
	}{
		{a5, 10, "0123", [4]int{a5, b4, -1, 3}},
		{a5, 5, "0123", [4]int{a5, b4, -1, 3}},
		{a5, 4, "012", [4]int{a5, b4, -1, -1}},
		{a5, 2, "01", [4]int{a5, b4, -1, -1}},
		{a5, 1, "0", [4]int{a5, -1, -1, -1}},
		{a4, 10, "0123", [4]int{a4, b3, c3, 3}},
		{b4, 10, "0123", [4]int{a3, b4, c3x, 3}},
	} {
		found := p.g.newestAbove(p.g.find(&p.at[c.leader]), dag.Round(max(0, int(p.at[c.leader].Round)-c.window)))
		present := ""
		for a := range found.present.All() {
			present += string('0' + rune(a))
		}
		if present != c.present {
			t.Errorf("leader %d, window %d: present %s, want %s", c.leader, c.window, present, c.present)
		}
		for a, want := range c.newest {
			switch got := found.block[a]; {
			case got == nil && want >= 0:
				t.Errorf("leader %d, window %d: author %d has no newest block, want %v", c.leader, c.window, a, p.at[want])
			case got != nil && (want < 0 || got.Ref != p.at[want]):
				t.Errorf("leader %d, window %d: author %d has %v", c.leader, c.window, a, got.Ref)
			}
		}
	}
}
