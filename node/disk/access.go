package disk

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// corruptf says which key holds what it should not.
func corruptf(key []byte, err error) error {
	return fmt.Errorf("%w: key %q: %w", store.ErrCorrupt, key, err)
}

// errMissing says that an index points at nothing.
var errMissing = errors.New("value is missing")

// set adds to a batch. Batches of Pebble are memory: their errors are for other uses.
func set(b *pebble.Batch, key, value []byte) {
	if err := b.Set(key, value, nil); err != nil {
		panic(fmt.Sprintf("disk: set: %v", err)) // a key in here would be one allocated
	}
}

// merge adds to what a key has.
func merge(b *pebble.Batch, key, value []byte) {
	if err := b.Merge(key, value, nil); err != nil {
		panic(fmt.Sprintf("disk: merge: %v", err))
	}
}

// reading must be called by every exported method that reads, and its result when
// it is done.
func (s *Store) reading() (done func(), err error) {
	s.closing.RLock()
	if s.closed {
		s.closing.RUnlock()
		return nil, ErrClosed
	}
	return s.closing.RUnlock, nil
}

// get1 returns a copy of a value, nil if there is none.
func (s *Store) get1(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", key, classify(err))
	}
	// Not nil, even if empty.
	value = append(make([]byte, 0, len(value)), value...)
	return value, closer.Close()
}

// must returns a copy of a value that is there unless the store is corrupt.
func (s *Store) must(key []byte) ([]byte, error) {
	value, err := s.get1(key)
	if err == nil && value == nil {
		err = corruptf(key, errMissing)
	}
	return value, err
}

// getUint returns a number, 0 if there is none.
func (s *Store) getUint(key []byte) (uint64, error) {
	value, err := s.get1(key)
	if err != nil || value == nil {
		return 0, err
	}
	r := reader{raw: value}
	n := r.uint()
	if err := r.done(); err != nil {
		return 0, corruptf(key, err)
	}
	return n, nil
}

// each calls f with the keys from … to-1 in order until it returns false or an error.
// Key and value are valid only during the call.
func (s *Store) each(from, to []byte, f func(key, value []byte) (bool, error)) error {
	return s.walk(from, to, (*pebble.Iterator).First, (*pebble.Iterator).Next, f)
}

// eachBack is each from the last key to the first.
func (s *Store) eachBack(from, to []byte, f func(key, value []byte) (bool, error)) error {
	return s.walk(from, to, (*pebble.Iterator).Last, (*pebble.Iterator).Prev, f)
}

func (s *Store) walk(
	from, to []byte, start, step func(*pebble.Iterator) bool, f func(key, value []byte) (bool, error),
) (err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return fmt.Errorf("read from %q: %w", from, classify(err))
	}
	defer func() {
		if e := it.Close(); err == nil && e != nil {
			err = fmt.Errorf("read from %q: %w", from, classify(e))
		}
	}()
	for ok := start(it); ok; ok = step(it) {
		value, err := it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("read %q: %w", it.Key(), classify(err))
		}
		if more, err := f(it.Key(), value); err != nil || !more {
			return err
		}
	}
	return nil
}

// last returns the last key and value from … to-1, nil if there is none.
func (s *Store) last(from, to []byte) (key, value []byte, err error) {
	err = s.eachBack(from, to, func(k, v []byte) (bool, error) {
		key, value = bytes.Clone(k), bytes.Clone(v)
		return false, nil
	})
	return key, value, err
}

// arrivalOf returns the arrival number of a batch, false if it is not stored.
func (s *Store) arrivalOf(lane dag.LaneID, seq dag.Seq, id dag.BatchID) (uint64, bool, error) {
	key := laneBatchKey(lane, seq, id)
	value, err := s.get1(key)
	if err != nil || value == nil {
		return 0, false, err
	}
	e, err := decodeLaneEntry(value)
	if err != nil {
		return 0, false, corruptf(key, err)
	}
	return e.arrival, true, nil
}

// executedAt returns a commit as it is stored, nil if it is not.
func (s *Store) executedAt(index dag.CommitIndex) (*executed, error) {
	key := numberKey(prefixCommit, uint64(index))
	raw, err := s.get1(key)
	if err != nil || raw == nil {
		return nil, err
	}
	return s.decodeExecuted(key, raw)
}

// decodeExecuted parses a stored commit and fills in what is implied.
func (s *Store) decodeExecuted(key, value []byte) (*executed, error) {
	e, err := decodeExecuted(dag.CommitIndex(keyNumber(key)), value)
	if err != nil {
		return nil, corruptf(key, err)
	}
	for i := range e.changes {
		if err := s.fillCut(e, i); err != nil {
			return nil, err
		}
	}
	if err := e.seal(); err != nil {
		return nil, corruptf(key, err)
	}
	return e, nil
}

// fillCut looks for a cut's batches if they are implied.
func (s *Store) fillCut(e *executed, i int) error {
	change, cut := &e.changes[i], &e.commit.Cut[i]
	if !change.implied {
		return nil
	}
	n := len(change.batches)
	leaders, err := s.leaders(cut.Lane, cut.Seq+1-dag.Seq(n), cut.Seq)
	if err != nil {
		return err
	}
	cut.Batches = make([]dag.BatchID, n)
	for k, l := range leaders {
		cut.Batches[k] = l.id
		change.batches[k].arrival, change.batches[k].located = l.arrival, true
	}
	return nil
}
