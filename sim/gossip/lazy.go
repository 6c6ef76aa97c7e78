package gossip

import "github.com/floormesh/floormesh/sim/engine"

// tell sends IHAVE to some peers outside the mesh.
func (p *Part) tell(c *engine.Partition, node engine.Node) {
	t := p.topic
	s := &t.nodes[node]
	var ids []engine.Handle
	for _, m := range s.cache {
		if s.beats-m.beat < uint32(t.params.HistoryGossip) && len(ids) < t.params.MaxIHaveLength {
			ids = append(ids, m.id)
		}
	}
	if len(ids) == 0 {
		return
	}
	p.scratch = p.scratch[:0]
	for edge := t.graph.start[node]; edge < t.graph.start[node+1]; edge++ {
		if l := &t.edges[edge]; l.up && !l.mesh && !l.ignored() {
			p.scratch = append(p.scratch, edge)
		}
	}
	peers := p.some(node, max(t.params.Dlazy, int(int64(len(p.scratch))*int64(t.params.Factor)/million)))
	if len(peers) == 0 {
		return
	}
	p.list(c, node, peers, ihave, ids)
	p.counts.IHaves += uint64(len(peers))
}

// list sends ids to peers.
func (p *Part) list(c *engine.Partition, node engine.Node, peers []uint32, kind engine.Kind, ids []engine.Handle) {
	load := p.topic.lists.Put(c, ids, len(peers))
	for _, edge := range peers {
		if !p.signal(c, node, edge, kind, load, len(ids)) {
			p.topic.lists.Release(c, load)
		}
	}
}

// told is an IHAVE: what is not known is asked for.
func (p *Part) told(c *engine.Partition, e engine.Event) {
	t := p.topic
	edge := p.edge(e.Node, e.Source)
	l := &t.edges[edge]
	if beats := t.nodes[e.Node].beats; l.beat != beats {
		l.beat, l.heard, l.asked = beats, 0, 0
	}
	l.heard++
	var want []engine.Handle
	for _, id := range t.lists.Get(e.Load) {
		if l.ignored() || int(l.heard) > t.params.MaxIHaveMessages || int(l.asked) >= t.params.MaxIHaveLength {
			break
		}
		if !p.seen(id, e.Node) {
			want = append(want, id)
			l.asked++
		}
	}
	t.lists.Release(c, e.Load)
	if len(want) > 0 {
		p.counts.IWants++
		p.promised(c, e.Node, edge, want)
		p.list(c, e.Node, []uint32{edge}, iwant, want)
	}
}

// asked is an IWANT: what is still in the cache is sent, a few times at most.
func (p *Part) asked(c *engine.Partition, e engine.Event) {
	t := p.topic
	edge := p.edge(e.Node, e.Source)
	ids := t.lists.Get(e.Load)
	if t.edges[edge].ignored() {
		ids = nil
	}
	for _, id := range ids {
		for _, m := range t.nodes[e.Node].cache {
			if m.id != id {
				continue
			}
			r := &p.rows[id]
			if r.asked == nil {
				r.asked = map[uint32]uint8{}
			}
			if int(r.asked[edge]) < t.params.Retransmission && !p.unwanted(c.Now(), r, e.Node, Peer{edge, e.Source}) {
				r.asked[edge]++
				p.counts.Answers++
				m := t.messages.Get(id)
				p.send(c, e.Node, Peer{edge, e.Source}, id, &m, HopsUnknown)
			}
			break
		}
	}
	t.lists.Release(c, e.Load)
}

const million = 1_000_000
