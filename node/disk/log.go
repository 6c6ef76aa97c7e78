package disk

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/merkle"
)

// ErrNotFound says that what was asked for is not stored.
var ErrNotFound = errors.New("not stored")

// Tile implements merkle.TileSource: the first width hashes of a tile, ErrNotFound if the log
// has no such tile. Level 0 is computed from the batches (up to 256 records), higher ones are stored.
func (s *Store) Tile(level int, index uint64, width int) ([]byte, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	tile := merkle.Tile{Level: level, Index: index, Width: width}
	if !tile.In(s.Counts().LogSize) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, tile.Path())
	}
	hashes := make([]byte, 0, width*32)
	if level == 0 {
		err := s.eachLeafData(tile, func(data []byte) {
			h := merkle.LeafHash(data)
			hashes = append(hashes, h[:]...)
		})
		return hashes, err
	}
	from, to := hashKey(level, index*merkle.TileWidth), hashKey(level, index*merkle.TileWidth+uint64(width))
	err = s.each(from, to, func(_, value []byte) (bool, error) {
		hashes = append(hashes, value...)
		return true, nil
	})
	if err == nil && len(hashes) != width*32 {
		err = corruptf(from, errMissing)
	}
	return hashes, err
}

// Entries returns the bundle of leaf data of a tile of level 0, as c2sp.org/tlog-tiles wants it;
// ErrNotFound if the log has no such tile.
func (s *Store) Entries(index uint64, width int) ([]byte, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	tile := merkle.Tile{Index: index, Width: width, Entries: true}
	if !tile.In(s.Counts().LogSize) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, tile.Path())
	}
	var bundle []byte
	err = s.eachLeafData(tile, func(data []byte) { bundle = merkle.AppendEntry(bundle, data) })
	return bundle, err
}

// InclusionProof returns the audit path of a leaf in the log of size leaves. Errors: merkle.ErrSize,
// ErrNotFound if the log is not that large.
func (s *Store) InclusionProof(index dag.LeafIndex, size uint64) ([]dag.Digest, error) {
	if have := s.Counts().LogSize; size > have {
		return nil, fmt.Errorf("%w: log of %d leaves, it has %d", ErrNotFound, size, have)
	}
	return merkle.InclusionProof(merkle.NewTileHashReader(size, s), size, index)
}

// eachLeafData calls f with the data of the leaves of a tile, which the log has.
func (s *Store) eachLeafData(tile merkle.Tile, f func(data []byte)) error {
	from := tile.Index * merkle.TileWidth
	want := tile.Width
	err := s.eachLeaf(dag.LeafIndex(from), func(_ dag.LeafIndex, e *executed, r *dag.Record) bool {
		if r == nil {
			f(e.outcome.Encode())
		} else {
			leaf := merkle.RecordLeaf(r.Statement(), r.ID())
			f(leaf[:])
		}
		want--
		return want > 0
	})
	if err == nil && want > 0 {
		err = corruptf(numberKey(prefixLeaves, from+uint64(tile.Width-want)), errMissing)
	}
	return err
}

// eachRun calls f with every commit's leaves, from the one that leaf from is of, which is
// valid during the call.
func (s *Store) eachRun(from dag.LeafIndex, f func(first dag.LeafIndex, run *leafRun) (bool, error)) error {
	start, _, err := s.last([]byte{prefixLeaves}, numberKey(prefixLeaves, uint64(from)+1))
	if err != nil || start == nil {
		return err
	}
	next := keyNumber(start)
	return s.each(start, []byte{prefixLeaves + 1}, func(key, value []byte) (bool, error) {
		run, err := decodeLeafRun(value)
		if err != nil || keyNumber(key) != next {
			return false, corruptf(bytes.Clone(key), errValue)
		}
		first := next
		next += uint64(run.count())
		return f(dag.LeafIndex(first), &run)
	})
}

// Leaf is one leaf of the log.
type Leaf struct {
	Index  dag.LeafIndex
	Record dag.RecordID // zero for a commit's own leaf
	Commit dag.CommitIndex
	Time   dag.UnixMilli // of the commit
	Device string        // of the record
}

