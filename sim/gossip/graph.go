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

// edge returns the number of a node's edge to a peer.
func (g *Graph) edge(n, peer engine.Node) (uint32, bool) {
	i, ok := slices.BinarySearch(g.Peers(n), peer)
	return g.start[n] + uint32(i), ok
}
