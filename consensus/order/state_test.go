package order

import (
	"errors"
	"slices"
	"testing"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// next returns a commit that follows s, all present, changed by edit and sealed.
func next(s *State, edit func(*dag.Commit)) *dag.Commit {
	c := &dag.Commit{
		Epoch: s.Rules.Epoch, Index: s.Index + 1, Prev: s.Last, Time: s.Time + 10,
		Leader:  dag.BlockRef{Round: s.LeaderRound + 1, Author: 1, ID: dag.BlockID{1}},
		Present: consensus.First(s.Rules.Members).Bytes(s.Rules.Members),
	}
	if edit != nil {
		edit(c)
	}
	return c.Seal()
}

func apply(tb testing.TB, s *State, edit func(*dag.Commit)) {
	tb.Helper()
	if err := s.Apply(next(s, edit)); err != nil {
		tb.Fatal(err)
	}
}

func change(node int, number dag.LaneNumber, seq dag.Seq, count int) dag.CutChange {
	c := dag.CutChange{Lane: laneOf(node, number), Seq: seq}
	for i := range count {
		c.Batches = append(c.Batches, batchOf(node, seq-dag.Seq(count-1-i), int(number)))
	}
	return c
}

func moves(changes ...dag.CutChange) func(*dag.Commit) {
	return func(c *dag.Commit) { c.Cut = changes }
}

// sample has lanes of two nodes, two commits in.
func sample(tb testing.TB) *State {
	s := NewState(testRules(4))
	apply(tb, s, moves(change(0, 0, 3, 3), change(0, 1, 1, 1), change(1, 4, 2, 2)))
	apply(tb, s, moves(change(0, 0, 5, 2)))
	return s
}

func TestApplyRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*dag.Commit)
	}{
		{"another epoch", func(c *dag.Commit) { c.Epoch[0]++ }},
		{"an index ahead", func(c *dag.Commit) { c.Index++ }},
		{"an index again", func(c *dag.Commit) { c.Index-- }},
		{"another chain", func(c *dag.Commit) { c.Prev[0]++ }},
		{"a leader round again", func(c *dag.Commit) { c.Leader.Round-- }},
		{"a stranger as leader", func(c *dag.Commit) { c.Leader.Author = 4 }},
		{"a leader beyond every committee", func(c *dag.Commit) { c.Leader.Author = 65535 }},
		{"time falling", func(c *dag.Commit) { c.Time -= 11 }},
		{"no members present", func(c *dag.Commit) { c.Present = nil }},
		{"too many members", func(c *dag.Commit) { c.Present = []byte{0x1f} }},
		{"its leader absent", func(c *dag.Commit) { c.Present = []byte{0x0d} }},
		{"a gap in a lane", moves(change(0, 0, 7, 1))},
		{"a lane again", moves(change(0, 0, 5, 1))},
		{"a lane back", moves(change(0, 0, 4, 4))},
		{"a new lane not from its start", moves(change(2, 0, 2, 1))},
		{"more batches than seqs", moves(dag.CutChange{Lane: laneOf(2, 0), Seq: 1, Batches: make([]dag.BatchID, 2)})},
		{"no batches", moves(dag.CutChange{Lane: laneOf(0, 0), Seq: 5})},
		{"too many batches", moves(change(2, 0, dag.MaxAckBatches+1, dag.MaxAckBatches+1))},
		{"a closed lane", moves(change(1, 0, 1, 1))},
		{"two lanes of a class", moves(change(0, 4, 1, 1), change(0, 8, 1, 1))},
		{"lanes out of order", moves(change(1, 4, 3, 1), change(0, 0, 6, 1))},
		{"a lane twice", moves(change(0, 0, 6, 1), change(0, 0, 7, 1))},
	} {
		s := sample(t)
		before := s.Encode()
		if err := s.Apply(next(s, c.edit)); !errors.Is(err, ErrCommit) {
			t.Errorf("%s: got %v, want ErrCommit", c.name, err)
		}
		if !slices.Equal(s.Encode(), before) || s.Digest() != sample(t).Digest() {
			t.Errorf("%s: the state changed", c.name)
		}
	}
}

func TestLanesFold(t *testing.T) {
	s := sample(t)
	digest := func(node int, number dag.LaneNumber, seq dag.Seq) dag.BatchID { return batchOf(node, seq, int(number)) }
	if l, open := s.Final(laneOf(0, 0)); !open || l != (Lane{5, digest(0, 0, 5), 2}) {
		t.Errorf("lane 0/0 = %+v, %v", l, open)
	}
	if l, open := s.Final(laneOf(0, 1)); !open || l != (Lane{1, digest(0, 1, 1), 1}) {
		t.Errorf("lane 0/1 = %+v, %v", l, open)
	}
	if _, open := s.Final(laneOf(1, 0)); open {
		t.Error("a lower number of a class that has begun is open")
	}
	if l, open := s.Final(laneOf(0, 8)); !open || l != (Lane{Moved: 2}) {
		t.Errorf("a lane to be = %+v, %v, want the place of the one it closes", l, open)
	}
	if l, open := s.Final(laneOf(3, 0)); !open || l != (Lane{}) {
		t.Errorf("an unknown lane = %+v, %v", l, open)
	}
	apply(t, s, moves(change(0, 8, 1, 1)))
	if _, kept := s.Lanes[laneOf(0, 0)]; kept || len(s.Lanes) != 3 {
		t.Errorf("%d lanes kept, want 3 without the closed one", len(s.Lanes))
	}
	if want := []dag.LaneID{laneOf(0, 1), laneOf(0, 8), laneOf(1, 4)}; !slices.Equal(s.Order(), want) {
		t.Errorf("Order = %v, want %v", s.Order(), want)
	}
}

