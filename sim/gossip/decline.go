package gossip

import "github.com/floormesh/floormesh/sim/engine"

// decline tells the mesh that a large message is in: IDONTWANT. Within one partition no
// event is made of it: the node notes when the message came, and who is about to send it a
// copy finds out whether it could know ([Part.unwanted]). Most of a mesh's events would be these.
func (p *Part) decline(c *engine.Partition, node engine.Node, v validation) {
	t := p.topic
	p.peers = p.peers[:0]
	for _, g := range t.nodes[node].mesh {
		if g.Node != v.from {
			p.peers = append(p.peers, g.Node)
		}
	}
	p.counts.IDontWants += uint64(len(p.peers))
	if len(t.parts) == 1 {
		if !p.rows[v.id].old {
			p.stamp(c.Now(), node, v.id)
		}
		t.config.Lines.Signalled(c.Now(), node, p.peers, t.config.Frame+idBytes)
		return
	}
	for _, g := range t.nodes[node].mesh {
		if g.Node != v.from {
			p.signal(c, node, g.Edge, idontwant, v.id, 1)
		}
	}
}

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
	if r.at == nil {
		// Counted from the last time that anybody declined it: all do at about the same time.
		return r.unwanted != nil && now-r.declined < holds && has(r.unwanted, p.place(node, g.Edge))
	}
	came := r.at[t.local[g.Node]]
	if came == 0 {
		return false
	}
	since := now - r.first - engine.Instant(came-1)<<stampBits
	if since >= holds {
		return false
	}
	at, ok := t.config.Lines.Signal(now, g.Node, node)
	return ok && at-now <= since
}
