package node

import (
	"slices"
	"sync"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node/p2p"
	"github.com/floormesh/floormesh/sync/message"
)

// links passes on what arrives from the other gateways. It blocks while the
// replica is busy, which slows the peer down, until the node ends.
type links struct {
	inputs chan<- []replica.Input
	ended  <-chan struct{}
	count  *counters

	mu   sync.Mutex
	here []dag.PublicKey // connected
}

var _ p2p.Handler = (*links)(nil)

// Received implements p2p.Handler.
func (l *links) Received(from dag.PublicKey, messages []dag.Verified[message.Message]) {
	inputs := make([]replica.Input, len(messages))
	for i, m := range messages {
		l.count.received[messageKindOf(m.Value())].Add(1)
		inputs[i] = replica.Received{From: from, Message: m}
	}
	l.pass(inputs...)
}

// Connected implements p2p.Handler.
func (l *links) Connected(peer dag.PublicKey) {
	l.mu.Lock()
	if !slices.Contains(l.here, peer) {
		l.here = append(l.here, peer)
	}
	l.mu.Unlock()
	l.pass(replica.Connected{Peer: peer})
}

// Disconnected implements p2p.Handler.
func (l *links) Disconnected(peer dag.PublicKey) {
	l.mu.Lock()
	l.here = slices.DeleteFunc(l.here, func(k dag.PublicKey) bool { return k == peer })
	l.mu.Unlock()
	l.pass(replica.Disconnected{Peer: peer})
}

func (l *links) pass(inputs ...replica.Input) {
	select {
	case l.inputs <- inputs:
	case <-l.ended:
	}
}

// connected returns the peers that are connected.
func (l *links) connected() []dag.PublicKey {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.here)
}
