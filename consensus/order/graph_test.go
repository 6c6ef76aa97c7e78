package order

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"weak"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

func drawShape(t *rapid.T) (shape, *rand.Rand) {
	n := rapid.SampledFrom([]int{1, 2, 4, 4, 5, 7, 10}).Draw(t, "n")
	s := shape{
		n:       n,
		rounds:  rapid.IntRange(3, 14).Draw(t, "rounds"),
		liars:   rapid.IntRange(0, n).Draw(t, "liars"),
		absent:  rapid.SampledFrom([]int{0, 10, 40}).Draw(t, "absent"),
		sparse:  rapid.Bool().Draw(t, "sparse"),
		hostile: rapid.Bool().Draw(t, "hostile"),
	}
	return s, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
}

// TestTwins compares the decider with the naive rule after every block, in any
// order of delivery, with any number of liars and ill-formed blocks.
func TestTwins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, rng := drawShape(t)
		blocks := delivery(rng, randomDAG(rng, s))
		schedule := NewRotation(dag.EpochID{byte(rng.IntN(256))}, s.n, consensus.Set{})
		g := NewGraph(s.n, 0)
		for i, b := range blocks {
			if err := g.Add(b); err != nil {
				t.Fatalf("block %d: %v", i, err)
			}
			// Naive is quartic: look at every prefix of some runs and at some of every run.
			if len(blocks) > 60 && i%7 != 0 && i+1 < len(blocks) {
				continue
			}
			got := NewDecider(g, schedule, 0).Pending()
			want := newNaive(s.n, schedule, blocks[:i+1]).pending(0)
			if !slices.Equal(got, want) {
				t.Fatalf("after block %d:\ndecider %v\nnaive   %v", i, got, want)
			}
		}
	})
}

// TestDecisionsStay follows two deciders over one DAG in two orders of
// delivery: with at most f liars what one has decided never changes, and the
// other decides the same.
func TestDecisionsStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, rng := drawShape(t)
		s.hostile, s.liars = false, min(s.liars, quorum.F(s.n))
		all := randomDAG(rng, s)
		schedule := NewRotation(dag.EpochID{1}, s.n, consensus.Set{})
		var yielded [2][]Decision
		for k := range yielded {
			g := NewGraph(s.n, 0)
			d := NewDecider(g, schedule, 0)
			for i, b := range delivery(rng, all) {
				if err := g.Add(b); err != nil {
					t.Fatalf("block %d: %v", i, err)
				}
				for slot, ok := d.Next(); ok; slot, ok = d.Next() {
					yielded[k] = append(yielded[k], slot)
				}
			}
			for i, slot := range newNaive(s.n, schedule, all).pending(0) {
				if i < len(yielded[k]) {
					if yielded[k][i] != slot {
						t.Fatalf("slot %d was yielded as %v, at the end it is %v", i, yielded[k][i], slot)
					}
				} else if i == len(yielded[k]) && slot.Status != Undecided {
					t.Fatalf("slot %d is decided (%v), but Next did not yield it", i, slot.Status)
				}
			}
		}
		if !slices.Equal(yielded[0], yielded[1]) {
			t.Fatalf("two orders of delivery disagree:\n%v\n%v", yielded[0], yielded[1])
		}
	})
}

func ref(r dag.Round, a dag.Author, id byte) dag.BlockRef {
	return dag.BlockRef{Round: r, Author: a, ID: dag.BlockID{id}}
}

// full adds rounds first…last of one block per author, each with all parents.
func full(tb testing.TB, g *Graph, first, last dag.Round) {
	tb.Helper()
	for r := first; r <= last; r++ {
		var parents []dag.BlockRef
		for a := range dag.Author(g.n) {
			if p := g.Lowest(r-1, a); p != nil {
				parents = append(parents, p.Ref)
			}
		}
		for a := range dag.Author(g.n) {
			body := dag.BlockBody{Round: r, Author: a, ClaimedAt: dag.UnixMilli(r)}
			v := &Vertex{Ref: ref(r, a, byte(r)), Parents: parents, Block: &dag.Block{BlockBody: body}}
			if err := g.Add(v); err != nil {
				tb.Fatal(err)
			}
		}
	}
}

