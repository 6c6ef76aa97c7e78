package gossip

import "github.com/floormesh/floormesh/sim/engine"

// A row's moment of a node is one of two things, 0 if it is not known. Of a node that has not seen
// the message: when the first copy gets there, in nanoseconds since the message came to the first
// node, plus 1. Of one that has: when it came, in units of 1,024 ns, likewise.

// stamp notes when a message came to a node, which has just seen it.
func (p *Part) stamp(now engine.Instant, node engine.Node, id engine.Handle) {
	r := &p.rows[id]
	p.moments(r)[p.topic.at(node)] = uint32(min((now-r.first)>>stampBits+1, 1<<32-1))
}

// since returns how long ago a message came to a node, false if it is not in or that is not known.
func (r *row) since(now engine.Instant, at uint32) (engine.Instant, bool) {
	if r.moments == nil || r.moments[at] == 0 || !has(r.seen, at) {
		return 0, false
	}
	return now - r.first - engine.Instant(r.moments[at]-1)<<stampBits, true
}

// comesAfter reports whether a copy that would get to a node at an instant comes after
// another, or the node has the message. If not, it is the first now.
func (p *Part) comesAfter(at engine.Instant, id engine.Handle, node engine.Node) bool {
	if p.seen(id, node) {
		return true
	}
	r := &p.rows[id]
	since := at - r.first + 1 // so that 0 is no moment
	if since >= 1<<32 || r.old {
		return false
	}
	first := &p.moments(r)[p.topic.at(node)]
	if *first != 0 && engine.Instant(*first) <= since {
		return true
	}
	*first = uint32(since)
	return false
}

// moments returns a row's moments; they lie in a used line if there is one.
func (p *Part) moments(r *row) []uint32 {
	last := len(p.when) - 1
	switch {
	case r.moments != nil:
	case last < 0:
		r.moments = make([]uint32, p.nodes)
	default:
		r.moments = p.when[last]
		p.when = p.when[:last]
	}
	return r.moments
}

// unstamp takes a row's moments back.
func (p *Part) unstamp(r *row) {
	if r.moments != nil {
		clear(r.moments)
		p.when = append(p.when, r.moments)
	}
	r.moments, r.old = nil, true
}

// age takes moments from rows for which they mean nothing any more, after so many have gone:
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
