package order

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// list parses "3: a b c", what a member lists from seq 3; digests are letters.
func list(lane dag.LaneID, s string) *dag.Block {
	b := &dag.Block{}
	if s == "" {
		return b
	}
	first, digests, _ := strings.Cut(s, ":")
	ack := dag.Ack{Lane: lane}
	if _, err := fmt.Sscan(first, &ack.First); err != nil {
		panic(err)
	}
	for d := range strings.FieldsSeq(digests) {
		ack.Batches = append(ack.Batches, dag.BatchID{d[0]})
	}
	b.Acks = append(b.Acks, ack)
	return b
}

// finalAt returns a state of four members in which a lane is final at seq with a digest.
func finalAt(lane dag.LaneID, seq dag.Seq, digest byte) *State {
	s := NewState(testRules(4))
	if seq > 0 {
		s.put(lane, Lane{seq, dag.BatchID{digest}, 1})
	}
	return s
}

// show writes a lane's growth as "3: a b".
func show(cut []dag.CutChange) string {
	if len(cut) == 0 {
		return ""
	}
	s := fmt.Sprintf("%d:", int(cut[0].Seq)-len(cut[0].Batches)+1)
	for _, d := range cut[0].Batches {
		s += " " + string(d[0])
	}
	return s
}

// TestCut tells what one lane grows by; f+1 is 2.
func TestCut(t *testing.T) {
	lane := laneOf(0, 0)
	for _, c := range []struct {
		name   string
		seq    dag.Seq // final
		digest byte
		lists  [4]string // "-": the member has two newest blocks, or none
		want   string
	}{
		{"nobody lists", 0, 0, [4]string{}, ""},
		{"a new lane", 0, 0, [4]string{"1: a b", "1: a b c", "", ""}, "1: a b"},
		{"one alone moves nothing", 0, 0, [4]string{"1: a b", "", "", ""}, ""},
		{"starts right after", 2, 'b', [4]string{"3: c", "3: c d", "", "3: c d"}, "3: c d"},
		{"agrees at the final batch", 2, 'b', [4]string{"2: b c", "1: a b c d", "2: b c d", ""}, "3: c d"},
		{"agrees there and lists no more", 2, 'b', [4]string{"2: b", "1: a b", "", ""}, ""},
		{"one agrees, one starts right after", 2, 'b', [4]string{"2: b c", "3: c", "", ""}, "3: c"},
		{"starts beyond", 2, 'b', [4]string{"4: d e", "4: d e", "4: d e", "3: c"}, ""},
		{"beyond does not help those that count", 2, 'b', [4]string{"4: d", "4: d", "3: c d", "3: c"}, "3: c"},
		{"ends below", 5, 'e', [4]string{"1: a b c d", "1: a b c d", "3: c d", ""}, ""},
		{"another branch at the final batch", 2, 'b', [4]string{"2: B C", "2: B C", "2: B C", "3: c"}, ""},
		{"a branch after the final batch: plurality", 2, 'b', [4]string{"3: C d", "3: c d", "3: c d", "3: c x"}, "3: c d"},
		{"dissenters stop counting", 2, 'b', [4]string{"3: c d", "3: c d", "3: C d", "3: C d"}, "3: C d"},
		{"dissenters later agree in vain", 2, 'b', [4]string{"3: c d e", "3: c d e", "3: c D E", "3: c D E"}, "3: c D E"},
		{"a dissenter's next is not counted", 2, 'b', [4]string{"3: c", "3: c d", "3: C d", ""}, "3: c"},
		{"a tie takes the lower digest", 0, 0, [4]string{"1: b", "1: b", "1: a", "1: a"}, "1: a"},
		{"a split below f+1", 0, 0, [4]string{"1: a", "1: b", "1: c", "1: d"}, ""},
		{"who stopped listing does not count on", 0, 0, [4]string{"1: a", "1: a", "1: a b", ""}, "1: a"},
		{"an equivocating member is ignored", 0, 0, [4]string{"1: a", "-", "", ""}, ""},
		{"seq 0 is no seq", 0, 0, [4]string{"0: x a", "0: x a", "0: x a", ""}, ""},
		{"the end of numbers", 2, 'b', [4]string{"18446744073709551615: z z", "18446744073709551615: z z", "3: c", "3: c"}, "3: c"},
	} {
		var blocks []*dag.Block
		for _, l := range c.lists {
			if l == "-" {
				blocks = append(blocks, nil)
				continue
			}
			blocks = append(blocks, list(lane, l))
		}
		cut := Cut(finalAt(lane, c.seq, c.digest), blocks, anyKey)
		if got := show(cut); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCutLanes tells which lanes may move at all.
func TestCutLanes(t *testing.T) {
	number := func(n dag.LaneNumber) dag.LaneID { return laneOf(0, n) }
	for _, c := range []struct {
		name  string
		final []dag.LaneID
		acks  []dag.LaneID // two members list batch 1 of each
		want  []dag.LaneID
	}{
		{"each class has its own", nil, []dag.LaneID{number(0), number(1), number(2), number(3)}, []dag.LaneID{number(0), number(1), number(2), number(3)}},
		{"a higher number closes a lower one", []dag.LaneID{number(0)}, []dag.LaneID{number(4)}, []dag.LaneID{number(4)}},
		{"a closed lane stays closed", []dag.LaneID{number(8)}, []dag.LaneID{number(4)}, nil},
		{"other classes stay open", []dag.LaneID{number(8)}, []dag.LaneID{number(1)}, []dag.LaneID{number(1)}},
		{"of one class the highest", nil, []dag.LaneID{number(0), number(4), number(5), number(8)}, []dag.LaneID{number(5), number(8)}},
		{"strangers have no lanes", nil, []dag.LaneID{laneOf(99, 0), number(0)}, []dag.LaneID{number(0)}},
		{"key order", nil, []dag.LaneID{laneOf(2, 0), laneOf(0, 0), laneOf(1, 0)}, []dag.LaneID{laneOf(0, 0), laneOf(1, 0), laneOf(2, 0)}},
	} {
		s := NewState(testRules(4))
		for _, id := range c.final {
			s.put(id, Lane{1, dag.BatchID{1}, 1})
		}
		b := &dag.Block{}
		for _, id := range c.acks {
			b.Acks = append(b.Acks, dag.Ack{Lane: id, First: 1, Batches: []dag.BatchID{{9}}})
		}
		var got []dag.LaneID
		for _, change := range Cut(s, []*dag.Block{b, nil, b, nil}, func(k dag.PublicKey) bool { return k[0] < 99 }) {
			got = append(got, change.Lane)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: moved %v, want %v", c.name, got, c.want)
		}
	}
}

func TestCutCountsAMemberOnce(t *testing.T) {
	b := list(laneOf(0, 0), "1: a")
	b.Acks = append(b.Acks, b.Acks[0])
	if cut := Cut(NewState(testRules(4)), []*dag.Block{b, nil, nil, nil}, anyKey); len(cut) != 0 {
		t.Errorf("one member listing a lane twice moved it: %v", cut)
	}
}

// TestCutProperties draws final cuts and lists at random, most of them near each
// other, f members lying, and checks what a cut promises.
func TestCutProperties(t *testing.T) {
	moved := 0
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 10).Draw(t, "n")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
		lane, final := laneOf(0, 0), dag.Seq(rng.IntN(6))
		s := NewState(testRules(n))
		if final > 0 {
			s.put(lane, Lane{final, batchOf(0, final, 0), 1})
		}
		f := quorum.F(n)
		blocks := make([]*dag.Block, n)
		held := map[dag.Seq]map[dag.BatchID]bool{} // by honest members
		for a := range blocks {
			ack := dag.Ack{Lane: lane, First: dag.Seq(1 + rng.IntN(8))}
			// A lane's owner may fork it, at any seq; a branch goes on as itself.
			branch, fork := 0, dag.Seq(rng.IntN(14))
			for i := range dag.Seq(rng.IntN(9)) {
				if seq := ack.First + i; seq >= fork && seq > final {
					branch = 1
				}
				id := batchOf(0, ack.First+i, branch)
				if a < f && rng.IntN(3) == 0 {
					id = batchOf(0, ack.First+i, 2+rng.IntN(2))
				}
				ack.Batches = append(ack.Batches, id)
				if a >= f {
					if held[ack.First+i] == nil {
						held[ack.First+i] = map[dag.BatchID]bool{}
					}
					held[ack.First+i][id] = true
				}
			}
			blocks[a] = &dag.Block{BlockBody: dag.BlockBody{Acks: []dag.Ack{ack}}}
		}
		cut := Cut(s, blocks, anyKey)
		if len(cut) == 0 {
			return
		}
		moved++
		first := cut[0].Seq - dag.Seq(len(cut[0].Batches)) + 1
		if first != final+1 {
			t.Fatalf("the cut goes on at %d after %d", first, final)
		}
		for i, id := range cut[0].Batches {
			if !held[first+dag.Seq(i)][id] {
				t.Fatalf("batch %d of the cut is held by no honest member", i)
			}
		}
	})
	if moved == 0 {
		t.Error("no cut moved: the test tests nothing")
	}
}
