package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

// load reads back what the writer remembers.
func (s *Store) load() error {
	w := &s.writer
	w.seen = make(map[deviceTag]struct{})
	w.lanes = make(map[dag.LaneID]*lane)
	if key, _, err := s.last([]byte{prefixBatch}, []byte{prefixBatch + 1}); err != nil {
		return err
	} else if key != nil {
		w.next = keyNumber(key) + 1
	}
	w.counts.Batches = w.next
	var err error
	if w.counts.Cosigned, err = s.getUint([]byte(keyCosigned)); err != nil {
		return err
	}
	floor, err := s.getUint([]byte(keyFloor))
	if err != nil {
		return err
	}
	w.stored, w.floor = dag.Round(floor), dag.Round(floor)
	ownLanes, err := s.getUint([]byte(keyOwnLanes))
	if err != nil {
		return err
	}
	w.ownLanes = dag.LaneNumber(ownLanes)
	certified, err := s.newestCertified()
	if err != nil {
		return err
	}
	if certified != nil {
		w.counts.CertifiedSize = certified.Size
	}
	if err := s.loadLog(); err != nil {
		return err
	}
	err = s.eachBeyond(func(m store.BatchMeta) { w.counts.Pending += uint64(m.Records) })
	s.counts = w.counts
	return err
}

// loadLog reads back the log's right edge and checks it against the last commit.
func (s *Store) loadLog() error {
	w := &s.writer
	key, value, err := s.last([]byte{prefixCommit}, []byte{prefixCommit + 1})
	if err != nil || key == nil {
		return err
	}
	e, err := decodeExecuted(dag.CommitIndex(keyNumber(key)), value)
	if err != nil {
		return corruptf(key, err)
	}
	w.last, w.records = e.commit.Index, e.records
	w.counts.Commit, w.counts.Final, w.counts.LogSize = w.last, e.records, e.size
	s.counts = w.counts // Tile looks at the size
	if w.log, err = s.frontier(e.size); err != nil {
		return err
	}
	if root := w.log.Root(); root != e.root {
		return corruptf(key, fmt.Errorf("the leaves give root %s, commit %d says %s", root, w.last, e.root))
	}
	return nil
}

// frontier makes the right edge of a log of size leaves from its tiles.
func (s *Store) frontier(size uint64) (merkle.Frontier, error) {
	if size > merkle.MaxSize {
		return merkle.Frontier{}, corruptf([]byte{prefixCommit}, errValue)
	}
	var peaks []int64
	for level := 63; level >= 0; level-- {
		if size>>level&1 == 1 {
			peaks = append(peaks, tlog.StoredHashIndex(level, int64(size>>level)-1))
		}
	}
	hashes, err := merkle.NewTileHashReader(size, s).ReadHashes(peaks)
	if err != nil {
		return merkle.Frontier{}, err
	}
	raw := binary.BigEndian.AppendUint64(nil, size)
	for _, h := range hashes {
		raw = append(raw, h[:]...)
	}
	return merkle.DecodeFrontier(raw)
}

// Restore implements store.Store.
func (s *Store) Restore(owner dag.PublicKey, recent uint64) (*store.Restored, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	r := new(store.Restored)
	state, err := s.get1([]byte(keyState))
	if err != nil {
		return nil, err
	}
	var at dag.CommitIndex
	if state != nil {
		v := reader{raw: state}
		at = dag.CommitIndex(v.uint())
		if v.err != nil {
			return nil, corruptf([]byte(keyState), v.err)
		}
		r.State = v.raw
	}
	if r.Executed, err = s.restoreExecuted(at); err != nil {
		return nil, err
	}
	if r.Recent, err = s.recent(at, recent); err != nil {
		return nil, err
	}
	if r.Blocks, err = s.restoreBlocks(); err != nil {
		return nil, err
	}
	if err := s.eachBeyond(func(m store.BatchMeta) { r.Batches = append(r.Batches, m) }); err != nil {
		return nil, err
	}
	if r.LaneTips, err = s.laneTips(owner); err != nil {
		return nil, err
	}
	if r.Certified, err = s.newestCertified(); err != nil {
		return nil, err
	}
	if r.Cosigned, err = s.getUint([]byte(keyCosigned)); err != nil {
		return nil, err
	}
	return r, s.restoreStops(r)
}