func TestAddRefuses(t *testing.T) {
	g := NewGraph(4, 5)
	full(t, g, 6, 8)
	for _, c := range []struct {
		name string
		v    Vertex
		want error
	}{
		{"a stranger", Vertex{Ref: ref(9, 4, 1)}, ErrMalformed},
		{"an author beyond every committee", Vertex{Ref: ref(9, 65535, 1)}, ErrMalformed},
		{"a stranger's block as parent", Vertex{Ref: ref(9, 0, 1), Parents: []dag.BlockRef{ref(8, 200, 8)}}, ErrMalformed},
		{"a parent of its own round", Vertex{Ref: ref(8, 0, 1), Parents: []dag.BlockRef{ref(8, 1, 8)}}, ErrMalformed},
		{"a parent of the far future", Vertex{Ref: ref(8, 0, 1), Parents: []dag.BlockRef{ref(1<<63, 1, 8)}}, ErrMalformed},
		{"round 0", Vertex{Ref: ref(0, 0, 1)}, ErrBelowFloor},
		{"the floor", Vertex{Ref: ref(5, 0, 1)}, ErrBelowFloor},
		{"a known block", Vertex{Ref: ref(7, 0, 7)}, ErrKnown},
		{"a missing parent", Vertex{Ref: ref(8, 0, 1), Parents: []dag.BlockRef{ref(7, 1, 99)}}, ErrMissingParent},
		{"a round without one before", Vertex{Ref: ref(10, 0, 1)}, ErrMissingParent},
		{"the far future", Vertex{Ref: ref(1<<64-1, 0, 1)}, ErrMissingParent},
	} {
		before := g.Len()
		if err := g.Add(&c.v); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		if g.Len() != before {
			t.Errorf("%s: the graph changed", c.name)
		}
	}
}

func TestGraphReads(t *testing.T) {
	g := NewGraph(4, 5)
	full(t, g, 6, 8)
	second := &Vertex{Ref: ref(8, 2, 1), Parents: []dag.BlockRef{ref(7, 2, 7), ref(3, 1, 3)}}
	if err := g.Add(second); err != nil {
		t.Fatal(err)
	}
	if g.Len() != 13 || g.Highest() != 8 || g.Floor() != 5 {
		t.Errorf("len, highest, floor = %d, %d, %d, want 13, 8, 5", g.Len(), g.Highest(), g.Floor())
	}
	if got := slices.Collect(g.Slot(8, 2)); len(got) != 2 || g.Count(8, 2) != 2 || got[0] != second || g.Lowest(8, 2) != second {
		t.Errorf("slot (8, 2) holds %d blocks, want 2, the lower id first", len(got))
	}
	missing := []dag.BlockRef{ref(8, 2, 55), ref(9, 1, 9)}
	if got := g.Missing(append([]dag.BlockRef{ref(5, 0, 42), ref(8, 2, 1), ref(6, 3, 6)}, missing...)); !slices.Equal(missing, got) {
		t.Errorf("Missing = %v, want %v", got, missing)
	}
	if v, ok := g.Get(second.Ref); !ok || v != second {
		t.Error("Get does not find a block")
	}
	if _, ok := g.Get(ref(8, 9, 1)); ok {
		t.Error("Get finds a stranger's block")
	}
	if !g.Supported(7, 1) || g.Skippable(7, 1) {
		t.Error("a block that all vote for is not supported, or is skippable")
	}
	if g.Supported(8, 1) || g.Skippable(8, 1) {
		t.Error("a block of the highest round is supported or skippable")
	}
	if present := g.Authors(8); present.Count() != 4 {
		t.Errorf("%d authors in round 8, want 4", present.Count())
	}
}