// Leaves returns leaves in order from one on: at most limit (MaxLeaves if that is less), none
// at the end of the log.
func (s *Store) Leaves(from dag.LeafIndex, limit int) ([]Leaf, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	limit = min(limit, MaxLeaves)
	if uint64(from) >= s.Counts().LogSize || limit <= 0 {
		return nil, nil
	}
	var leaves []Leaf
	err = s.eachLeaf(from, func(index dag.LeafIndex, e *executed, r *dag.Record) bool {
		leaf := Leaf{Index: index, Commit: e.commit.Index, Time: e.commit.Time}
		if r != nil {
			leaf.Record, leaf.Device = r.ID(), s.DeviceOf(r)
		}
		leaves = append(leaves, leaf)
		return len(leaves) < limit
	})
	return leaves, err
}

// eachLeaf calls f with the leaves from one on until it returns false; the record of a
// commit's own leaf is nil.
func (s *Store) eachLeaf(from dag.LeafIndex, f func(dag.LeafIndex, *executed, *dag.Record) bool) error {
	batches := s.batchReader()
	return s.eachRun(from, func(first dag.LeafIndex, run *leafRun) (bool, error) {
		e, err := s.executedAt(run.commit)
		if err != nil {
			return false, err
		}
		if e == nil || e.outcome.FirstLeaf != first || e.hasLeaf != run.hasLeaf || int(e.outcome.Records) != run.records() {
			return false, corruptf(numberKey(prefixCommit, uint64(run.commit)), errValue)
		}
		w := leafWalk{batches: batches, executed: e, run: run, at: first, from: from, f: f}
		return w.walk()
	})
}

// leafWalk goes through the leaves of one commit.
type leafWalk struct {
	batches  *batchReader
	executed *executed
	run      *leafRun
	at       dag.LeafIndex // the next leaf
	from     dag.LeafIndex // the first one asked for
	f        func(dag.LeafIndex, *executed, *dag.Record) bool
}

func (w *leafWalk) walk() (bool, error) {
	e := w.executed
	for i := range e.changes {
		for k := range e.changes[i].batches {
			if more, err := w.batch(i, k); err != nil || !more {
				return false, err
			}
		}
	}
	return !e.hasLeaf || w.at < w.from || w.f(w.at, e, nil), nil
}

func (w *leafWalk) batch(i, k int) (bool, error) {
	g := &w.executed.changes[i].batches[k]
	if w.at+g.accepted() <= w.from {
		w.at += g.accepted()
		return true, nil
	}
	b, err := w.batches.of(w.executed, i, k)
	if err != nil {
		return false, err
	}
	odd := g.odd
	for item, r := range b.Items {
		if len(odd) > 0 && int(odd[0].item) == item {
			odd = odd[1:]
			continue
		}
		leaf := w.at
		w.at++
		if leaf < w.from {
			continue
		}
		if w.run.statement(int(leaf-w.executed.outcome.FirstLeaf)) != r.Statement() {
			return false, corruptf(numberKey(prefixLeaves, uint64(w.executed.outcome.FirstLeaf)), errValue)
		}
		if !w.f(leaf, w.executed, r) {
			return false, nil
		}
	}
	return true, nil
}

// of returns a batch of a commit.
func (r *batchReader) of(e *executed, i, k int) (*dag.Batch, error) {
	cut, g := &e.commit.Cut[i], &e.changes[i].batches[k]
	id := cut.Batches[k]
	if !g.located {
		seq := firstSeq(cut) + dag.Seq(k)
		var err error
		if g.arrival, g.located, err = r.store.arrivalOf(cut.Lane, seq, id); err != nil {
			return nil, err
		}
		if !g.located {
			return nil, corruptf(laneBatchKey(cut.Lane, seq, id), errMissing)
		}
	}
	b, err := r.at(g.arrival)
	if err == nil && (b.ID() != id || len(b.Items) != g.items) {
		err = corruptf(numberKey(prefixBatch, g.arrival), errValue)
	}
	return b, err
}
