package disk

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// lane is what the writer remembers of a lane, so that most batches are written without reading.
type lane struct {
	tip, cut dag.Seq // highest stored, highest final
	uneven   bool    // beyond the cut there may be more than one batch of a seq
}

// lane returns what is known of a lane, as of this transaction.
func (t *transaction) lane(id dag.LaneID) (*lane, error) {
	w := &t.writer
	if l, ok := w.lanes[id]; ok {
		return l, nil
	}
	cut, err := t.getUint(laneKey(prefixCut, id))
	if err != nil {
		return nil, err
	}
	prefix := laneKey(prefixLane, id)
	key, _, err := t.last(prefix, after(prefix))
	if err != nil {
		return nil, err
	}
	l := &lane{cut: dag.Seq(cut)}
	if key != nil {
		_, seq, _, ok := parseLaneBatchKey(key)
		if !ok {
			return nil, corruptf(key, errValue)
		}
		l.tip = seq
	}
	l.uneven = l.tip > l.cut
	w.lanes[id] = l
	return l, nil
}

// stored reports whether a batch is stored, in this transaction or before.
func (t *transaction) stored(id dag.BatchID) (bool, error) {
	if _, ok := t.writer.recent.get(id); ok {
		return true, nil
	}
	_, ok, err := t.arrivalOf(id)
	return ok, err
}

// passedBetween counts the records of a lane's stored batches from one seq to another: at
// least those executed, and those of batches that lost to one of them.
func (s *Store) passedBetween(id dag.LaneID, from, to dag.Seq, executed uint64) (n uint64, err error) {
	err = s.eachInLane(id, from, func(m store.BatchMeta, _ uint64) bool {
		if m.Seq > to {
			return false
		}
		n += uint64(m.Records)
		return true
	})
	return max(n, executed), err
}

// recent remembers the arrival numbers of the last batches, at least half of
// maxRecentBatches and at most all.
type recent struct{ young, old map[dag.BatchID]uint64 }

func (r *recent) add(id dag.BatchID, arrival uint64) {
	if r.young == nil || len(r.young) >= maxRecentBatches/2 {
		r.young, r.old = make(map[dag.BatchID]uint64), r.young
	}
	r.young[id] = arrival
}

func (r *recent) get(id dag.BatchID) (uint64, bool) {
	if arrival, ok := r.young[id]; ok {
		return arrival, true
	}
	arrival, ok := r.old[id]
	return arrival, ok
}
