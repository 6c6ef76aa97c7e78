package sim

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/scenario"
)

// late is the Steps of a site that have begun and that nobody has looked at.
//
// A Step touches what is its node's own, and what it comes to reaches others by messages
// alone, thus not before the least delay of a link has passed. So long it may stay unknown,
// and another goroutine may take the Step while the world goes on elsewhere. Before
// anything happens at the node itself, at the world as a whole, or so much later at all, the
// node catches up: what follows from the Step then happens as of when it was to happen. All
// of that is the same however many goroutines there are, and if there is one only.
type late struct {
	most    replica.Instant // how long a Step may stay unknown; 0: not at all
	crew    *engine.Crew
	open    []bool // by node: a Step of it has begun and is unknown
	steps   []step // by due, those of whom all is known already among them
	known   int    // of steps: so many are done with
	present replica.Instant
	own     []event // of the node that catches up: what happens before the present, in order
}

// step is one that has begun.
type step struct {
	due  replica.Instant // when it must be known
	node int
}

// turn is a node's Step, as it is taken.
type turn struct {
	in    replica.Input
	mono  replica.Instant // what its clocks read
	wall  dag.UnixMilli
	begun replica.Instant
	job   *engine.Job
}

// mostLate is as late as it is worth: that of links in a plant, in which enough is under way for
// a goroutine always to find a Step to take.
const mostLate = 200 * time.Microsecond

// lateness returns how late Steps may be in a site. Where there are several sites these are
// what goroutines share. Processes that share cores reach each other by them, and real
// signatures by the randomness that their checks draw.
func (x *site) lateness() replica.Instant {
	if len(x.roster.Plants) > 1 || x.pools != nil || x.scenario.Crypto != scenario.CryptoOracle {
		return 0
	}
	return min(instant(mostLate), x.wire.least)
}

// postpone lets a node's Step be taken, by whomever, until somebody looks. Liars have more in common
// than messages.
func (w *World) postpone(n *node) {
	l := n.labour
	if w.late.most == 0 || n.liar != nil {
		l.take(n)
		l.ended(w, n)
		return
	}
	l.turn.begun = w.now
	w.late.open[n.id] = true
	w.late.crew.Begin(l.turn.job, n.id)
	s := step{w.now + w.late.most, n.id}
	at := len(w.late.steps)
	for at > w.late.known && w.late.steps[at-1].due > s.due { // one of a node that catches up
		at--
	}
	w.late.steps = slices.Insert(w.late.steps, at, s)
	if at == w.late.known {
		w.part.Deadline(engine.Instant(s.due))
	}
}

// Due implements engine.Postponer: the oldest Steps are looked at. A few are somewhat sooner than they
// must be, so that what is kept about their nodes is brought into the cache all at once.
func (w *World) Due(p *engine.Partition) {
	t := &w.late
	w.part, t.present = p, t.steps[t.known].due
	soon := t.present + t.most/5
	sum := replica.Instant(0)
	for _, s := range t.steps[t.known:] {
		if s.due > soon {
			break
		}
		sum += w.nodes[s.node].lookBack() // all of them at once: see Ahead
	}
	w.site.looked = sum
	for ; t.known < len(t.steps) && t.steps[t.known].due <= soon && !w.done(); t.known++ {
		w.catchUp(t.steps[t.known], soon)
	}
	w.forgetKnown()
}

// lookBack looks at what follows a Step.
func (n *node) lookBack() replica.Instant {
	return n.labour.turn.begun + replica.Instant(n.sent) + n.disk.takes
}

// keepUp lets everybody catch up whom an event is about.
func (w *World) keepUp(e engine.Event) {
	t := &w.late
	t.present = replica.Instant(e.At)
	switch node := int(e.Node - w.base); {
	case node == w.seat:
		for ; t.known < len(t.steps) && !w.done(); t.known++ {
			w.catchUp(t.steps[t.known], replica.Never)
		}
		w.forgetKnown()
	case node < len(t.open) && t.open[node]:
		w.catchUp(step{w.nodes[node].labour.turn.begun + t.most, node}, replica.Never)
	default:
		return
	}
	w.moveTo(replica.Instant(e.At), e.Node)
}

// catchUp brings a node up to the present, if the Step is still unknown. What it begins
// then is looked at too, as far as it is due by an instant.
func (w *World) catchUp(s step, due replica.Instant) {
	t, l := &w.late, w.nodes[s.node].labour
	if !t.open[s.node] || l.turn.begun+t.most != s.due {
		return
	}
	for w.err == nil {
		switch {
		case t.open[s.node] && (len(t.own) > 0 || l.turn.begun+t.most <= due):
			w.moveTo(l.turn.begun, w.base+engine.Node(s.node))
			w.await(l.turn.job)
			t.open[s.node] = false
			l.ended(w, w.nodes[s.node])
		case len(t.own) > 0:
			e := t.own[0]
			t.own = slices.Delete(t.own, 0, 1)
			w.moveTo(e.at, w.base+engine.Node(e.node))
			w.err = w.handle(e)
		default:
			return
		}
	}
}

// await ends a job. If somebody else is at it, the next ones are done meanwhile.
func (w *World) await(j *engine.Job) {
	t := &w.late
	for i := t.known; i < len(t.steps) && !j.Help(); i++ {
		w.nodes[t.steps[i].node].labour.turn.job.Help()
	}
	j.End()
}

// moveTo makes it an instant, at a node.
func (w *World) moveTo(at replica.Instant, node engine.Node) {
	w.now = at
	w.part.Enter(engine.Instant(at), node)
	w.checks.Now(at)
}

// owns keeps an event of the node that catches up, if it happens before the present.
func (t *late) owns(e event) bool {
	if e.at >= t.present {
		return false
	}
	at := len(t.own)
	for at > 0 && t.own[at-1].at > e.at {
		at--
	}
	t.own = slices.Insert(t.own, at, e)
	return true
}

// forgetKnown drops the Steps that have been looked at, and says when the next must be.
func (w *World) forgetKnown() {
	t := &w.late
	if 2*t.known >= len(t.steps) {
		t.steps, t.known = t.steps[:copy(t.steps, t.steps[t.known:])], 0
	}
	due := engine.Never
	if t.known < len(t.steps) && !w.done() {
		due = engine.Instant(t.steps[t.known].due)
	}
	w.part.Deadline(due)
}
