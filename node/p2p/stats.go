package p2p

import (
	"sync/atomic"
	"time"

	"github.com/floormesh/floormesh/dag"
)

// Stats counts since New. Bytes and messages are those of direct streams, after
// compression; libp2p's own and the network's headers are not in them.
type Stats struct {
	BytesIn, BytesOut       uint64
	MessagesIn, MessagesOut uint64
	DroppedFull             uint64 // for want of room in a peer's queue
	DroppedUnreachable      uint64 // sent to a peer that was not connected
	DroppedOversized        uint64 // not sent, being over the bounds
	GossipPublished         uint64
	GossipReceived          uint64
	GossipDropped           uint64 // for want of room in one of gossip's queues
	Blames                  uint64 // offences of peers
	Strangers               uint64 // connections refused
	Connected               int    // peers, now
}

type counters struct {
	bytesIn, bytesOut, messagesIn, messagesOut        atomic.Uint64
	droppedFull, droppedUnreachable, droppedOversized atomic.Uint64
	gossipPublished, gossipReceived, gossipDropped    atomic.Uint64
	blames, strangers                                 atomic.Uint64
}

// Stats returns the counts of now.
func (t *Transport) Stats() Stats {
	c := &t.count
	return Stats{
		BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(),
		MessagesIn: c.messagesIn.Load(), MessagesOut: c.messagesOut.Load(),
		DroppedFull: c.droppedFull.Load(), DroppedUnreachable: c.droppedUnreachable.Load(),
		DroppedOversized: c.droppedOversized.Load(),
		GossipPublished:  c.gossipPublished.Load(), GossipReceived: c.gossipReceived.Load(),
		GossipDropped: c.gossipDropped.Load(),
		Blames:        c.blames.Load(), Strangers: c.strangers.Load(),
		Connected: t.countConnected(),
	}
}

// Peer is another gateway as seen from here.
type Peer struct {
	Name      string
	Key       dag.PublicKey
	Connected bool
	Since     time.Time // of the connection, or of its loss; zero if there was none yet
	Address   string    // of the connection, "" if there is none
	Banned    bool
	Problem   string // why the last attempt to connect failed, "" while connected
}

// Peers returns all other gateways in the order of the genesis.
func (t *Transport) Peers() []Peer {
	peers := make([]Peer, 0, len(t.remotes))
	for _, r := range t.remotes {
		peers = append(peers, r.describe())
	}
	return peers
}

func (t *Transport) countConnected() (n int) {
	for _, r := range t.remotes {
		if r.standing() != nil {
			n++
		}
	}
	return n
}
