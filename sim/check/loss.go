package check

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// losses is what it means that disks were lost. Nothing of it counts in a run in
// which none is: then every acknowledged record must become final.
//
// A gateway that lost its disk is held to this:
//
//   - What it acknowledged must become final if the batch that holds it, and all
//     before it in its lane that were not final yet, were durable on the disks of
//     honest members when that one was lost. What no other disk held is lost with it.
//   - If it is not final either when the gateway begins a new lane, it may be
//     lost too: a lane's new number closes the one before it, for good.
//   - What is final anywhere must become final on it again, from the first commit
//     on, as if it were new.
//   - It signs no block of a round up to the highest that f+1 honest members durably
//     had one of: whatever quorum it asks, somebody shows it one, and it is retired,
//     or the ledger has gone on beyond them. And that it never signs two blocks of a
//     round or two batches of a place holds as for everybody: it takes lanes that
//     it never had.
//
// More than f such members are more than a committee bears. Their verdicts say so.
//
// Where durability or validity is not checked, nobody knows what other disks hold:
// then nothing that is not final yet is held to.
type losses struct {
	lost     []bool            // by node: its disk, some time
	barred   []dag.Round       // by node: it signs no block up to here
	owes     []dag.CommitIndex // by node: up to where it had reported, and has to again
	closed   map[dag.LaneID]bool
	released int // records that were acknowledged and need not become final
}

func newLosses(nodes int) losses {
	return losses{
		lost: make([]bool, nodes), barred: make([]dag.Round, nodes), owes: make([]dag.CommitIndex, nodes),
		closed: map[dag.LaneID]bool{},
	}
}

// Lost tells that a node that is down will find nothing on its disk.
func (s *Suite) Lost(node int) {
	if !s.honest[node] {
		return
	}
	l := &s.losses
	s.nodes[node].kept = kept{} // of before
	l.lost[node] = true
	l.barred[node] = max(l.barred[node], s.remembered(node))
	l.owes[node] = max(l.owes[node], s.nodes[node].log.last)
	s.nodes[node].log = progress{}
	s.disks.lose(node, func(id dag.BatchID) bool {
		b := s.made.batches[id]
		return b != nil && s.nodeOf(b.Lane.Key) == node
	})
	s.release()
}

// HasLost reports whether a node's disk was ever lost.
func (s *Suite) HasLost(node int) bool { return s.losses.lost[node] }

// Released returns how many acknowledged records were lost with disks.
func (s *Suite) Released() int { return s.losses.released }

// recovered reports whether all who lost their disks have again what was final on them.
func (s *Suite) recovered() bool {
	for node, owes := range s.losses.owes {
		if s.nodes[node].log.last < owes {
			return false
		}
	}
	return true
}

// lose takes everything from a node's disk. Own tells which batches are its own.
func (d *disks) lose(node int, own func(dag.BatchID) bool) {
	author := d.nodes[node].disk.author
	d.nodes[node].disk = disk{author: author}
	for id, held := range d.batches { // any order: each by itself
		if author >= 0 {
			held.members.remove(author)
		}
		held.owner = held.owner && !own(id)
		d.batches[id] = held
	}
	for _, age := range d.blocks {
		for id, held := range age { // any order: each by itself
			if author >= 0 {
				held.remove(author)
				age[id] = held
			}
		}
	}
}

func (m *members) remove(author int) { m[author/64] &^= 1 << (author % 64) }

// remembered returns the highest round such that f+1 honest members have a block of
// a member of it or a later one: of any quorum that it asks, one will show it. It
// looks at the last rounds only, which is what counts if the others are there still.
func (s *Suite) remembered(node int) dag.Round {
	held := map[uint64]members{}
	for _, age := range s.disks.blocks {
		for id, by := range age { // any order: a set is made of it
			held[word(id)] = by
		}
	}
	var highest []dag.Round // by other honest member
	for _, other := range s.disks.heard {
		author := s.disks.nodes[other].disk.author
		if other == node {
			continue
		}
		last := dag.Round(0)
		for round, id := range s.signed[node].blocks {
			if by := held[id]; id != 0 && by.has(author) {
				last = dag.Round(round)
			}
		}
		highest = append(highest, last)
	}
	slices.Sort(highest)
	if f := quorum.F(len(s.genesis.Committee())); f < len(highest) {
		return highest[len(highest)-1-f]
	}
	return 0
}

// release takes back the promises that no disk can keep any more.
func (s *Suite) release() {
	kept := s.surviving()
	t := &s.tickets
	for statement := range t.promise { // any order: each is judged by itself
		if !kept[statement] {
			delete(t.promise, statement)
			t.missing -= s.honestNodes
			s.losses.released++
		}
	}
}

// surviving returns the statements that honest disks hold beyond the final cut, with
// all that comes before them in their lanes, as far as these are open.
func (s *Suite) surviving() map[dag.Digest]bool {
	lanes := map[dag.LaneID]map[dag.Seq]*dag.Batch{}
	for id, held := range s.disks.batches { // any order: a set is made of it
		b := s.made.batches[id]
		if b == nil || s.losses.closed[b.Lane] {
			continue
		}
		if owner := s.nodeOf(b.Lane.Key); owner < 0 || !s.honest[owner] || !held.owner && held.members == (members{}) {
			continue // a liar's lane may be frozen
		}
		if lanes[b.Lane] == nil {
			lanes[b.Lane] = map[dag.Seq]*dag.Batch{}
		}
		lanes[b.Lane][b.Seq] = b
	}
	kept := map[dag.Digest]bool{}
	for lane, batches := range lanes { // any order: a set is made of it
		for seq := s.history.twin.cuts[lane] + 1; batches[seq] != nil; seq++ {
			for _, r := range batches[seq].Items {
				kept[r.Statement()] = true
			}
		}
	}
	return kept
}

// opened notes that a node which lost its disk begins a lane: those it had of that class are closed.
func (s *Suite) opened(node int, b *dag.Batch) {
	if !s.losses.lost[node] || b.Seq != 1 {
		return
	}
	for _, other := range s.made.batches { // any order: a set is made of it
		if l := other.Lane; l.Key == b.Lane.Key && l.Number.Class() == b.Lane.Number.Class() && l.Number < b.Lane.Number {
			s.losses.closed[l] = true
		}
	}
	s.release()
}
