package replica

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// TestAcksTwins has one node note of each block what the author's last did not
// say, and another one, slowly, all of it: they know the same of every lane,
// while lanes grow, become final, are lost and are replaced by others, and members say
// more than before, or less, or something else.
func TestAcksTwins(t *testing.T) {
	const n = 7
	g, nodes, members := dagtest.Genesis(n)
	founding := consensus.Found(g)
	node := func() *Replica {
		r, err := New(Config{Founding: founding, NodeKey: nodes[0], MemberKey: members[0], Rand: rand.New(rand.NewPCG(1, 1))}, &store.Restored{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	rapid.Check(t, func(t *rapid.T) {
		quick, slow := node(), node()
		both := [2]*Replica{quick, slow}
		ids := make([]dag.LaneID, n)
		for i := range ids {
			ids[i].Key = nodes[i].Public()
		}
		slices.SortFunc(ids, dag.LaneID.Compare)
		for step := range rapid.IntRange(1, 120).Draw(t, "steps") {
			id := &ids[rapid.IntRange(0, n-1).Draw(t, "lane")]
			switch rapid.IntRange(0, 11).Draw(t, "what") {
			case 0, 1, 2: // a batch comes
				for _, r := range both {
					l := r.laneOf(*id)
					ref := message.BatchRef{Lane: *id, Seq: l.tip() + 1, ID: batchAt(*id, l.tip()+1, 0)}
					r.list(l, &held{ref: ref, where: stored})
				}
			case 3: // the first of a lane is final
				for _, r := range both {
					if l := r.laneOf(*id); len(l.chain) > 0 {
						l.final, l.finalID, l.chain = l.final+1, l.chain[0].ref.ID, l.chain[1:]
					}
				}
			case 4: // what is listed is lost
				for _, r := range both {
					r.abandon(r.laneOf(*id))
				}
			case 5: // another lane takes the place of one
				if rapid.IntRange(0, 3).Draw(t, "replace") == 0 {
					id.Number += dag.LaneClasses
					quick.laneOf(*id)
					slow.laneOf(*id)
				}
			default:
				b := drawBlock(t, quick, ids)
				quick.noteAcks(b)
				for i := range b.Acks {
					if l := slow.laneBook.lane(b.Acks[i].Lane); l != nil {
						slow.noteAck(l, &b.Acks[i], b.Author)
					}
				}
			}
			compareAcked(t, step, quick, slow)
		}
	})
}

// drawBlock makes a block that lists some lanes from about what is final here to
// about what is here.
func drawBlock(t *rapid.T, r *Replica, ids []dag.LaneID) *dag.Block {
	b := &dag.Block{BlockBody: dag.BlockBody{Author: dag.Author(rapid.IntRange(0, 2).Draw(t, "author"))}}
	for _, id := range ids {
		if rapid.IntRange(0, 3).Draw(t, "listed") == 0 {
			continue
		}
		first, tip := dag.Seq(1), dag.Seq(0)
		if l := r.laneBook.lane(id); l != nil {
			first, tip = l.final+1, l.tip()
		}
		last := max(first, tip+dag.Seq(rapid.IntRange(0, 3).Draw(t, "beyond"))-min(tip, 1))
		ack := dag.Ack{Lane: id, First: first}
		branch := rapid.IntRange(0, 9).Draw(t, "branch") / 9
		for seq := first; seq <= last; seq++ {
			ack.Batches = append(ack.Batches, batchAt(id, seq, branch))
		}
		b.Acks = append(b.Acks, ack)
	}
	return b
}

func batchAt(id dag.LaneID, seq dag.Seq, branch int) (batch dag.BatchID) {
	copy(batch[:], id.Key[:8])
	batch[8], batch[9], batch[10] = byte(id.Number), byte(seq), byte(branch)
	return batch
}

func compareAcked(t *rapid.T, step int, quick, slow *Replica) {
	if len(quick.laneBook.all) != len(slow.laneBook.all) {
		t.Fatalf("step %d: %d lanes, want %d", step, len(quick.laneBook.all), len(slow.laneBook.all))
	}
	for i, got := range quick.laneBook.all {
		want := slow.laneBook.all[i]
		if got.id != want.id || got.replicated != want.replicated || !slices.Equal(got.acked, want.acked) {
			t.Fatalf("step %d: of lane %v, replicated to %d, is told %v; want lane %v, %d, %v",
				step, got.id, got.replicated, got.acked, want.id, want.replicated, want.acked)
		}
		further := 0
		for _, seq := range got.acked {
			if seq > got.replicated {
				further++
			}
		}
		if got.further != further {
			t.Fatalf("step %d: %d members hold more than what is replicated, counted are %d", step, further, got.further)
		}
	}
}

// TestLaneTable fills tables with lanes of all classes of some gateways.
func TestLaneTable(t *testing.T) {
	for gateways := range 70 {
		var table laneTable
		var all []*lane
		for c := range class(gateways * dag.LaneClasses) {
			if l := table.find(c); l != nil {
				t.Fatalf("of %d gateways class %d is there before it was added", gateways, c)
			}
			all = append(all, &lane{class: c})
			table.add(all[c], all)
		}
		for c := range class(gateways*dag.LaneClasses + 1) {
			var want *lane
			if int(c) < len(all) {
				want = all[c]
			}
			if got := table.find(c); got != want {
				t.Fatalf("of %d gateways class %d is %v, want %v", gateways, c, got, want)
			}
		}
	}
}
