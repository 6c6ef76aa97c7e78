package gossip

import (
	"slices"

	"github.com/floormesh/floormesh/sim/engine"
)

// Rise lets a node start: it knows no message, no connection of it stands, and its first
// heartbeat is HeartbeatDelay away. What was on its way to an earlier life never comes.
func (p *Part) Rise(c *engine.Partition, node engine.Node) {
	t := p.topic
	t.noteDeclines(node)
	s := &t.nodes[node]
	if s.lives++; s.lives == 0 {
		s.lives = 1 // 0 is a node that is down
	}
	t.lives[node] = s.lives
	s.mesh, s.cache, s.promises, s.beats = s.mesh[:0], s.cache[:0], nil, 0
	first, end := t.graph.Edges(node)
	clear(t.edges[first:end])
	for _, id := range p.known {
		r := &p.rows[id]
		unset(r.seen, t.at(node))
		if r.moments != nil {
			r.moments[t.at(node)] = 0
		}
		for edge := first; edge < end; edge++ {
			if r.unwanted != nil {
				unset(r.unwanted, p.place(node, edge))
			}
			delete(r.asked, edge)
		}
	}
	p.schedule(c, c.Now()+t.params.HeartbeatDelay, node, engine.What{Kind: p.first + beat, Tag: t.tag(node, 0)})
}

// Fall stops a node. Its peers learn of it by Disconnect.
func (p *Part) Fall(node engine.Node) { p.topic.lives[node] = 0 }

// Connect tells a node that its connection over an edge stands.
func (p *Part) Connect(edge uint32) { p.topic.edges[edge].up = true }

// Disconnect tells a node that its connection over an edge is gone.
func (p *Part) Disconnect(node engine.Node, edge uint32) {
	l := &p.topic.edges[edge]
	if l.mesh {
		p.leave(node, edge)
	}
	*l = link{backoff: l.backoff}
}

// leave takes a peer out of a node's mesh.
func (p *Part) leave(node engine.Node, edge uint32) {
	p.topic.heard(node, edge)
	p.topic.edges[edge].mesh = false
	s := &p.topic.nodes[node]
	i := slices.IndexFunc(s.mesh, func(g Peer) bool { return g.Edge == edge })
	s.mesh = slices.Delete(s.mesh, i, i+1)
}

// tag returns the tag of an event at a node: its life, and how far a copy has come.
func (t *Topic) tag(node engine.Node, hops uint16) uint16 { return uint16(t.lives[node])<<8 | hops }

// miss is an event that finds nobody: the node has stopped since.
func (p *Part) miss(c *engine.Partition, e engine.Event) {
	switch e.Kind - p.first {
	case taken, validated:
		p.waiting.Take(e.Load)
	case ihave, iwant:
		p.topic.lists.Release(c, e.Load)
	}
}
