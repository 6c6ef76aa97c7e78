package gossip

import (
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/network"
)

// Lines is what carries what nodes say to each other. [Over] makes lines of a network; a
// world has its own.
type Lines interface {
	// Send puts something on its way over an edge, and returns when it reaches the
	// peer's downlink, or false if it never does.
	Send(now engine.Instant, edge uint32, from, to engine.Node, f Freight) (engine.Instant, bool)

	// Receive takes bytes in whose last bit arrives now, and returns when all of
	// them are through the downlink.
	Receive(now engine.Instant, node engine.Node, bytes int) engine.Instant

	// Downlink reports whether Receive can make anything wait at a node.
	Downlink(node engine.Node) bool
}

// Freight is what is sent: a copy of a message, or a control message. That is small, and
// ahead of all that waits, as in pubsub's urgent queue.
type Freight struct {
	Load    engine.Handle // the message's
	Bytes   int32
	Control bool
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
func (o *over) Send(now engine.Instant, edge uint32, from, to engine.Node, f Freight) (engine.Instant, bool) {
	if f.Control {
		return o.Network.Send(now, from, to, 0, nil, nil)
	}
	c := &o.connections[edge]
	return o.Network.Send(now, from, to, int(f.Bytes), &c.last, &c.flow)
}
