package gossip

import "github.com/floormesh/floormesh/sim/engine"

// decline tells the mesh that a large message is in: IDONTWANT. Within one partition no
// event is made of it: the node notes when the message came, and who is about to send it a
// copy finds out whether it could know ([Part.unwanted]). Most of a mesh's events would be these.
func (p *Part) decline(c *engine.Partition, node engine.Node, v validation) {
	t := p.topic
	s := &t.nodes[node]
	if len(t.parts) > 1 {
		for _, g := range s.mesh {
			if g.Node != v.from {
				p.counts.IDontWants++
				p.signal(c, node, g.Edge, idontwant, v.id, 1)
			}
		}
		return
	}
	peers := len(s.mesh)
	for _, g := range s.mesh {
		if g.Node == v.from {
			t.edges[g.Edge].spared++
			peers--
		}
	}
	s.declines++
	p.counts.IDontWants += uint64(peers)
	if !p.rows[v.id].old {
		p.stamp(c.Now(), node, v.id)
	}
	t.config.Lines.Signalled(c.Now(), node, peers, t.declineBytes())
}

// heard notes what a peer in a node's mesh was told by IDONTWANT. That is done when the peer
// leaves and at the end: to count it message by message takes looking at all of the mesh.
func (t *Topic) heard(node engine.Node, edge uint32) {
	s, l := &t.nodes[node], &t.edges[edge]
	if told := s.declines - l.spared; told > 0 {
		t.config.Lines.Heard(t.graph.peers[edge], int(told), t.declineBytes())
		l.spared = s.declines
	}
}

// noteDeclines notes what all peers in a node's mesh were told.
func (t *Topic) noteDeclines(node engine.Node) {
	for _, g := range t.nodes[node].mesh {
		t.heard(node, g.Edge)
	}
}

// Close tells Lines of what was heard and not noted yet. Call it at the end of a run.
func (t *Topic) Close() {
	for node := range t.nodes {
		t.noteDeclines(engine.Node(node))
	}
}

// declineBytes is how long an IDONTWANT is on the wire.
func (t *Topic) declineBytes() int { return t.config.Frame + idBytes }

// declined is an IDONTWANT from a peer.
func (p *Part) declined(now engine.Instant, e engine.Event) {
	p.see(e.Load, p.topic.messages.Get(e.Load).At)
	r := &p.rows[e.Load]
	if r.unwanted == nil {
		r.unwanted = line(&p.spares, p.edges)
	}
	r.declined = now
	set(r.unwanted, p.place(e.Node, p.edge(e.Node, e.Source)))
}

// unwanted reports whether a node knows that a peer has declined a message. That holds for a
// few heartbeats.
func (p *Part) unwanted(now engine.Instant, r *row, node engine.Node, g Peer) bool {
	t := p.topic
	holds := t.params.Heartbeat * engine.Instant(t.params.IDontWantBeats)
	if len(t.parts) > 1 {
		// Counted from the last time that anybody declined it: all do at about the same time.
		return r.unwanted != nil && now-r.declined < holds && has(r.unwanted, p.place(node, g.Edge))
	}
	since, ok := r.since(now, t.at(g.Node))
	if !ok || since >= holds {
		return false
	}
	at, ok := t.config.Lines.Signal(now, g.Node, node)
	return ok && at-now <= since
}
