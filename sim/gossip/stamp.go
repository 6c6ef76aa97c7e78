package gossip

import "github.com/floormesh/floormesh/sim/engine"

// stamp notes when a message came to a node: in units of 1,024 ns since it came to the
// first, plus 1.
func (p *Part) stamp(now engine.Instant, node engine.Node, id engine.Handle) {
	r := &p.rows[id]
	if r.at == nil {
		r.at = p.instants()
	}
	r.at[p.topic.local[node]] = uint32(min((now-r.first)>>stampBits+1, 1<<32-1))
}

// comesAfter reports whether a copy that would get to a node at an instant comes after
// another, or the node has the message. If not, it is the first now.
func (p *Part) comesAfter(at engine.Instant, id engine.Handle, node engine.Node) bool {
	if p.seen(id, node) {
		return true
	}
	r := &p.rows[id]
	since := at - r.first + 1 // so that 0 is no instant
	if since >= 1<<32 || r.old {
		return false
	}
	if r.due == nil {
		r.due = p.instants()
	}
	first := &r.due[p.topic.local[node]]
	if *first != 0 && engine.Instant(*first) <= since {
		return true
	}
	*first = uint32(since)
	return false
}

// instants returns a line of instants, a used one if there is one.
func (p *Part) instants() []uint32 {
	last := len(p.when) - 1
	if last < 0 {
		return make([]uint32, p.nodes)
	}
	line := p.when[last]
	p.when = p.when[:last]
	return line
}

// unstamp takes a row's instants back.
func (p *Part) unstamp(r *row) {
	for _, line := range [][]uint32{r.at, r.due} {
		if line != nil {
			clear(line)
			p.when = append(p.when, line)
		}
	}
	r.at, r.due, r.old = nil, nil, true
}

// age takes instants from rows for which they mean nothing any more, after so many have gone:
// few copies are under way that long, and no IDONTWANT holds.
func (p *Part) age(now engine.Instant, gone int) {
	p.fresh = max(0, p.fresh-gone)
	lasts := p.topic.params.Heartbeat * engine.Instant(max(p.topic.params.IDontWantBeats, freshHeartbeats))
	for ; p.fresh < len(p.known); p.fresh++ {
		r := &p.rows[p.known[p.fresh]]
		if r.first+lasts > now {
			return
		}
		p.unstamp(r)
	}
}