// restoreStops reads what of its own past a member must not repeat, or has
// stopped doing.
func (s *Store) restoreStops(r *store.Restored) error {
	ownLanes, errLanes := s.getUint([]byte(keyOwnLanes))
	retired, errRetired := s.get1([]byte(keyRetired))
	diverged, errDiverged := s.get1([]byte(keyDiverged))
	r.OwnLanes, r.Retired, r.Diverged = dag.LaneNumber(ownLanes), string(retired), string(diverged)
	return errors.Join(errLanes, errRetired, errDiverged)
}

// restoreExecuted returns the commits after an index.
func (s *Store) restoreExecuted(after dag.CommitIndex) (all []*store.Executed, err error) {
	from := numberKey(prefixCommit, uint64(after)+1)
	batches := s.batchReader()
	err = s.each(from, []byte{prefixCommit + 1}, func(key, value []byte) (bool, error) {
		stored, err := s.decodeExecuted(key, value)
		if err != nil {
			return false, err
		}
		e, err := batches.inflate(stored)
		if err != nil {
			return false, err
		}
		all = append(all, e)
		return true, nil
	})
	return all, err
}

// inflate turns a stored commit back into what was given to Apply.
func (r *batchReader) inflate(stored *executed) (*store.Executed, error) {
	e := &store.Executed{
		Commit: stored.commit, Outcome: stored.outcome,
		HasLeaf: stored.hasLeaf, Root: stored.root, Size: stored.size,
	}
	f := fates{firstLeaf: stored.outcome.FirstLeaf}
	for i := range stored.changes {
		for k := range stored.changes[i].batches {
			b, err := r.of(stored, i, k)
			if err != nil {
				return nil, err
			}
			g := &stored.changes[i].batches[k]
			f.odd = g.odd
			for item, record := range b.Items {
				x := store.Executable{
					Lane: b.Lane, Seq: b.Seq, Item: uint16(item),
					Statement: record.Statement(), Record: record.ID(),
				}
				x.Fate, x.Leaf = f.of(x.Item)
				e.Records = append(e.Records, x)
			}
			f.firstLeaf += g.accepted()
		}
	}
	return e, nil
}

// recent returns the statements of the last limit leaves as of a commit.
func (s *Store) recent(at dag.CommitIndex, limit uint64) ([]dag.Digest, error) {
	if at == 0 || limit == 0 {
		return nil, nil
	}
	state, err := s.executedAt(at)
	if err != nil {
		return nil, err
	}
	if state == nil {
		return nil, corruptf(numberKey(prefixCommit, uint64(at)), errMissing)
	}
	newest := make([]dag.Digest, 0, min(limit, state.size))
	add := func(d dag.Digest) {
		if uint64(len(newest)) < limit {
			newest = append(newest, d)
		}
	}
	end := numberKey(prefixLeaves, state.size)
	err = s.eachBack([]byte{prefixLeaves}, end, func(key, value []byte) (bool, error) {
		run, err := decodeLeafRun(value)
		if err != nil {
			return false, corruptf(bytes.Clone(key), err)
		}
		if run.hasLeaf {
			add(dag.Digest{})
		}
		for i := run.records() - 1; i >= 0; i-- {
			add(run.statement(i))
		}
		return uint64(len(newest)) < limit, nil
	})
	slices.Reverse(newest)
	return newest, err
}

func (s *Store) restoreBlocks() (all []*dag.Block, err error) {
	floor, err := s.getUint([]byte(keyFloor))
	if err != nil {
		return nil, err
	}
	from := numberKey(prefixBlock, floor+1)
	err = s.each(from, []byte{prefixBlock + 1}, func(key, value []byte) (bool, error) {
		b, err := dag.DecodeBlock(bytes.Clone(value))
		if err != nil {
			return false, corruptf(bytes.Clone(key), err)
		}
		all = append(all, b)
		return true, nil
	})
	return all, err
}

