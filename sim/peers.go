package sim

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
)

// peers is who may be connected with whom, and whose connections stand. It takes memory
// by connection, not by pair of nodes.
type peers struct {
	graph    *gossip.Graph
	links    []uint64 // by edge: which connection to the peer stands, as the node knows it; 0: none
	standing []int32  // by node: how many stand
	changes  uint64   // so far
}

// newPeers returns a table in which no connection stands.
func newPeers(g *gossip.Graph) *peers {
	return &peers{graph: g, links: make([]uint64, g.Len()), standing: make([]int32, g.Nodes())}
}

// of returns the nodes that a node may be connected to, in order.
func (p *peers) of(node int) []engine.Node { return p.graph.Peers(engine.Node(node)) }

// stands reports whether a node knows of a connection to another.
func (p *peers) stands(from, to int) bool {
	edge, ok := p.graph.Edge(engine.Node(from), engine.Node(to))
	return ok && p.links[edge] != 0
}

// set notes which connection stands over a node's edge, if any.
func (p *peers) set(node int, edge uint32, link uint64) {
	p.changes++
	if p.links[edge] != 0 {
		p.standing[node]--
	}
	if p.links[edge] = link; link != 0 {
		p.standing[node]++
	}
}

// clear takes all connections from a node.
func (p *peers) clear(node int) {
	p.changes++
	first, end := p.graph.Edges(engine.Node(node))
	clear(p.links[first:end])
	p.standing[node] = 0
}

// further reports whether a peer of a node is connected to somebody whom the node is not
// connected to: whether gossip would reach anybody new. Real nodes tell their neighbours
// whom they are connected to; here they know at once.
func (p *peers) further(node int) bool {
	if int(p.standing[node]) == p.graph.Nodes()-1 {
		return false
	}
	first, _ := p.graph.Edges(engine.Node(node))
	for i, near := range p.of(node) {
		if p.links[first+uint32(i)] == 0 {
			continue
		}
		beyond, _ := p.graph.Edges(near)
		for j, far := range p.of(int(near)) {
			if p.links[beyond+uint32(j)] != 0 && int(far) != node && !p.stands(node, int(far)) {
				return true
			}
		}
	}
	return false
}

// relink lets every node look at its connections after a while.
func (w *World) relink() {
	for a := range w.peers.graph.Nodes() {
		for _, b := range w.peers.of(a) {
			w.relinkSoon(a, int(b))
		}
	}
}

// relinkAt lets some nodes and all their peers look at the connections between them.
func (w *World) relinkAt(nodes []int) {
	among := make(map[int]bool, len(nodes))
	for _, a := range nodes {
		among[a] = true
	}
	for _, a := range nodes {
		if a >= w.peers.graph.Nodes() {
			continue // a device, which has no connection that could fall
		}
		for _, b := range w.peers.of(a) {
			w.relinkSoon(a, int(b))
			if !among[int(b)] {
				w.relinkSoon(int(b), a)
			}
		}
	}
}

func (w *World) relinkSoon(node, peer int) {
	w.schedule(event{at: w.now + w.notice(node), node: node, load: engine.Handle(peer), kind: relink})
}

// relinked is that a node notices how its connection to a peer stands by now. Replicas are told
// of each other only: followers hear nothing but gossip.
func (w *World) relinked(node, peer int) {
	now := w.connection(node, peer)
	edge, _ := w.peers.graph.Edge(engine.Node(node), engine.Node(peer))
	was := w.peers.links[edge]
	if was == now {
		return
	}
	both := max(node, peer) < len(w.nodes)
	if was != 0 {
		w.trace.linef(w.now, node, "disconnected from n%d", peer)
		w.peers.set(node, edge, 0)
		if w.site != nil {
			w.site.carrier.disconnected(node, edge)
		}
		if both {
			w.nodes[node].step(w, replica.Disconnected{Peer: w.peerIDs[peer]})
		}
	}
	if now != 0 {
		w.trace.linef(w.now, node, "connected to n%d", peer)
		w.peers.set(node, edge, now)
		if w.site != nil {
			w.site.carrier.connected(edge)
		}
		if both {
			w.nodes[node].step(w, replica.Connected{Peer: w.peerIDs[peer]})
		}
	}
}

// connection returns a number for the connection that stands between a node and a peer, 0 if none does.
func (w *World) connection(node, peer int) uint64 {
	life := w.lifeOf(peer)
	if life == 0 || !w.connected(node, peer) {
		return 0
	}
	link := uint64(life) << 32
	if w.site == nil {
		link |= uint64(w.links.resets[w.links.pair(node, peer)])
	}
	return link
}
