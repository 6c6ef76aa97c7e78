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
	busy  bool  // a Step is under way
	given given // what it came to
}

// newLabour returns the labour of a node, whose keys it meters.
func newLabour(cpu *oracle.CPU, costs *oracle.Costs, n *node) *labour {
	l := &labour{costs: costs, meter: &oracle.Meter{}, cpu: cpu}
	n.nodeKey, n.memberKey = l.meter.Key(n.nodeKey), l.meter.Key(n.memberKey)
	return l
}

// boot begins a new life, in which nothing waits.
func (l *labour) boot() {
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
	done := l.do(w, n, work)
	w.schedule(event{at: done, node: n.id, load: w.mail.Put(letter), kind: opened})
}

// add queues an input.
func (l *labour) add(w *World, n *node, in replica.Input) {
	l.queue = append(l.queue, in)
	if !l.busy {
		l.begin(w, n)
	}
}

// begin takes the next input. The Replica sees it now, since what a Step costs
// is known only after it; what it came to shows once a core has had the time for it.
func (l *labour) begin(w *World, n *node) {
	in := l.queue[0]
	if l.queue[0] = nil; len(l.queue) > 1 {
		l.queue = l.queue[1:]
	} else {
		l.queue = l.queue[:0] // its room is used again
	}
	l.busy, l.given = true, n.give(w, in)
	done := l.do(w, n, l.work(w, n, in))
	w.schedule(event{at: done, node: n.id, load: engine.Handle(n.life), kind: stepped})
}

// do gives work to the processor and returns when it is done.
func (l *labour) do(w *World, n *node, work time.Duration) replica.Instant {
	if w.site != nil {
		w.site.reckon(n.id, w.now)
	}
	return l.cpu.Do(w.now, instant(work))
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
