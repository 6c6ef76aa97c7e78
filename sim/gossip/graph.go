package gossip

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/sim/engine"
)

// Graph says who is connected to whom: compressed rows, the peers of each node in
// order. An edge is numbered by its place, and seen from its node's side only: the
// other side has its own.
type Graph struct {
	start   []uint32      // by node: its first edge
	peers   []engine.Node // by edge
	dialled []bool        // by edge: the node dialled the peer
}

// Dial is a connection: one node dialled another.
type Dial struct{ From, To engine.Node }

// NewGraph returns the graph of some connections. A pair that dialled each other
// has one; nobody dials itself.
func NewGraph(nodes int, dials []Dial) (*Graph, error) {
	type edge struct {
		from, to engine.Node
		dialled  bool
	}
	edges := make([]edge, 0, 2*len(dials))
	for _, d := range dials {
		if d.From == d.To || min(d.From, d.To) < 0 || int(max(d.From, d.To)) >= nodes {
			return nil, fmt.Errorf("gossip: node %d cannot dial node %d: there are %d nodes", d.From, d.To, nodes)
		}
		edges = append(edges, edge{d.From, d.To, true}, edge{d.To, d.From, false})
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), boolean(b.dialled)-boolean(a.dialled))
	})
	edges = slices.CompactFunc(edges, func(a, b edge) bool { return a.from == b.from && a.to == b.to })
	g := &Graph{start: make([]uint32, nodes+1)}
	for i, e := range edges {
		g.start[e.from+1] = uint32(i + 1)
		g.peers = append(g.peers, e.to)
		g.dialled = append(g.dialled, e.dialled)
	}
	for i := range nodes {
		g.start[i+1] = max(g.start[i+1], g.start[i])
	}
	return g, nil
}

// Complete returns the graph in which all nodes are connected with each other.
func Complete(nodes int) *Graph {
	g := &Graph{start: make([]uint32, nodes+1)}
	for i := range engine.Node(nodes) {
		for j := range engine.Node(nodes) {
			if i != j {
				g.peers = append(g.peers, j)
				g.dialled = append(g.dialled, dials(i, j))
			}
		}
		g.start[i+1] = uint32(len(g.peers))
	}
	return g
}

// dials shares out who of two dials the other: each node half of its peers.
func dials(a, b engine.Node) bool { return (a < b) == ((a+b)%2 == 0) }

// Connect returns a graph in which the first so many nodes are all connected with each
// other, and others at random such that a node has a number of connections on average; 0: all.
func Connect(s *engine.Stream, members, nodes, connections int) (*Graph, error) {
	others := nodes - members
	if connections <= 0 || connections >= nodes-1 || others == 0 {
		return Complete(nodes), nil
	}
	var all []Dial
	for i := range engine.Node(members) {
		for j := range i {
			if dials(i, j) {
				all = append(all, Dial{i, j})
			} else {
				all = append(all, Dial{j, i})
			}
		}
	}
	// What members have among themselves counts; each of the others dials once at least.
	left := max(others, (nodes*connections+1)/2-len(all))
	for i := range others {
		from := engine.Node(members + i)
		each := left / others
		if i < left%others {
			each++
		}
		var drawn []engine.Node
		for len(drawn) < min(each, nodes-1) {
			if to := engine.Node(s.Below(uint64(nodes))); to != from && !slices.Contains(drawn, to) {
				drawn = append(drawn, to)
				all = append(all, Dial{from, to})
			}
		}
	}
	return NewGraph(nodes, all)
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// RandomDials returns dials of each node to that many others, drawn from a range
// of nodes: [first, first+nodes).
func RandomDials(s *engine.Stream, first engine.Node, nodes, each int) []Dial {
	dials := make([]Dial, 0, nodes*each)
	for i := range nodes {
		var drawn []engine.Node
		for len(drawn) < min(each, nodes-1) {
			to := first + engine.Node(s.Below(uint64(nodes)))
			if from := first + engine.Node(i); to != from && !slices.Contains(drawn, to) {
				drawn = append(drawn, to)
				dials = append(dials, Dial{from, to})
			}
		}
	}
	return dials
}

// Nodes returns how many nodes there are.
func (g *Graph) Nodes() int { return len(g.start) - 1 }

// Peers returns the peers of a node, in order; the slice is the graph's.
func (g *Graph) Peers(n engine.Node) []engine.Node { return g.peers[g.start[n]:g.start[n+1]] }

// Edges returns a node's first edge and the one behind its last: their peers are Peers.
func (g *Graph) Edges(n engine.Node) (first, end uint32) { return g.start[n], g.start[n+1] }

// Peer returns the node at the other end of an edge.
func (g *Graph) Peer(edge uint32) engine.Node { return g.peers[edge] }

// Len returns how many edges there are: twice the connections.
func (g *Graph) Len() int { return len(g.peers) }

// Edge returns the number of a node's edge to a peer, false if they are not connected.
func (g *Graph) Edge(n, peer engine.Node) (uint32, bool) {
	if first, end := g.Edges(n); int(end-first) == g.Nodes()-1 { // to all others
		return first + uint32(peer) - uint32(boolean(peer > n)), peer != n
	}
	i, ok := slices.BinarySearch(g.Peers(n), peer)
	return g.start[n] + uint32(i), ok
}
