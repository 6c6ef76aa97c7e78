package disk

import (
	"bytes"
	"math"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
)

// Batches implements store.Reader.
func (s *Store) Batches(ids []dag.BatchID) ([]*dag.Batch, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	var found []*dag.Batch
	batches := s.batchReader()
	for _, id := range ids {
		b, err := batches.named(id)
		if err != nil {
			return nil, err
		}
		if b != nil {
			found = append(found, b)
		}
	}
	return found, nil
}

// named returns the batch with an id, nil if it is not stored.
func (r *batchReader) named(id dag.BatchID) (*dag.Batch, error) {
	key := batchIDKey(id)
	value, err := r.store.get1(key)
	if err != nil {
		return nil, err
	}
	arrivals := reader{raw: value}
	for range maxPositions {
		if len(arrivals.raw) == 0 {
			break
		}
		arrival := arrivals.uint()
		if arrivals.err != nil {
			return nil, corruptf(key, arrivals.err)
		}
		b, err := r.at(arrival)
		if err != nil || b.ID() == id { // else it only begins like it
			return b, err
		}
	}
	return nil, nil
}

// Lane implements store.Reader.
func (s *Store) Lane(lane dag.LaneID, from dag.Seq, maxBytes int) ([]*dag.Batch, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	var (
		arrivals []uint64
		size     int
	)
	err = s.eachInLane(lane, from, func(m store.BatchMeta, arrival uint64) bool {
		if size += m.Bytes; len(arrivals) > 0 && size > maxBytes {
			return false
		}
		arrivals = append(arrivals, arrival)
		return true
	})
	if err != nil {
		return nil, err
	}
	reader := s.batchReader()
	batches := make([]*dag.Batch, len(arrivals))
	for i, arrival := range arrivals {
		if batches[i], err = reader.at(arrival); err != nil {
			return nil, err
		}
	}
	return batches, nil
}

// Blocks implements store.Reader.
func (s *Store) Blocks(refs []dag.BlockRef) ([]*dag.Block, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	var found []*dag.Block
	for _, ref := range refs {
		key := blockKey(ref)
		raw, err := s.get1(key)
		if err != nil {
			return nil, err
		}
		if raw == nil {
			continue
		}
		b, err := dag.DecodeBlock(raw)
		if err != nil {
			return nil, corruptf(key, err)
		}
		found = append(found, b)
	}
	return found, nil
}

// Commits implements store.Reader.
func (s *Store) Commits(after dag.CommitIndex, maxBytes int) (*checkpoint.Certified, []*dag.Commit, error) {
	done, err := s.reading()
	if err != nil {
		return nil, nil, err
	}
	defer done()
	if after == math.MaxUint64 {
		return nil, nil, nil
	}
	var (
		best    *checkpoint.Certified
		commits []*dag.Commit
		upTo    int
		size    int
		first   *checkpoint.Certified
	)
	err = s.each(numberKey(prefixCommit, uint64(after)+1), []byte{prefixCommit + 1}, func(key, value []byte) (bool, error) {
		e, err := s.decodeExecuted(key, value)
		if err != nil {
			return false, err
		}
		if first == nil { // is there any reason to go on?
			if first, err = s.coveringFrom(e.size, e.hasLeaf); err != nil || first == nil {
				return false, err
			}
		}
		if size += len(e.commit.Raw()); size > maxBytes && best != nil {
			return false, nil
		}
		commits = append(commits, e.commit)
		if !e.hasLeaf {
			return true, nil
		}
		c, err := s.certifiedAt(e.size)
		if c != nil && c.Commit == e.commit.Index {
			best, upTo = c, len(commits)
		}
		return true, err
	})
	if err != nil || best == nil {
		return nil, nil, err
	}
	return best, commits[:upTo:upTo], nil
}

// coveringFrom returns the first certified checkpoint of a log of at least size leaves,
// or of more if it cannot be of just that size; nil if there is none.
func (s *Store) coveringFrom(size uint64, including bool) (c *checkpoint.Certified, err error) {
	if !including {
		size++
	}
	err = s.each(numberKey(prefixCheckpoint, size), []byte{prefixCheckpoint + 1}, func(key, value []byte) (bool, error) {
		c, err = decodeCertified(bytes.Clone(key), bytes.Clone(value))
		return false, err
	})
	return c, err
}

// certifiedAt returns the certified checkpoint of a log of just size leaves, nil if there is none.
func (s *Store) certifiedAt(size uint64) (*checkpoint.Certified, error) {
	key := numberKey(prefixCheckpoint, size)
	value, err := s.get1(key)
	if err != nil || value == nil {
		return nil, err
	}
	return decodeCertified(key, value)
}

// Certified returns the newest certified checkpoint, nil if there is none.
func (s *Store) Certified() (*checkpoint.Certified, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	return s.newestCertified()
}

// CertifiedCovering returns the first certified checkpoint that covers a leaf, nil if there is none yet.
func (s *Store) CertifiedCovering(leaf dag.LeafIndex) (*checkpoint.Certified, error) {
	done, err := s.reading()
	if err != nil {
		return nil, err
	}
	defer done()
	return s.coveringFrom(uint64(leaf), false)
}
