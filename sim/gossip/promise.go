package gossip

import "github.com/floormesh/floormesh/sim/engine"

// promise is a message that a node has asked a peer for.
type promise struct {
	id    engine.Handle
	edge  uint32
	until engine.Instant
}

// promised notes the first of the messages asked of a peer, as pubsub notes a random one: a
// peer that tells and does not send is worth less.
func (p *Part) promised(c *engine.Partition, node engine.Node, edge uint32, ids []engine.Handle) {
	s := &p.topic.nodes[node]
	s.promises = append(s.promises, promise{ids[0], edge, c.Now() + p.topic.params.IWantFollowup})
}

// blame counts the promises that were broken, at a heartbeat.
func (p *Part) blame(now engine.Instant, node engine.Node) {
	s := &p.topic.nodes[node]
	kept := s.promises[:0]
	for _, one := range s.promises {
		switch {
		case p.seen(one.id, node):
		case now < one.until:
			kept = append(kept, one)
		default:
			p.counts.Broken++
			l := &p.topic.edges[one.edge]
			l.broken = min(l.broken+brokenUnit, brokenMost)
		}
	}
	s.promises = kept
}

// forgive lets what was broken count less by and by.
func (p *Part) forgive(now engine.Instant, node engine.Node) {
	s := &p.topic.nodes[node]
	if now < s.forgiven+forgiveEvery {
		return
	}
	s.forgiven = now
	first, end := p.topic.graph.Edges(node)
	for edge := first; edge < end; edge++ {
		l := &p.topic.edges[edge]
		l.broken = l.broken * 9 / 10
	}
}

// shunned reports whether a peer's score is negative: it gets into no mesh.
func (l *link) shunned() bool { return l.broken > shunFrom }

// ignored reports whether a peer's score is so low that neither is told of messages.
func (l *link) ignored() bool { return l.broken > ignoreFrom }

// shun takes peers with a negative score out of a node's mesh.
func (p *Part) shun(c *engine.Partition, node engine.Node) {
	s := &p.topic.nodes[node]
	for i := 0; i < len(s.mesh); {
		edge := s.mesh[i].Edge
		if !p.topic.edges[edge].shunned() {
			i++
			continue
		}
		p.part(c, node, edge) // the next takes its place
		p.counts.Prunes++
		p.signal(c, node, edge, prune, 0, 0)
	}
}
