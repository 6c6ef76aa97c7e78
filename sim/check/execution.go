package check

import (
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

// execution does what commits say a second time: slowly, from commits, batches
// and the log before alone.
type execution struct {
	cuts  map[dag.LaneID]dag.Seq
	tips  map[dag.LaneID]dag.BatchID
	fresh map[dag.Digest]dag.LeafIndex // of the commit under way
	size  uint64
	time  dag.UnixMilli
	tree  merkle.Frontier
}

func newExecution() *execution {
	return &execution{
		cuts:  map[dag.LaneID]dag.Seq{},
		tips:  map[dag.LaneID]dag.BatchID{},
		fresh: map[dag.Digest]dag.LeafIndex{},
	}
}

// check executes a commit and compares; it returns what differs, "" if nothing.
func (x *execution) check(s *Suite, e *store.Executed) string {
	if e.Commit.Time < x.time {
		return fmt.Sprintf("its time %d is before %d", e.Commit.Time, x.time)
	}
	x.time = e.Commit.Time
	clear(x.fresh)
	got := e.Records
	for i, change := range e.Commit.Cut {
		if i > 0 && e.Commit.Cut[i-1].Lane.Compare(change.Lane) >= 0 {
			return fmt.Sprintf("lanes of its cut are not in order: %v", change.Lane)
		}
		rest, problem := x.lane(s, change, got)
		if problem != "" {
			return fmt.Sprintf("lane %v: %s", change.Lane, problem)
		}
		got = rest
	}
	if len(got) > 0 {
		return fmt.Sprintf("%d records too many", len(got))
	}
	return x.leaf(e)
}

// lane executes one lane's part of a cut, eats its records and returns the rest.
func (x *execution) lane(s *Suite, change dag.CutChange, got []store.Executable) ([]store.Executable, string) {
	if want := x.cuts[change.Lane] + dag.Seq(len(change.Batches)); change.Seq != want {
		return nil, fmt.Sprintf("cut moves by %d batches from %d to %d", len(change.Batches), x.cuts[change.Lane], change.Seq)
	}
	for _, id := range change.Batches {
		b := s.made.batches[id]
		if b == nil {
			s.Failf(Validity, -1, "batch %v of lane %v is final, and nobody ever signed it", id, change.Lane)
			return nil, "batch does not exist"
		}
		if b.Lane != change.Lane || b.Seq != x.cuts[change.Lane]+1 || b.Prev != x.tips[change.Lane] {
			return nil, fmt.Sprintf("batch %v (lane %v, seq %d) does not follow seq %d", id, b.Lane, b.Seq, x.cuts[change.Lane])
		}
		x.cuts[change.Lane], x.tips[change.Lane] = b.Seq, id
		delete(s.made.batches, id)
		if len(got) < len(b.Items) {
			return nil, fmt.Sprintf("batch %d has %d records, of which %d are missing", b.Seq, len(b.Items), len(b.Items)-len(got))
		}
		for i, r := range b.Items {
			if problem := x.record(s, b, i, r, got[i]); problem != "" {
				return nil, fmt.Sprintf("record %d of batch %d: %s", i, b.Seq, problem)
			}
		}
		got = got[len(b.Items):]
	}
	return got, ""
}

// record executes one record.
func (x *execution) record(s *Suite, b *dag.Batch, i int, r *dag.Record, got store.Executable) string {
	first, again := x.find(s, r.Statement())
	if !again && !s.made.has(r.Statement()) {
		s.Failf(Validity, -1, "record %v is final, and nobody ever submitted it", r.ID())
	}
	s.made.executed(r.Statement())
	s.judged(b, r, got.Fate)
	want := store.Executable{
		Lane: b.Lane, Seq: b.Seq, Item: uint16(i),
		Statement: r.Statement(), Record: r.ID(),
	}
	switch {
	case got.Fate == store.Frozen || got.Fate == store.Refused:
		if owner := s.nodeOf(b.Lane.Key); owner >= 0 && s.honest[owner] {
			return fmt.Sprintf("fate %v, though its lane's owner is honest and every device entitled", got.Fate)
		}
		want.Fate, want.Leaf = got.Fate, got.Leaf
	case again:
		want.Fate, want.Leaf = store.Duplicate, first
	default:
		want.Fate, want.Leaf = store.Accepted, dag.LeafIndex(x.size)
		x.fresh[r.Statement()] = want.Leaf
		leaf := merkle.RecordLeaf(r.Statement(), r.ID())
		x.append(leaf[:])
	}
	if got != want {
		return fmt.Sprintf("is %+v, should be %+v", got, want)
	}
	return ""
}

// find returns the leaf of a statement that the log has, if it is not too old to
// be known.
func (x *execution) find(s *Suite, statement dag.Digest) (dag.LeafIndex, bool) {
	if leaf, ok := x.fresh[statement]; ok {
		return leaf, uint64(leaf)+uint64(s.genesis.DuplicateLeaves) >= x.size
	}
	return s.history.log.find(statement, x.size, uint64(s.genesis.DuplicateLeaves))
}

func (x *execution) append(leaf []byte) {
	x.tree.Append(merkle.LeafHash(leaf), nil)
	x.size++
}

// leaf appends the commit's own leaf and compares the log.
func (x *execution) leaf(e *store.Executed) string {
	if len(e.Commit.Cut) > 0 && !e.HasLeaf {
		return "it moved the cut and has no leaf"
	}
	if e.HasLeaf {
		x.append(e.Outcome.Encode())
	}
	if root := x.tree.Root(); e.Size != x.size || e.Root != root {
		return fmt.Sprintf("log is %d/%v, should be %d/%v", e.Size, e.Root, x.size, root)
	}
	if e.Outcome.Commit != e.Commit.ID() {
		return "its outcome is of another commit"
	}
	return ""
}
