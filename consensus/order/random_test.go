package order

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// shape describes a random DAG.
type shape struct {
	n, rounds int
	liars     int  // the first members make up to three blocks a slot
	absent    int  // percent of slots left empty, as far as a quorum stays
	sparse    bool // only a quorum of parents instead of nearly all
	hostile   bool // parents below a quorum, twice in one slot, of older rounds
	down      int  // members, from the last, that stop for the middle third
}

// randomDAG returns blocks in causal order. Unless hostile, each is well-formed.
func randomDAG(rng *rand.Rand, s shape) []*Vertex {
	var all []*Vertex
	byRound := make([]map[dag.Author][]*Vertex, s.rounds+1)
	newest := map[dag.Author]*Vertex{}
	for r := 1; r <= s.rounds; r++ {
		byRound[r] = map[dag.Author][]*Vertex{}
		for _, a := range s.authors(rng, r) {
			copies := 1
			if int(a) < s.liars {
				copies += rng.IntN(3)
			}
			for k := range copies {
				v := &Vertex{Ref: dag.BlockRef{
					Round: dag.Round(r), Author: a,
					ID: sha256.Sum256(fmt.Appendf(nil, "%d/%d/%d/%d", r, a, k, rng.Uint64())),
				}}
				if r > 1 {
					v.Parents = s.parents(rng, v.Ref, byRound[r-1], newest[a])
				}
				v.Block = &dag.Block{BlockBody: dag.BlockBody{
					Round: v.Ref.Round, Author: a, Parents: v.Parents,
					ClaimedAt: dag.UnixMilli(100*r + rng.IntN(50)), Acks: s.acks(rng, r),
				}}
				byRound[r][a] = append(byRound[r][a], v)
				all = append(all, v)
			}
		}
		for a, blocks := range byRound[r] {
			newest[a] = blocks[0]
		}
	}
	return all
}

// authors returns who makes blocks in round r, at least a quorum.
func (s shape) authors(rng *rand.Rand, r int) []dag.Author {
	var in []dag.Author
	left := s.n
	for _, a := range rng.Perm(s.n) {
		down := a >= s.n-s.down && r > s.rounds/3 && r <= 2*s.rounds/3
		if down || rng.IntN(100) < s.absent && left > quorum.Q(s.n) {
			left--
			continue
		}
		in = append(in, dag.Author(a))
	}
	return in
}

// parents picks the own newest block and others of the round before.
func (s shape) parents(rng *rand.Rand, of dag.BlockRef, before map[dag.Author][]*Vertex, own *Vertex) []dag.BlockRef {
	var parents []dag.BlockRef
	authors := 0
	if own != nil {
		parents = append(parents, own.Ref)
		if own.Ref.Round+1 == of.Round {
			authors++
		}
	}
	for _, a := range rng.Perm(s.n) {
		blocks := before[dag.Author(a)]
		if len(blocks) == 0 || dag.Author(a) == of.Author && len(parents) > 0 {
			continue
		}
		if enough := authors >= quorum.Q(s.n); enough && (s.sparse || rng.IntN(4) == 0) {
			continue
		}
		if s.hostile && rng.IntN(5) == 0 {
			continue
		}
		parents = append(parents, blocks[rng.IntN(len(blocks))].Ref)
		authors++
		if s.hostile && rng.IntN(4) == 0 {
			parents = append(parents, blocks[rng.IntN(len(blocks))].Ref)
		}
	}
	// Even a hostile block of round r comes after some block of round r-1.
	for a := 0; authors == 0 && a < s.n; a++ {
		if blocks := before[dag.Author(a)]; len(blocks) > 0 {
			parents = append(parents, blocks[0].Ref)
			authors++
		}
	}
	return parents
}

// acks lists, for each node's lane, batches around where its cut may be.
func (s shape) acks(rng *rand.Rand, r int) []dag.Ack {
	var acks []dag.Ack
	for node := range s.n {
		if rng.IntN(3) == 0 {
			continue
		}
		ack := dag.Ack{Lane: laneOf(node, 0), First: dag.Seq(max(1, r-8))}
		for i := range rng.IntN(20) + 1 {
			ack.Batches = append(ack.Batches, batchOf(node, ack.First+dag.Seq(i), 0))
		}
		acks = append(acks, ack)
	}
	return acks
}

func laneOf(node int, number dag.LaneNumber) dag.LaneID {
	return dag.LaneID{Key: dag.PublicKey{byte(node + 1)}, Number: number}
}

func batchOf(node int, seq dag.Seq, branch int) dag.BatchID {
	return sha256.Sum256(fmt.Appendf(nil, "batch %d/%d/%d", node, seq, branch))
}

// delivery returns the blocks in another causal order: each next one is among
// the first few whose parents have come.
func delivery(rng *rand.Rand, blocks []*Vertex) []*Vertex {
	here := map[dag.BlockRef]bool{}
	left := append([]*Vertex(nil), blocks...)
	var out []*Vertex
	for len(left) > 0 {
		i := rng.IntN(min(len(left), 12))
		for !ready(left[i], here) {
			i = (i + 1) % len(left)
		}
		here[left[i].Ref] = true
		out = append(out, left[i])
		left = append(left[:i], left[i+1:]...)
	}
	return out
}

func ready(v *Vertex, here map[dag.BlockRef]bool) bool {
	if v.Ref.Round == 1 {
		return true
	}
	for _, p := range v.Parents {
		if !here[p] {
			return false
		}
	}
	return len(v.Parents) > 0
}

// testRules are short, so that small DAGs cross every border.
func testRules(n int) Rules {
	return Rules{Epoch: dag.EpochID{7}, Members: n, Window: 10, CheckpointMillis: 450, CheckpointRounds: 6}
}

func anyKey(dag.PublicKey) bool { return true }

// orderer is the loop of the package document.
type orderer struct {
	state   *State
	graph   *Graph
	decider *Decider
	commits []*dag.Commit
	lists   []consensus.Set // of members passed over, after each commit
}

func newOrderer(rules Rules) *orderer {
	s, g := NewState(rules), NewGraph(rules.Members, 0)
	return &orderer{state: s, graph: g, decider: NewDecider(g, s.Rotation(), 0)}
}

func (o *orderer) run() error {
	for {
		slot, ok := o.decider.Next()
		if !ok {
			return nil
		}
		if slot.Status != Commit {
			continue
		}
		c := MakeCommit(o.state, o.graph, slot.Block.Ref, anyKey)
		if err := o.state.Apply(c); err != nil {
			return err
		}
		o.commits = append(o.commits, c)
		o.lists = append(o.lists, o.state.PassedOver)
		o.decider.Reschedule(o.state.Rotation())
		o.graph.Prune(o.state.Floor())
	}
}
