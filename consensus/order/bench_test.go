package order

import (
	"fmt"
	"testing"

	"github.com/floormesh/floormesh/dag"
)

// BenchmarkRound measures one round of a calm committee: n blocks added, one
// slot decided, the commit made and applied, a round pruned. Every member's
// lane moves by one batch.
func BenchmarkRound(b *testing.B) {
	for _, n := range []int{4, 31, 100} {
		for _, down := range []int{0, 1} {
			b.Run(fmt.Sprintf("n=%d/down=%d", n, down), func(b *testing.B) {
				rules := testRules(n)
				rules.Window = 100
				o := newOrderer(rules)
				r := dag.Round(0)
				var parents []dag.BlockRef
				round := func() {
					r++
					parents = calmRound(b, o, r, n-down, parents)
					if err := o.run(); err != nil {
						b.Fatal(err)
					}
					o.commits, o.lists = o.commits[:0], o.lists[:0]
				}
				for range 250 {
					round()
				}
				b.ReportAllocs()
				for b.Loop() {
					round()
				}
				b.ReportMetric(float64(n-down)*float64(b.N)/b.Elapsed().Seconds(), "blocks/s")
				if final, _ := o.state.Final(laneOf(0, 0)); final.Seq+4+dag.Seq(4*down) < dag.Seq(r) {
					b.Fatalf("at round %d only batch %d is final", r, final.Seq)
				}
				if o.state.LeaderRound+4+dag.Round(4*down) < r {
					b.Fatalf("at round %d only %d is committed", r, o.state.LeaderRound)
				}
			})
		}
	}
}

// calmRound adds a block of each of the first n members, which all list of
// every lane what is not final yet.
func calmRound(b *testing.B, o *orderer, r dag.Round, n int, parents []dag.BlockRef) []dag.BlockRef {
	refs := make([]dag.BlockRef, n)
	acks := make([]dag.Ack, n)
	for i := range acks {
		final, _ := o.state.Final(laneOf(i, 0))
		acks[i] = dag.Ack{Lane: laneOf(i, 0), First: final.Seq + 1}
		for seq := acks[i].First; seq <= dag.Seq(r); seq++ {
			acks[i].Batches = append(acks[i].Batches, dag.BatchID{byte(i), byte(seq), byte(seq >> 8), byte(seq >> 16)})
		}
	}
	for a := range refs {
		refs[a] = dag.BlockRef{Round: r, Author: dag.Author(a), ID: dag.BlockID{byte(a), byte(r), byte(r >> 8), byte(r >> 16)}}
		body := dag.BlockBody{Round: r, Author: dag.Author(a), Parents: parents, ClaimedAt: dag.UnixMilli(r), Acks: acks}
		if err := o.graph.Add(&Vertex{Ref: refs[a], Parents: parents, Block: &dag.Block{BlockBody: body}}); err != nil {
			b.Fatal(err)
		}
	}
	return refs
}

// BenchmarkDecideFarAnchor measures deciding a long undecided stretch at once:
// nobody votes for the leaders of most rounds until the last few.
func BenchmarkDecideFarAnchor(b *testing.B) {
	for _, n := range []int{4, 31, 100} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			g := NewGraph(n, 0)
			rotation := NewState(testRules(n)).Rotation()
			stall(b, g, rotation, 60)
			b.ReportAllocs()
			for b.Loop() {
				if got := len(NewDecider(g, rotation, 0).Pending()); got != 62 {
					b.Fatalf("%d slots", got)
				}
			}
		})
	}
}

// stall adds rounds in which just short of a quorum vote for each leader,
// then four calm ones.
func stall(b *testing.B, g *Graph, s Schedule, rounds dag.Round) {
	var before []dag.BlockRef
	for r := dag.Round(1); r <= rounds+4; r++ {
		leader, _ := s.Leader(r - 1)
		refs := make([]dag.BlockRef, g.n)
		for a := range refs {
			var parents []dag.BlockRef
			for _, p := range before {
				if r <= rounds && p.Author == leader && a > g.n/2 && dag.Author(a) != leader {
					continue
				}
				parents = append(parents, p)
			}
			refs[a] = ref(r, dag.Author(a), byte(r))
			if err := g.Add(&Vertex{Ref: refs[a], Parents: parents}); err != nil {
				b.Fatal(err)
			}
		}
		before = refs
	}
}
