package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/oracle"
)

// labour is the work of a node that takes time. Messages are decoded and
// their signatures checked on any core, several at a time, as a real node's
// workers do; one goroutine owns the Replica, so that inputs queue and Steps
// follow each other. What a Step puts out leaves when its work is done.
type labour struct {
	costs *oracle.Costs
	meter *oracle.Meter // of the node's own signatures
	cpu   *oracle.CPU
	queue []replica.Input
	busy  bool // a Step is under way
	turn  turn // it
	given given
}

// newLabour returns the labour of a node, whose keys it meters.
func newLabour(cpu *oracle.CPU, costs *oracle.Costs, n *node) *labour {
	l := &labour{costs: costs, meter: &oracle.Meter{}, cpu: cpu}
	n.nodeKey, n.memberKey = l.meter.Key(n.nodeKey), l.meter.Key(n.memberKey)
	l.turn.job = engine.NewJob(func() { l.take(n) })
	return l
}

// boot begins a new life, in which nothing waits.
func (l *labour) boot(w *World, n *node) {
	if p := w.site.pool(n.id); p != nil {
		p.rest(n.id)
	}
	l.cpu.Rest()
	l.queue, l.busy, l.given = nil, false, given{}
}

// open begins to decode and check a message that has arrived.
func (l *labour) open(w *World, n *node, letter letter) {
	_, _ = letter.parcel.open(w.mesh, w.verifier) // what it came to is heard later
	bytes, signatures := letter.parcel.weight(w.domain)
	work := l.costs.Receive(bytes, signatures)
	if w.site != nil {
		w.site.notes.worked(w, n.id, work, 0, signatures)
	}
	l.do(w, n, work, event{node: n.id, load: w.mail.Put(letter), kind: opened})
}

// add queues an input.
func (l *labour) add(w *World, n *node, in replica.Input) {
	l.queue = append(l.queue, in)
	if !l.busy {
		l.begin(w, n)
	}
}

// begin lets the Replica take the next input. It sees it now, since what a Step costs is
// known only after it; what it came to shows once a core has had the time for it.
func (l *labour) begin(w *World, n *node) {
	l.turn.in = l.queue[0]
	if l.queue[0] = nil; len(l.queue) > 1 {
		l.queue = l.queue[1:]
	} else {
		l.queue = l.queue[:0] // its room is used again
	}
	l.busy = true
	l.turn.mono, l.turn.wall = n.reads(w)
	w.checks.Stepped(n.id)
	w.postpone(n)
}

// take takes the Step under way. It touches what is the node's own: see late.
func (l *labour) take(n *node) {
	n.disk.keepUp()
	l.given = n.give(l.turn.mono, l.turn.wall, l.turn.in)
}

// ended is that the Step under way has been taken.
func (l *labour) ended(w *World, n *node) {
	in := l.turn.in
	l.turn.in = nil
	n.gave(w, in, l.given)
	l.do(w, n, l.work(w, n, in), event{node: n.id, load: engine.Handle(n.life), kind: stepped})
}

// work returns what the Step that was just taken costs.
func (l *labour) work(w *World, n *node, in replica.Input) time.Duration {
	signed, checked := l.meter.Take(), 0
	work := l.costs.Step + time.Duration(signed)*l.costs.Sign
	if s, ok := in.(replica.Submitted); ok {
		checked = len(s.Records)
		work += l.costs.Check(checked)
		for _, r := range s.Records {
			work += l.costs.Bytes(len(r.Record.Value().Raw()))
		}
	}
	for _, o := range l.given.out {
		if f, ok := o.(replica.Final); ok {
			work += time.Duration(len(f.Executed.Records)) * l.costs.Record
		}
	}
	if w.site != nil {
		w.site.notes.worked(w, n.id, work, signed, checked)
	}
	return work
}

// end is the end of a Step's work.
func (l *labour) end(w *World, n *node) {
	l.busy = false
	n.finish(w, l.given)
	if len(l.queue) > 0 && !l.busy {
		l.begin(w, n)
	}
}

// do has work done by a core, and an event happen then.
func (l *labour) do(w *World, n *node, work time.Duration, then event) {
	if w.site != nil {
		w.site.reckon(n.id, w.now)
	}
	if p := w.site.pool(n.id); p != nil {
		p.do(w, job{work: instant(work), life: n.life, then: then})
		return
	}
	then.at = l.cpu.Do(w.now, instant(work))
	w.schedule(then)
}

// write begins a sync that takes the disk so long: first the processor does its part.
func (n *node) write(w *World, takes replica.Instant) {
	n.disk.takes = takes
	l := n.labour
	if l == nil || l.costs.Sync == 0 {
		n.written(w)
		return
	}
	if w.site != nil {
		w.site.notes.worked(w, n.id, l.costs.Sync, 0, 0)
	}
	l.do(w, n, l.costs.Sync, event{node: n.id, load: engine.Handle(n.life), kind: written})
}

// written is when the disk begins to do its part.
func (n *node) written(w *World) {
	w.schedule(event{at: w.now + n.disk.takes, node: n.id, load: engine.Handle(n.life), kind: synced})
}
