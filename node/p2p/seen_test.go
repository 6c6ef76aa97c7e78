package p2p

import (
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/sync/message"
)

func TestASecondCopyIsDroppedForAWhile(t *testing.T) {
	g, _, _ := dagtest.Genesis(4)
	one, two := batches(t, g, 0, 1), batches(t, g, 1, 1)
	both := &message.Batches{Batches: append(append([]*dag.Batch{}, one.Batches...), two.Batches...)}
	s := &seen{}
	now := time.Unix(1, 0)
	if got := s.fresh(one, now); got == nil {
		t.Fatal("the first copy was dropped")
	}
	if got := s.fresh(both, now); len(got.Batches) != 1 || got.Batches[0] != two.Batches[0] {
		t.Errorf("got %d batches, want the new one alone", len(got.Batches))
	}
	if got := s.fresh(both, now.Add(seenFor-1)); got != nil {
		t.Errorf("got %d batches that were seen", len(got.Batches))
	}
	if got := s.fresh(both, now.Add(seenFor)); got == nil || len(got.Batches) != 2 {
		t.Error("what was seen long ago is dropped")
	}
	for i := range 2 * maxSeen {
		s.at[dag.BatchID{byte(i), byte(i >> 8), byte(i >> 16), 1}] = now
		s.makeRoom(now)
	}
	if len(s.at) > maxSeen {
		t.Errorf("%d batches are remembered, want at most %d", len(s.at), maxSeen)
	}
}
