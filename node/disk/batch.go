package disk

import (
	"encoding/binary"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// What a stored batch begins with.
const (
	// batchPrev says that its prev is written out. Else that is the leader of the seq
	// before: the batch of the lane and seq that was stored first.
	batchPrev byte = 1 << iota
	// batchLate says that this is no leader: when it was stored, there was a batch of
	// its lane with its seq or a higher one.
	batchLate
)

// checkBytes is how many bytes of an id say whether what was put together again is
// what was taken apart. They are against mistakes: against bits that flip, tables have checksums.
const checkBytes = 4

// storedBatch is a batch without what follows from the rest: the digest of its records, and its
// prev in nearly all cases.
type storedBatch struct {
	flags  byte
	check  [checkBytes]byte
	header dag.SignedHeader // without Records, and without Prev if that is implied
	body   []byte
}

func (b *storedBatch) late() bool { return b.flags&batchLate != 0 }

// implied reports whether the batch's prev has to be looked for.
func (b *storedBatch) implied() bool { return b.flags&batchPrev == 0 && b.header.Seq > 1 }

func appendBatch(to []byte, b *dag.Batch, flags byte) []byte {
	id := b.ID()
	to = append(to, flags)
	to = append(to, id[:checkBytes]...)
	to = append(to, b.Signature[:]...)
	to = append(to, b.Ledger[:]...)
	to = append(to, b.Lane.Key[:]...)
	to = binary.AppendUvarint(to, uint64(b.Lane.Number))
	to = binary.AppendUvarint(to, uint64(b.Seq))
	to = binary.AppendUvarint(to, uint64(b.ClaimedAt))
	if flags&batchPrev != 0 {
		to = append(to, b.Prev[:]...)
	}
	return append(to, b.Body()...)
}

// decodeStoredBatch parses what appendBatch wrote. It aliases raw.
func decodeStoredBatch(raw []byte) (b storedBatch, err error) {
	r := reader{raw: raw}
	b.flags = r.byte()
	copy(b.check[:], r.bytes(checkBytes))
	h := &b.header
	copy(h.Signature[:], r.bytes(len(h.Signature)))
	h.Ledger, h.Lane.Key = r.digest(), r.digest()
	h.Lane.Number = dag.LaneNumber(r.uint())
	h.Seq = dag.Seq(r.uint())
	h.ClaimedAt = dag.UnixMilli(r.uint())
	if b.flags&batchPrev != 0 {
		h.Prev = r.digest()
	}
	b.body = r.raw
	return b, r.err
}

// join returns the batch, whose prev must be known. It copies the body.
func (b *storedBatch) join(mesh dag.MeshID) (*dag.Batch, error) {
	joined, err := dag.JoinBatch(mesh, b.header, b.body)
	if err != nil {
		return nil, err
	}
	if id := joined.ID(); [checkBytes]byte(id[:]) != b.check {
		return nil, errValue
	}
	return joined, nil
}

// batchReader reads batches. It remembers the last leader read of each lane, since the next
// batch that is read often follows it. It is for one call of the store's.
type batchReader struct {
	store   *Store
	leaders map[dag.LaneID]leader
}

// leader is the batch of a lane and seq that was stored first.
type leader struct {
	seq     dag.Seq
	id      dag.BatchID
	arrival uint64
}

func (s *Store) batchReader() *batchReader {
	return &batchReader{store: s, leaders: make(map[dag.LaneID]leader)}
}

// at returns the batch with an arrival number.
func (r *batchReader) at(arrival uint64) (*dag.Batch, error) {
	key := numberKey(prefixBatch, arrival)
	raw, err := r.store.must(key)
	if err != nil {
		return nil, err
	}
	return r.decode(key, raw)
}

// decode returns a batch read. It keeps neither key nor raw.
func (r *batchReader) decode(key, raw []byte) (*dag.Batch, error) {
	stored, err := decodeStoredBatch(raw)
	if err != nil {
		return nil, corruptf(key, err)
	}
	h := &stored.header
	if stored.implied() {
		before, ok := r.leaders[h.Lane]
		if !ok || before.seq != h.Seq-1 {
			if before, err = r.store.leader(h.Lane, h.Seq-1); err != nil {
				return nil, err
			}
		}
		h.Prev = before.id
	}
	b, err := stored.join(r.store.mesh)
	if err != nil {
		return nil, corruptf(key, err)
	}
	if !stored.late() {
		r.leaders[b.Lane] = leader{seq: b.Seq, id: b.ID()}
	}
	return b, nil
}

// leader returns the leader of a seq that has one.
func (s *Store) leader(lane dag.LaneID, seq dag.Seq) (leader, error) {
	found, err := s.leaders(lane, seq, seq)
	if err != nil {
		return leader{}, err
	}
	return found[0], nil
}

// leaders returns the leaders of the seqs from … to, which all have one.
func (s *Store) leaders(lane dag.LaneID, from, to dag.Seq) ([]leader, error) {
	var found []leader
	err := s.each(laneSeqKey(lane, from), laneSeqKey(lane, to+1), func(key, value []byte) (bool, error) {
		m, arrival, err := decodeMeta(key, value)
		if err != nil {
			return false, err
		}
		found = appendLeader(found, m, arrival)
		return true, nil
	})
	for i := range found {
		if found[i].seq != from+dag.Seq(i) {
			found = found[:i]
			break
		}
	}
	if missing := from + dag.Seq(len(found)); err == nil && missing <= to {
		err = corruptf(laneSeqKey(lane, missing), errMissing)
	}
	return found, err
}

// appendLeader takes another batch of a lane into account; they come ascending by seq.
func appendLeader(to []leader, m store.BatchMeta, arrival uint64) []leader {
	this := leader{seq: m.Seq, id: m.ID, arrival: arrival}
	last := len(to) - 1
	switch {
	case last < 0 || to[last].seq != m.Seq:
		return append(to, this)
	case arrival < to[last].arrival:
		to[last] = this
	}
	return to
}
