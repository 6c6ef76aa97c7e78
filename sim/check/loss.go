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
//     honest nodes when that one was lost. What no other disk held is lost with it.
//   - If it is not final either when the gateway begins a new lane, it may be
//     lost too: a lane's new number closes the one before it, for good.
//   - What is final anywhere must become final on it again, from the first commit
//     on, as if it were new.
//   - It signs no block of a round up to the highest that f+1 honest nodes durably
//     had one of: whatever quorum it asks, somebody shows it one, and it is retired,
//     or the ledger has gone on beyond them. And that it never signs two blocks of a
//     round or two batches of a place holds as for everybody: it takes lanes that
//     it never had.
//
// More than f such members are more than a committee bears. Their verdicts say so.
type losses struct {
	lost     []bool      // by node: its disk, some time
	barred   []dag.Round // by node: it signs no block up to here
	closed   map[dag.LaneID]bool
	released int // records that were acknowledged and need not become final
}

func newLosses(nodes int) losses {
	return losses{lost: make([]bool, nodes), barred: make([]dag.Round, nodes), closed: map[dag.LaneID]bool{}}
}

// Lost tells that a node that is down will find nothing on its disk.
func (s *Suite) Lost(node int) {
	if !s.honest[node] {
		return
	}
	s.losses.lost[node] = true
	s.losses.barred[node] = max(s.losses.barred[node], s.remembered(node))
	s.disks[node] = newHeld()
	s.forget(node)
	s.release()
}

// HasLost reports whether a node's disk was ever lost.
func (s *Suite) HasLost(node int) bool { return s.losses.lost[node] }

// Released returns how many acknowledged records were lost with disks.
func (s *Suite) Released() int { return s.losses.released }

// remembered returns the highest round such that f+1 honest nodes have a block of
// a member of it or a later one: of any quorum that it asks, one will show it.
func (s *Suite) remembered(node int) dag.Round {
	var highest []dag.Round // by other honest node
	for other := range s.disks {
		if other == node || !s.honest[other] {
			continue
		}
		last := dag.Round(0)
		for round, id := range s.signed[node].blocks { // any order: the highest counts
			if s.disks[other].blocks[id] {
				last = max(last, round)
			}
		}
		highest = append(highest, last)
	}
	slices.Sort(highest)
	if f := quorum.F(len(s.honest)); f < len(highest) {
		return highest[len(highest)-1-f]
	}
	return 0
}

// forget takes from a node what was final on it.
func (s *Suite) forget(node int) {
	t := &s.tickets
	for statement := range s.logs[node].final { // any order: sums
		t.missing++
		if t.copies[statement]--; t.copies[statement] > 0 {
			continue
		}
		delete(t.copies, statement)
		if _, promised := t.promise[statement]; !promised {
			t.missing -= s.honestNodes()
		}
	}
	s.logs[node] = newProgress()
}

// release takes back the promises that no disk can keep any more.
func (s *Suite) release() {
	kept := s.kept()
	t := &s.tickets
	for statement := range t.promise { // any order: each is judged by itself
		if t.copies[statement] == 0 && !kept[statement] {
			delete(t.promise, statement)
			t.missing -= s.honestNodes()
			s.losses.released++
		}
	}
}

// kept returns the statements that honest disks hold beyond the final cut, with
// all that comes before them in their lanes, as far as these are open.
func (s *Suite) kept() map[dag.Digest]bool {
	lanes := map[dag.LaneID]map[dag.Seq]*dag.Batch{}
	for node := range s.disks {
		if !s.honest[node] {
			continue
		}
		for id := range s.disks[node].batches { // any order: a set is made of it
			b := s.batches[id]
			if b == nil || s.losses.closed[b.Lane] {
				continue
			}
			if lanes[b.Lane] == nil {
				lanes[b.Lane] = map[dag.Seq]*dag.Batch{}
			}
			lanes[b.Lane][b.Seq] = b
		}
	}
	kept := map[dag.Digest]bool{}
	for lane, batches := range lanes { // any order: a set is made of it
		if owner := s.nodeOf(lane.Key); owner < 0 || !s.honest[owner] {
			continue // a liar's lane may be frozen
		}
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
	for _, other := range s.batches { // any order: a set is made of it
		if l := other.Lane; l.Key == b.Lane.Key && l.Number.Class() == b.Lane.Number.Class() && l.Number < b.Lane.Number {
			s.losses.closed[l] = true
		}
	}
	s.release()
}
