package replica_test

import (
	"testing"

	"github.com/floormesh/floormesh/consensus/replica"
)

// What does not leave the node must cost no sync: a peer can cause some of it at will.
func TestWhatStaysHereWaitsForNothing(t *testing.T) {
	for _, o := range []replica.Output{
		replica.Persist{}, replica.Load{}, replica.Turned{}, replica.Alarm{}, replica.Curbed{}, replica.Blame{},
	} {
		if got := replica.Waits(o); got != replica.WaitNone {
			t.Errorf("%T waits for %d", o, got)
		}
	}
	for _, o := range []replica.Output{
		replica.Send{}, replica.Broadcast{}, replica.Gossip{}, replica.Serve{}, replica.Stored{}, replica.Known{},
	} {
		if got := replica.Waits(o); got != replica.WaitAll {
			t.Errorf("%T waits for %d", o, got)
		}
	}
}