// TestLateLeader adds a leader's block after a quorum went on without it:
//
//	a1 ── a2    b2 and c2 came first and do not see d1;
//	b1 ── b2    its slot was skippable while it was unknown,
//	c1 ── c2    and stays so when it comes.
//	d1 (late)
func TestLateLeader(t *testing.T) {
	g := NewGraph(4, 0)
	parents := []dag.BlockRef{ref(1, 0, 1), ref(1, 1, 1), ref(1, 2, 1)}
	for a := range dag.Author(3) {
		if err := g.Add(&Vertex{Ref: ref(1, a, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if g.Skippable(1, 3) {
		t.Error("skippable although nobody went on")
	}
	for a := range dag.Author(3) {
		if err := g.Add(&Vertex{Ref: ref(2, a, 2), Parents: parents}); err != nil {
			t.Fatal(err)
		}
	}
	if !g.Skippable(1, 3) {
		t.Error("not skippable although a quorum went on without the leader")
	}
	if err := g.Add(&Vertex{Ref: ref(1, 3, 1)}); err != nil {
		t.Fatal(err)
	}
	if !g.Skippable(1, 3) || g.Supported(1, 3) {
		t.Error("a late leader block changed the verdict")
	}
}

// TestForkedVoter has b vote twice, in a hostile DAG where blocks may name two of a slot:
//
//	a1 a1'            the leader equivocates
//	b2 <- a1' a1      votes for a1'; its second parent in the slot is no vote
//	b2' <- a1         votes for a1
//	c2 d2 <- a1       vote for a1
//	x3 <- b2 c2 d2    holds two votes for a1: no certificate
//	y3 <- b2' c2 d2   holds three
func TestForkedVoter(t *testing.T) {
	g := NewGraph(4, 0)
	add := func(r dag.BlockRef, parents ...dag.BlockRef) dag.BlockRef {
		if err := g.Add(&Vertex{Ref: r, Parents: parents}); err != nil {
			t.Fatal(err)
		}
		return r
	}
	a1, a1x := add(ref(1, 0, 1)), add(ref(1, 0, 2))
	b2, b2x := add(ref(2, 1, 1), a1x, a1), add(ref(2, 1, 2), a1)
	c2, d2 := add(ref(2, 2, 1), a1), add(ref(2, 3, 1), a1)
	x3, y3 := add(ref(3, 2, 1), b2, c2, d2), add(ref(3, 3, 1), b2x, c2, d2)
	if g.certifies(g.find(&x3), g.find(&a1)) {
		t.Error("a vote of a block that is not among the parents counts")
	}
	if !g.certifies(g.find(&y3), g.find(&a1)) {
		t.Error("three votes are no certificate")
	}
	if got := g.certified(g.find(&a1)); got.Count() != 1 || !got.Has(3) {
		t.Errorf("certificates by %v, want by author 3", got)
	}
}

// TestReschedule changes the leaders after a slot has been evaluated.
func TestReschedule(t *testing.T) {
	g := NewGraph(4, 0)
	full(t, g, 1, 8)
	a, b := &table{}, &table{}
	for r := dag.Round(1); r <= 8; r++ {
		(*a)[r], (*b)[r] = 0, 1
	}
	d := NewDecider(g, a, 0)
	if slot, ok := d.Next(); !ok || slot.Leader != 0 {
		t.Fatalf("first slot %+v, %v", slot, ok)
	}
	d.Pending()
	d.Reschedule(b)
	for r := dag.Round(2); r <= 6; r++ {
		if slot, ok := d.Next(); !ok || slot.Round != r || slot.Leader != 1 || slot.Block.Ref.Author != 1 {
			t.Errorf("slot %d after the change: %+v, %v", r, slot, ok)
		}
	}
	if leader, ok := d.Leader(7); !ok || leader != 1 {
		t.Errorf("round 7 is led by %d, %v", leader, ok)
	}
}

// TestSettled follows one slot from unknown to decided.
func TestSettled(t *testing.T) {
	g := NewGraph(4, 0)
	s := table{1: 3, 2: 3, 4: 0}
	d := NewDecider(g, &s, 0)
	for a := range dag.Author(3) {
		if err := g.Add(&Vertex{Ref: ref(1, a, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if d.Settled(1) {
		t.Error("settled without a block of the next round")
	}
	full(t, g, 2, 2)
	if !d.Settled(1) || d.Settled(2) {
		t.Error("a slot that a quorum went on without is not settled, or one of the highest round is")
	}
	full(t, g, 3, 3)
	if !d.Settled(2) || !d.Settled(3) {
		t.Error("a slot with a quorum of votes, or a round without a leader, is not settled")
	}
	if _, ok := d.Next(); !ok || !d.Settled(1) {
		t.Error("a slot that was yielded is not settled")
	}
}

func TestPrune(t *testing.T) {
	g := NewGraph(4, 0)
	full(t, g, 1, 9)
	g.Prune(6)
	if g.Len() != 12 || g.Floor() != 6 || g.Highest() != 9 {
		t.Fatalf("len, floor, highest = %d, %d, %d, want 12, 6, 9", g.Len(), g.Floor(), g.Highest())
	}
	g.Prune(3)
	if g.Floor() != 6 {
		t.Error("the floor fell")
	}
	if !g.Has(ref(6, 0, 77)) || g.Has(ref(7, 0, 77)) {
		t.Error("Has: at the floor every block counts as present, above it none that is not here")
	}
	full(t, g, 10, 12)
	d := NewDecider(g, NewRotation(dag.EpochID{}, 4, consensus.Set{}), 6)
	for r := dag.Round(7); r <= 10; r++ {
		if s, ok := d.Next(); !ok || s.Round != r || s.Status != Commit {
			t.Errorf("slot %d: got %+v, %v, want a commit", r, s, ok)
		}
	}
	if _, ok := d.Next(); ok {
		t.Error("a slot without a round of certificates was decided")
	}
	newest := ref(12, 0, 12)
	old := weak.Make(g.find(&newest))
	g.Prune(100)
	if g.Len() != 0 || g.Floor() != 100 || g.Highest() != 100 {
		t.Errorf("len, floor, highest = %d, %d, %d, want 0, 100, 100", g.Len(), g.Floor(), g.Highest())
	}
	full(t, g, 101, 103)
	if runtime.GC(); old.Value() != nil {
		t.Error("a dropped block is still in memory")
	}
	runtime.KeepAlive(g)
}
