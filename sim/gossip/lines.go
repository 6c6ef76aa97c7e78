package gossip

import (
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
)

// Lines is what carries what nodes say to each other. [Over] makes lines of a network; a
// world has its own.
type Lines interface {
	// Send puts bytes on their way over an edge, and returns when they reach the
	// peer's downlink, or false if they never do. 0 bytes are a control message: it is
	// small, and ahead of all that waits.
	Send(now engine.Instant, edge uint32, from, to engine.Node, bytes int) (engine.Instant, bool)

	// Receive takes bytes in whose last bit arrives now, and returns when all of
	// them are through the downlink.
	Receive(now engine.Instant, node engine.Node, bytes int) engine.Instant

	// Downlink reports whether Receive can make anything wait at a node.
	Downlink(node engine.Node) bool
}

// Over returns lines in which each edge of a graph is a connection of its own, in order.
func Over(n *network.Network, g *Graph) Lines { return &over{n, make([]connection, len(g.peers))} }

type over struct {
	*network.Network

	connections []connection // by edge
}

type connection struct {
	last engine.Instant // when what was sent last arrives
	flow network.Flow
}

// Send implements Lines.
func (o *over) Send(now engine.Instant, edge uint32, from, to engine.Node, bytes int) (engine.Instant, bool) {
	if bytes == 0 {
		return o.Network.Send(now, from, to, 0, nil, nil)
	}
	c := &o.connections[edge]
	return o.Network.Send(now, from, to, bytes, &c.last, &c.flow)
}
