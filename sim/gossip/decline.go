package gossip

import "github.com/floormesh/floormesh/sim/engine"

// decline tells the mesh that a large message is in: IDONTWANT. Within one partition no
// event is made of it: the node notes when the message came, and who is about to send it a
// copy finds out whether it could know ([Part.unwanted]). Most of a mesh's events would be these.
func (p *Part) decline(c *engine.Partition, node engine.Node, v validation) {
	t := p.topic
	p.peers = p.peers[:0]
	for _, g := range t.nodes[node].mesh {
		if g.peer != v.from {
			p.peers = append(p.peers, g.peer)
		}
	}
	p.counts.IDontWants += uint64(len(p.peers))
	if len(t.parts) == 1 {
		p.stamp(c.Now(), node, v.id)
		t.config.Lines.Signalled(c.Now(), node, p.peers, t.config.Frame+idBytes)
		return
	}
	for _, g := range t.nodes[node].mesh {
		if g.peer != v.from {
			p.signal(c, node, g.edge, idontwant, v.id, 1)
		}
	}
}

// stamp notes when a message came to a node: in units of 1,024 ns since it came to the
// first, plus 1.
func (p *Part) stamp(now engine.Instant, node engine.Node, id engine.Handle) {
	r := &p.rows[id]
	if r.at == nil {
		if last := len(p.when) - 1; last >= 0 {
			r.at, p.when = p.when[last], p.when[:last]
		} else {
			r.at = make([]uint32, p.nodes)
		}
	}
	r.at[p.topic.local[node]] = uint32(min((now-r.first)>>stampBits+1, 1<<32-1))
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
func (p *Part) unwanted(now engine.Instant, r *row, node engine.Node, g grafted) bool {
	t := p.topic
	holds := t.params.Heartbeat * engine.Instant(t.params.IDontWantBeats)
	if r.at == nil {
		// Counted from the last time that anybody declined it: all do at about the same time.
		return r.unwanted != nil && now-r.declined < holds && has(r.unwanted, p.place(node, g.edge))
	}
	came := r.at[t.local[g.peer]]
	if came == 0 {
		return false
	}
	since := now - r.first - engine.Instant(came-1)<<stampBits
	if since >= holds {
		return false
	}
	at, ok := t.config.Lines.Signal(now, g.peer, node)
	return ok && at-now <= since
}