// eachBeyond calls f with every batch beyond its lane's cut, ascending by (lane, seq, id).
func (s *Store) eachBeyond(f func(store.BatchMeta)) error {
	return s.eachLane([]byte{prefixLane}, []byte{prefixLane + 1}, func(lane dag.LaneID) error {
		cut, err := s.getUint(laneKey(prefixCut, lane))
		if err != nil {
			return err
		}
		return s.eachInLane(lane, dag.Seq(cut)+1, func(m store.BatchMeta, _ uint64) bool {
			f(m)
			return true
		})
	})
}

// eachLane calls f with every lane that has a batch, in order.
func (s *Store) eachLane(from, to []byte, f func(dag.LaneID) error) error {
	for {
		var next []byte
		err := s.each(from, to, func(key, _ []byte) (bool, error) {
			lane, _, _, ok := parseLaneBatchKey(key)
			if !ok {
				return false, corruptf(bytes.Clone(key), errValue)
			}
			next = after(laneKey(prefixLane, lane))
			return false, f(lane)
		})
		if err != nil || next == nil {
			return err
		}
		from = next
	}
}

// eachInLane calls f with a lane's batches from a seq on and their arrival numbers
// until it returns false.
func (s *Store) eachInLane(lane dag.LaneID, seq dag.Seq, f func(m store.BatchMeta, arrival uint64) bool) error {
	end := after(laneKey(prefixLane, lane))
	var leaders []leader // of this seq and the one before
	return s.each(laneSeqKey(lane, max(seq, 1)-1), end, func(key, value []byte) (bool, error) {
		m, arrival, err := decodeMeta(key, value)
		if err != nil {
			return false, err
		}
		if leaders = appendLeader(leaders, m, arrival); len(leaders) > 2 {
			leaders = append(leaders[:0], leaders[1:]...)
		}
		if m.Seq < seq {
			return true, nil
		}
		if m.Prev.IsZero() && m.Seq > 1 {
			if leaders[0].seq != m.Seq-1 {
				return false, corruptf(laneSeqKey(lane, m.Seq-1), errMissing)
			}
			m.Prev = leaders[0].id
		}
		return f(m, arrival), nil
	})
}

// decodeMeta parses an entry of the index of lanes. An implied prev is zero.
func decodeMeta(key, value []byte) (m store.BatchMeta, arrival uint64, err error) {
	e, err := decodeLaneEntry(value)
	if err != nil {
		return m, 0, corruptf(key, err)
	}
	m = store.BatchMeta{Prev: e.prev, Bytes: e.bytes, Records: e.records}
	var ok bool
	if m.Lane, m.Seq, m.ID, ok = parseLaneBatchKey(key); !ok {
		return m, 0, corruptf(key, errValue)
	}
	return m, e.arrival, nil
}

// laneTips returns the batch with the highest seq of each lane of a node.
func (s *Store) laneTips(owner dag.PublicKey) (tips []store.BatchMeta, err error) {
	prefix := append([]byte{prefixLane}, owner[:]...)
	err = s.eachLane(prefix, after(prefix), func(lane dag.LaneID) error {
		lanePrefix := laneKey(prefixLane, lane)
		key, _, err := s.last(lanePrefix, after(lanePrefix))
		if err != nil {
			return err
		}
		_, seq, _, ok := parseLaneBatchKey(key)
		if !ok {
			return corruptf(key, errValue)
		}
		return s.eachInLane(lane, seq, func(m store.BatchMeta, _ uint64) bool {
			tips = append(tips, m)
			return false // of two the lower id
		})
	})
	return tips, err
}

// newestCertified returns the newest certified checkpoint, nil if there is none.
func (s *Store) newestCertified() (*checkpoint.Certified, error) {
	key, value, err := s.last([]byte{prefixCheckpoint}, []byte{prefixCheckpoint + 1})
	if err != nil || key == nil {
		return nil, err
	}
	return decodeCertified(key, value)
}

func decodeCertified(key, value []byte) (*checkpoint.Certified, error) {
	c, err := checkpoint.DecodeCertified(value)
	if err != nil {
		return nil, corruptf(key, err)
	}
	return c, nil
}