// TestDigestSeesEverything changes one thing at a time.
func TestDigestSeesEverything(t *testing.T) {
	base := sample(t).Digest()
	seen := map[dag.Digest]string{base: "the sample"}
	for name, edit := range map[string]func(*State){
		"index":            func(s *State) { s.Index++ },
		"last":             func(s *State) { s.Last[0]++ },
		"leader round":     func(s *State) { s.LeaderRound++ },
		"time":             func(s *State) { s.Time++ },
		"passed over":      func(s *State) { s.PassedOver.Add(2) },
		"seen":             func(s *State) { s.Seen.Remove(2) },
		"checkpoint index": func(s *State) { s.Checkpoint.Index++ },
		"checkpoint time":  func(s *State) { s.Checkpoint.Time++ },
		"checkpoint round": func(s *State) { s.Checkpoint.Round++ },
		"lane added":       func(s *State) { s.put(laneOf(3, 0), Lane{1, dag.BatchID{1}, 1}) },
		"lane removed":     func(s *State) { s.forget(laneOf(1, 4)) },
		"lane seq":         func(s *State) { replace(s, func(l *Lane) { l.Seq++ }) },
		"lane digest":      func(s *State) { replace(s, func(l *Lane) { l.Digest[0]++ }) },
		"lane moved":       func(s *State) { replace(s, func(l *Lane) { l.Moved++ }) },
	} {
		s := sample(t)
		edit(s)
		d := s.Digest()
		if other, taken := seen[d]; taken {
			t.Errorf("%s: the same digest as %s", name, other)
		}
		seen[d] = name
	}
	if s := sample(t).Clone(); s.Digest() != base {
		t.Error("a clone has another digest")
	}
	a := sample(t)
	b := a.Clone()
	apply(t, b, moves(change(0, 0, 6, 1)))
	if a.Digest() != base || b.Digest() == base || a.Lanes[laneOf(0, 0)].Seq != 5 {
		t.Error("a clone shares something")
	}
}

func replace(s *State, edit func(*Lane)) {
	l := s.Lanes[laneOf(1, 4)]
	s.forget(laneOf(1, 4))
	edit(&l)
	s.put(laneOf(1, 4), l)
}

// TestCheckpointCursor tells which commits are checkpoints: 450 ms or 6 rounds apart.
func TestCheckpointCursor(t *testing.T) {
	s := NewState(testRules(4))
	if s.IsCheckpoint() {
		t.Error("a state without commits is at a checkpoint")
	}
	for i, c := range []struct {
		round dag.Round
		time  dag.UnixMilli
		want  bool
	}{
		{3, 1_000_000, true}, // the first always
		{4, 1_000_000, false},
		{8, 1_000_449, false},
		{9, 1_000_449, true},   // six rounds on
		{10, 1_000_898, false}, // 449 ms after that one
		{11, 1_000_899, true},
		{12, 9_000_000, true}, // a clock leaps
		{13, 9_000_000, false},
		{18, 9_000_000, true}, // a clock stands still
	} {
		apply(t, s, func(commit *dag.Commit) { commit.Leader.Round, commit.Time = c.round, c.time })
		if s.IsCheckpoint() != c.want {
			t.Errorf("commit %d (round %d, time %d): checkpoint %v, want %v", i+1, c.round, c.time, s.IsCheckpoint(), c.want)
		}
		if c.want && s.Checkpoint != (Mark{s.Index, c.time, c.round}) {
			t.Errorf("commit %d: cursor %+v", i+1, s.Checkpoint)
		}
	}
}

