package gossip

import "github.com/floormesh/floormesh/sim/engine"

// beat is a node's heartbeat: the mesh is kept in bounds, others are told what there
// is, the cache moves on.
func (p *Part) beat(c *engine.Partition, node engine.Node) {
	t := p.topic
	s := &t.nodes[node]
	p.blame(c.Now(), node)
	p.forgive(c.Now(), node)
	p.shun(c, node)
	if len(s.mesh) < t.params.Dlo {
		p.graftSome(c, node, t.params.D-len(s.mesh), false)
	}
	if len(s.mesh) >= t.params.Dhi {
		p.pruneMany(c, node)
	}
	if len(s.mesh) >= t.params.Dlo {
		outbound := 0
		for _, g := range s.mesh {
			outbound += boolean(t.graph.dialled[g.Edge])
		}
		if outbound < t.params.Dout {
			p.graftSome(c, node, t.params.Dout-outbound, true)
		}
	}
	p.tell(c, node)
	s.beats++
	old := 0
	for old < len(s.cache) && s.beats-s.cache[old].beat >= uint32(t.params.HistoryLength) {
		old++
	}
	s.cache = drop(s.cache, old)
	p.forget(c)
	p.schedule(c, c.Now()+t.params.Heartbeat, node, engine.What{Kind: p.first + beat, Tag: t.tag(node, 0)})
}

// graftSome takes some more peers into the mesh, drawn among those that may be.
func (p *Part) graftSome(c *engine.Partition, node engine.Node, want int, dialled bool) {
	t := p.topic
	p.scratch = p.scratch[:0]
	for edge := t.graph.start[node]; edge < t.graph.start[node+1]; edge++ {
		l := &t.edges[edge]
		if l.up && !l.mesh && !l.shunned() && l.backoff <= c.Now() && (!dialled || t.graph.dialled[edge]) {
			p.scratch = append(p.scratch, edge)
		}
	}
	for _, edge := range p.some(node, want) {
		p.join(node, edge)
		p.counts.Grafts++
		p.signal(c, node, edge, graft, 0, 0)
	}
}

// some draws from the scratch list.
func (p *Part) some(node engine.Node, want int) []uint32 {
	s := &p.topic.nodes[node].stream
	want = min(want, len(p.scratch))
	for i := range want {
		j := i + int(s.Below(uint64(len(p.scratch)-i)))
		p.scratch[i], p.scratch[j] = p.scratch[j], p.scratch[i]
	}
	return p.scratch[:want]
}

// pruneMany cuts the mesh down to D, of which Dout were dialled if there are so many.
func (p *Part) pruneMany(c *engine.Partition, node engine.Node) {
	t := p.topic
	p.scratch = appendMesh(p.scratch[:0], t.nodes[node].mesh)
	kept := p.some(node, len(p.scratch)) // all of them, in random order
	outbound := 0
	for i, edge := range kept { // those that were dialled come first, up to Dout
		if t.graph.dialled[edge] && outbound < t.params.Dout {
			kept[i], kept[outbound] = kept[outbound], kept[i]
			outbound++
		}
	}
	for _, edge := range kept[t.params.D:] {
		p.part(c, node, edge)
		p.counts.Prunes++
		p.signal(c, node, edge, prune, 0, 0)
	}
}

func (p *Part) join(node engine.Node, edge uint32) {
	s, l := &p.topic.nodes[node], &p.topic.edges[edge]
	l.mesh, l.spared = true, s.declines
	s.mesh = append(s.mesh, Peer{edge, p.topic.graph.peers[edge]})
}

// appendMesh appends the edges of a mesh.
func appendMesh(to []uint32, mesh []Peer) []uint32 {
	for _, g := range mesh {
		to = append(to, g.Edge)
	}
	return to
}

// part takes a peer out of the mesh and stays away from it for a while.
func (p *Part) part(c *engine.Partition, node engine.Node, edge uint32) {
	l := &p.topic.edges[edge]
	l.backoff = c.Now() + p.topic.params.PruneBackoff
	if l.mesh {
		p.leave(node, edge)
	}
}

// invited is a GRAFT from a peer: it is taken in, or refused by a PRUNE. Who speaks is
// connected, though it may not have been noticed yet.
func (p *Part) invited(c *engine.Partition, node, from engine.Node) {
	t := p.topic
	edge := p.edge(node, from)
	l := &t.edges[edge]
	l.up = true
	switch {
	case l.mesh:
	case c.Now() < l.backoff, l.shunned(), len(t.nodes[node].mesh) >= t.params.Dhi && !t.graph.dialled[edge]:
		p.part(c, node, edge)
		p.counts.Prunes++
		p.signal(c, node, edge, prune, 0, 0)
	default:
		p.join(node, edge)
	}
}

func (p *Part) pruned(c *engine.Partition, node, from engine.Node) {
	p.part(c, node, p.edge(node, from))
}
