package replica_test

import (
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// TestAFloodOfTipsIsBounded has a member connect and say that it has nothing, as often as it
// can: it is sent its share of blocks, and once it is quiet it is answered again.
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
		if t, ok := msg.(*message.Tips); from == 0 && to == 3 && (!ok || t.Reply) { // others it is told unasked
			sent += len(message.Encode(nil, msg))
		}
		return to == 3
	}
	tips := &message.Tips{Highest: make([]dag.Round, 4)}
	flood := func() {
		m.step(0, replica.Disconnected{Peer: m.nodes[3].key})
		m.step(0, replica.Connected{Peer: m.nodes[3].key})
		m.deliver(3, 0, tips)
	}
	flood()
	once := sent
	if once < 100<<10 {
		t.Fatalf("tips of who has nothing are answered with %d bytes, want a window of blocks", once)
	}
	const seconds = 3
	for range 200 * seconds {
		flood()
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
	flood()
	if sent != once {
		t.Errorf("after a second of quiet it was sent %d bytes, want %d", sent, once)
	}
	id := m.submit(1, 1000)
	m.run(time.Second)
	if !slices.Contains(m.nodes[0].finals(), id) {
		t.Error("the mesh does not work any more")
	}
}
