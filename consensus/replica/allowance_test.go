package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// TestAFloodOfTipsIsBounded has a member say, as often as it can, that it has
// nothing: it is sent its share of blocks, and once it is quiet it is answered again.
func TestAFloodOfTipsIsBounded(t *testing.T) {
	m := newMesh(t, 4)
	m.kill(3)
	for k := range 200 {
		m.submit(k%3, k)
		m.run(10 * time.Millisecond)
	}
	m.run(time.Minute)
	sent := 0
	m.drop = func(from, to int, msg message.Message) bool {
		if from == 0 && to == 3 {
			sent += len(message.Encode(nil, msg))
		}
		return to == 3
	}
	tips := &message.Tips{Highest: make([]dag.Round, 4)}
	m.deliver(3, 0, tips)
	once := sent
	if once < 100<<10 {
		t.Fatalf("tips of who has nothing are answered with %d bytes, want a window of blocks", once)
	}
	const seconds = 3
	for range 200 * seconds {
		m.deliver(3, 0, tips)
		m.run(5 * time.Millisecond)
	}
	share := replica.PushBurstBytes + seconds*1000*replica.PushBytesPerMilli
	if sent < share*9/10 || sent > share+2*once {
		t.Errorf("it was sent %d bytes, want its share of %d", sent, share)
	}
	if m.nodes[0].curbed == 0 {
		t.Error("nothing was said of tips not answered")
	}
	m.run(time.Second)
	sent = 0
	m.deliver(3, 0, tips)
	if sent != once {
		t.Errorf("after a second of quiet it was sent %d bytes, want %d", sent, once)
	}
	id := m.submit(1, 1000)
	m.run(time.Second)
	if !slices.Contains(m.nodes[0].finals(), id) {
		t.Error("the mesh does not work any more")
	}
}
