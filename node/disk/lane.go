package disk

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// lane is what the writer remembers of a lane, so that most batches are written without reading.
type lane struct {
	tip, cut dag.Seq     // highest stored, highest final
	leader   dag.BatchID // of the tip
	uneven   bool        // beyond the cut there may be more than one batch of a seq
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
		var ok bool
		if _, l.tip, _, ok = parseLaneBatchKey(key); !ok {
			return nil, corruptf(key, errValue)
		}
		tip, err := t.leader(id, l.tip)
		if err != nil {
			return nil, err
		}
		l.leader = tip.id
	}
	l.uneven = l.tip > l.cut
	w.lanes[id] = l
	return l, nil
}

// locate returns the arrival number of a batch, false if it is not stored. It sees this transaction.
func (t *transaction) locate(lane dag.LaneID, seq dag.Seq, id dag.BatchID) (uint64, bool, error) {
	if r, ok := t.writer.recent.get(id); ok && r.lane == lane && r.seq == seq {
		return r.arrival, true, nil
	}
	return t.arrivalOf(lane, seq, id)
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

// recent remembers the last batches, at least half of maxRecentBatches and at most all.
type recent struct{ young, old map[dag.BatchID]recentBatch }

type recentBatch struct {
	lane    dag.LaneID
	seq     dag.Seq
	arrival uint64
}

func (r *recent) add(id dag.BatchID, b recentBatch) {
	if r.young == nil || len(r.young) >= maxRecentBatches/2 {
		r.young, r.old = make(map[dag.BatchID]recentBatch), r.young
	}
	r.young[id] = b
}

func (r *recent) get(id dag.BatchID) (recentBatch, bool) {
	if b, ok := r.young[id]; ok {
		return b, true
	}
	b, ok := r.old[id]
	return b, ok
}
