package p2p

import (
	"sync"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// seen remembers which batches came lately, from whomever, so that a second
// copy costs no signature checks. Batches come twice when a busy node asks for
// what waits in its own queue; to check them twice would make it busier still.
//
// A batch's id covers its signature and its records, so that a bad copy cannot
// pass for a good one, nor a good one be kept out by a bad. What was seen is
// let through again after seenFor: the replica may have had no room for it.
// The zero value has seen nothing.
type seen struct {
	mu sync.Mutex
	at map[dag.BatchID]time.Time
}

// fresh returns the message without the batches seen lately, nil if none is left.
func (s *seen) fresh(m *message.Batches, now time.Time) *message.Batches {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[dag.BatchID]time.Time{}
	}
	s.makeRoom(now)
	var kept []*dag.Batch
	for _, b := range m.Batches {
		if at, ok := s.at[b.ID()]; ok && now.Sub(at) < seenFor {
			continue
		}
		s.at[b.ID()] = now
		kept = append(kept, b)
	}
	if len(kept) == 0 {
		return nil
	}
	return &message.Batches{Batches: kept}
}

// makeRoom forgets what is old, and everything if that is not enough.
func (s *seen) makeRoom(now time.Time) {
	if len(s.at) < maxSeen {
		return
	}
	for id, at := range s.at {
		if now.Sub(at) >= seenFor {
			delete(s.at, id)
		}
	}
	if len(s.at) >= maxSeen {
		clear(s.at)
	}
}