// TestLeaderList checks when members are passed over, and who.
func TestLeaderList(t *testing.T) {
	const n = 7
	set := func(members ...dag.Author) (s consensus.Set) {
		for _, a := range members {
			s.Add(a)
		}
		return s
	}
	for _, c := range []struct {
		name   string
		absent consensus.Set // in every window
		once   consensus.Set // but these once
		want   consensus.Set
	}{
		{"all present", set(), set(), set()},
		{"one absent", set(5), set(), set(5)},
		{"one seen once", set(5), set(5), set()},
		{"two absent", set(2, 5), set(), set(2, 5)},
		{"more than f absent", set(2, 4, 5), set(), set(2, 4)},
	} {
		s := NewState(testRules(n))
		m := 4 * n
		for i := range 2 * m {
			apply(t, s, func(commit *dag.Commit) {
				present := consensus.First(n).Without(c.absent)
				if i == m/2 || i == m+m/2 {
					present = present.Or(c.once)
				}
				commit.Present = present.Bytes(n)
			})
			want := c.want
			if i+1 < m {
				want = set()
			}
			if s.PassedOver != want || s.Rotation().PassedOver() != want {
				t.Fatalf("%s: after commit %d: passed over %v, want %v", c.name, s.Index, s.PassedOver, want)
			}
		}
		before := s.Rotation()
		for range m {
			apply(t, s, nil)
		}
		if s.PassedOver != set() {
			t.Errorf("%s: who came back is still passed over: %v", c.name, s.PassedOver)
		}
		if (c.want != set()) == (s.Rotation() == before) {
			t.Errorf("%s: Rotation must be another one exactly when the list is", c.name)
		}
		if c.want.Count() > quorum.F(n) {
			t.Errorf("%s: more than f are passed over", c.name)
		}
	}
}

func TestFloor(t *testing.T) {
	s := NewState(testRules(4))
	for _, c := range []struct{ round, want dag.Round }{{0, 0}, {9, 0}, {10, 0}, {11, 1}, {100, 90}} {
		s.LeaderRound = c.round
		if got := s.Floor(); got != c.want {
			t.Errorf("leader round %d: floor %d, want %d", c.round, got, c.want)
		}
	}
}

func TestStateRoundTrip(t *testing.T) {
	for _, s := range []*State{NewState(testRules(4)), sample(t)} {
		back, err := DecodeState(s.Rules, s.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(back.Encode(), s.Encode()) || back.Digest() != s.Digest() {
			t.Error("decoding and encoding gave another state")
		}
		apply(t, back, moves(change(0, 0, back.Lanes[laneOf(0, 0)].Seq+1, 1)))
	}
}

func TestDecodeStateRefuses(t *testing.T) {
	whole := sample(t).Encode()
	for i := range whole {
		if _, err := DecodeState(testRules(4), whole[:i]); !errors.Is(err, ErrState) {
			t.Errorf("%d of %d bytes: got %v, want ErrState", i, len(whole), err)
		}
	}
	for name, edit := range map[string]func(*State){
		"no commit but a leader round": func(s *State) { s.Index, s.Last, s.Checkpoint, s.Lanes = 0, dag.CommitID{}, Mark{}, nil },
		"a checkpoint ahead":           func(s *State) { s.Checkpoint.Index = s.Index + 1 },
		"no checkpoint":                func(s *State) { s.Checkpoint.Index = 0 },
		"more than f passed over":      func(s *State) { s.PassedOver = consensus.First(2) },
		"two lanes of a class":         func(s *State) { s.Lanes[laneOf(0, 4)] = Lane{1, dag.BatchID{1}, 1} },
		"a lane at 0":                  func(s *State) { s.Lanes[laneOf(3, 0)] = Lane{0, dag.BatchID{1}, 1} },
		"a lane moved ahead":           func(s *State) { s.Lanes[laneOf(3, 0)] = Lane{1, dag.BatchID{1}, 9} },
	} {
		s := sample(t)
		edit(s)
		if _, err := DecodeState(s.Rules, s.Encode()); !errors.Is(err, ErrState) {
			t.Errorf("%s: got %v, want ErrState", name, err)
		}
	}
	if _, err := DecodeState(testRules(9), whole); !errors.Is(err, ErrState) {
		t.Error("the state of another committee was taken")
	}
	if _, err := DecodeState(testRules(4), make([]byte, MaxStateBytes+1)); !errors.Is(err, ErrState) {
		t.Error("an oversized state was taken")
	}
}

func FuzzDecodeState(f *testing.F) {
	f.Add(NewState(testRules(4)).Encode())
	f.Add(sample(f).Encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := DecodeState(testRules(4), raw)
		if err != nil {
			return
		}
		if !slices.Equal(s.Encode(), raw) {
			t.Errorf("%x decodes, but encodes as %x", raw, s.Encode())
		}
		s.Digest()
	})
}

// FuzzApply feeds a commit that anybody could have made to a state.
func FuzzApply(f *testing.F) {
	s := sample(f)
	f.Add(next(s, nil).Raw())
	f.Add(next(s, moves(change(0, 0, 6, 1), change(1, 8, 1, 1))).Raw())
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := dag.DecodeCommit(raw)
		if err != nil {
			return
		}
		s := sample(t)
		// Let it get past the chain.
		c.Epoch, c.Index, c.Prev = s.Rules.Epoch, s.Index+1, s.Last
		if err := s.Apply(c); err != nil && !errors.Is(err, ErrCommit) {
			t.Errorf("got %v, want ErrCommit", err)
		}
		if _, err := DecodeState(s.Rules, s.Encode()); err != nil {
			t.Errorf("the state does not decode: %v", err)
		}
	})
}
