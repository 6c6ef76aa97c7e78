package gossip

import (
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
)

// Peer is a node's edge and who is at its other end.
type Peer struct {
	Edge uint32
	Node engine.Node
}

// Lines is what carries what nodes say to each other. [Over] makes lines of a network; a
// world has its own.
type Lines interface {
	// Ahead tells of peers to most of whom a copy is sent next, so that what is kept about
	// them can be brought into the cache all at once. It changes nothing.
	Ahead(peers []Peer)

	// Send puts a copy of a message on its way over an edge, and returns when it
	// reaches the peer's downlink, or false if it never does. Load is the message's.
	Send(now engine.Instant, edge uint32, from, to engine.Node, load engine.Handle, bytes int) (engine.Instant, bool)

	// Signal returns when a control message that is sent now arrives, or false. It is
	// small, and ahead of all that waits, as in pubsub's urgent queue.
	Signal(now engine.Instant, from, to engine.Node) (engine.Instant, bool)

	// Signalled notes control messages of a node: one of so many bytes to each of a number of peers.
	Signalled(now engine.Instant, node engine.Node, peers, bytes int)

	// Heard notes control messages that have come to a node, of so many bytes each, now or earlier.
	Heard(node engine.Node, messages, bytes int)

	// Receive takes bytes in whose last bit arrives now, and returns when all of
	// them are through the downlink.
	Receive(now engine.Instant, node engine.Node, bytes int) engine.Instant

	// Downlink reports whether Receive can make anything wait at a node.
	Downlink(node engine.Node) bool
}

// Over returns lines in which each edge of a graph is a connection of its own, in order.
func Over(n *network.Network, g *Graph) Lines {
	o := &over{Network: n, last: make([]engine.Instant, len(g.peers))}
	if n.Windows() {
		o.flows = make([]network.Flow, len(g.peers))
	}
	return o
}

type over struct {
	*network.Network

	last  []engine.Instant // by edge: when what was sent last arrives
	flows []network.Flow   // by edge; nil: connections are warm
}

// Send implements Lines.
func (o *over) Send(now engine.Instant, edge uint32, from, to engine.Node, _ engine.Handle, bytes int) (engine.Instant, bool) {
	var flow *network.Flow
	if o.flows != nil {
		flow = &o.flows[edge]
	}
	return o.Network.Send(now, from, to, bytes, &o.last[edge], flow)
}

// Ahead implements Lines.
func (o *over) Ahead([]Peer) {}

// Signal implements Lines.
func (o *over) Signal(now engine.Instant, from, to engine.Node) (engine.Instant, bool) {
	return o.Network.Send(now, from, to, 0, nil, nil)
}

// Signalled implements Lines.
func (o *over) Signalled(engine.Instant, engine.Node, int, int) {}

// Heard implements Lines.
func (o *over) Heard(engine.Node, int, int) {}
