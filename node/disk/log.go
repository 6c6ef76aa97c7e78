package disk

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

// ErrNotFound says that what was asked for is not stored.
var ErrNotFound = errors.New("not stored")

// Tile implements merkle.TileSource: the first width hashes of a tile, ErrNotFound if the log
// has no such tile. Level 0 is computed from the leaves (256 hashes), higher ones are stored.
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
	err := s.eachRun(dag.LeafIndex(from), func(first dag.LeafIndex, run *leafRun) (bool, error) {
		for i := from - uint64(first); want > 0 && int(i) < run.count(); i++ {
			data, err := s.leafData(run, int(i))
			if err != nil {
				return false, err
			}
			f(data)
			from++
			want--
		}
		return want > 0, nil
	})
	if err == nil && want > 0 {
		err = corruptf(numberKey(prefixLeaves, from), errMissing)
	}
	return err
}

func (s *Store) leafData(run *leafRun, i int) ([]byte, error) {
	if at := i * recordLeafBytes; at < len(run.records) {
		return run.records[at : at+recordLeafBytes], nil
	}
	e, err := s.executedAt(run.commit)
	if err != nil {
		return nil, err
	}
	if e == nil {
		return nil, corruptf(numberKey(prefixCommit, uint64(run.commit)), errMissing)
	}
	return e.outcome.Encode(), nil
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
	var leaves []Leaf
	if uint64(from) >= s.Counts().LogSize || limit <= 0 {
		return nil, nil
	}
	err = s.eachRun(from, func(first dag.LeafIndex, run *leafRun) (bool, error) {
		e, err := s.executedAt(run.commit)
		if err != nil {
			return false, err
		}
		if e == nil {
			return false, corruptf(numberKey(prefixCommit, uint64(run.commit)), errMissing)
		}
		leaves, err = s.appendLeaves(leaves, e, first, from, limit)
		return len(leaves) < limit, err
	})
	return leaves, err
}

// appendLeaves adds the leaves of one commit that are not before from.
func (s *Store) appendLeaves(
	to []Leaf, e *executed, at, from dag.LeafIndex, limit int,
) ([]Leaf, error) {
	for i := range e.batches {
		g := &e.batches[i]
		accepted := dag.LeafIndex(g.items - len(g.odd))
		if at+accepted <= from {
			at += accepted
			continue
		}
		b, err := s.batchOf(e, g)
		if err != nil {
			return to, err
		}
		f := fates{firstLeaf: at}
		for _, x := range g.odd {
			f.odd = append(f.odd, oddFate{item: x.Item, fate: x.Fate})
		}
		for item, r := range b.Items {
			fate, leaf := f.of(uint16(item))
			if fate != store.Accepted || leaf < from {
				continue
			}
			if len(to) == limit {
				return to, nil
			}
			to = append(to, Leaf{
				Index: leaf, Record: r.ID(), Device: s.DeviceOf(r),
				Commit: e.commit.Index, Time: e.commit.Time,
			})
		}
		at += accepted
	}
	if e.hasLeaf && at >= from && len(to) < limit {
		to = append(to, Leaf{Index: at, Commit: e.commit.Index, Time: e.commit.Time})
	}
	return to, nil
}

// batchOf returns one batch of a commit.
func (s *Store) batchOf(e *executed, g *batchFate) (*dag.Batch, error) {
	key := numberKey(prefixCommit, uint64(e.commit.Index))
	id, ok := g.batchID(e.commit)
	if !ok {
		return nil, corruptf(key, errValue)
	}
	arrival, ok, err := s.arrivalOf(id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, corruptf(batchIDKey(id), errMissing)
	}
	b, err := s.batchAt(arrival)
	if err == nil && (b.ID() != id || len(b.Items) != g.items) {
		err = corruptf(numberKey(prefixBatch, arrival), errValue)
	}
	return b, err
}
