package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/adversary"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sync/serve"
)

// node drives one Replica, or the machine of another protocol, as a real gateway's
// driver does.
type node struct {
	id        int
	nodeKey   dag.PrivateKey
	memberKey dag.PrivateKey
	clock     clock
	disk      *disk
	labour    *labour             // nil: its work takes no time
	liar      adversary.Adversary // nil: honest
	due       replica.Instant     // of its next turn beside the regular ones

	up      bool
	life    uint32 // counts starts; what belongs to an earlier life is dropped
	machine protocol.Machine
	replica *replica.Replica // the machine, if it is one; it can be looked into
	outbox  []waiting
	sent    uint64          // highest Persist handed to the disk in this life
	signed  uint64          // highest of them that is Signed
	durable uint64          // highest Persist durable in this life
	overdue bool            // what nothing waits for will be synced by and by
	wake    replica.Instant // true time at which the replica wants a Tick
	alarm   replica.Instant // true time of the earliest tick event that waits
}

// waiting is an output that may be carried out once a Persist is durable.
type waiting struct {
	after  uint64
	output replica.Output
}

// start makes a Replica of what the disk kept.
func (n *node) start(w *World) error {
	recent := uint64(w.genesis.DuplicateLeaves)
	restored, err := n.disk.restore(w.peerIDs[n.id], recent)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	n.life++
	if n.machine, err = n.make(w, restored, n.life, w.history); err != nil {
		return err
	}
	n.replica, _ = n.machine.(*replica.Replica)
	n.up = true
	n.clock.booted = w.now
	n.clock.offset = replica.Instant(n.boot(w))
	n.outbox, n.sent, n.signed, n.durable, n.overdue = nil, 0, 0, 0, false
	n.wake, n.alarm = replica.Never, replica.Never
	w.peers.clear(n.id)
	if w.site != nil {
		w.site.carrier.rise(w, n.id)
	}
	if n.labour != nil {
		n.labour.boot(w, n)
	}
	w.checks.Restarted(n.id, restored)
	if n.replica != nil {
		w.checks.Resumed(n.id, n.replica.Standing())
	}
	w.trace.linef(w.now, n.id, "starts, life %d", n.life)
	n.step(w, replica.Tick{})
	return nil
}

// boot draws what the monotonic clock of a life reads at its start: only
// differences of it mean anything.
func (n *node) boot(w *World) uint64 {
	s := newStream(w.plan.Seed, n.id, purposeBoot)
	s.Jump(uint64(n.life))
	return s.Uint64() >> 20
}

// stop takes the power away.
func (n *node) stop(w *World) {
	n.up = false
	n.machine, n.replica, n.outbox = nil, nil, nil
	if w.site != nil {
		w.site.carrier.fall(n.id)
	}
	for _, survived := range n.disk.crash() {
		w.checks.Durable(n.id, survived)
	}
	w.load.orphaned(w, n.id)
	w.trace.linef(w.now, n.id, "loses power")
}

// lose takes the disk of a node that is down.
func (n *node) lose(w *World) {
	n.disk.lose()
	w.checks.Lost(n.id)
	w.trace.linef(w.now, n.id, "loses its disk")
}

// step gives the replica one input and carries out what it can, at once or, if
// its work takes time, once it has been done.
func (n *node) step(w *World, in replica.Input) {
	if n.labour != nil {
		n.labour.add(w, n, in)
		return
	}
	mono, wall := n.reads(w)
	w.checks.Stepped(n.id)
	g := n.give(mono, wall, in)
	n.gave(w, in, g)
	n.finish(w, g)
}

// given is what a Step came to. It is valid until the next.
type given struct {
	out  []replica.Output
	wake replica.Instant
}

// reads returns what the node's clocks read.
func (n *node) reads(w *World) (mono replica.Instant, wall dag.UnixMilli) {
	wall = n.clock.wall(w.now)
	if n.liar != nil {
		wall = n.liar.Wall(w.now, wall)
	}
	return n.clock.monotonic(w.now), wall
}

// give gives the machine one input.
func (n *node) give(mono replica.Instant, wall dag.UnixMilli, in replica.Input) given {
	out, wake := n.machine.Step(mono, wall, in)
	return given{out, wake}
}

// gave shows a Step to those who watch.
func (n *node) gave(w *World, in replica.Input, g given) {
	w.site.observed(w, n.id, in, g.out)
	if n.replica != nil && w.checks.Weigh(n.id) {
		w.checks.Holds(n.id, n.replica.Holdings(), n.replica.Bounds())
	}
}

// finish carries out what it can of what a Step came to.
func (n *node) finish(w *World, g given) {
	w.checks.Did(n.id, g.out)
	for _, o := range g.out {
		n.accept(w, o)
	}
	n.wakeAt(w, g.wake)
	n.drain(w)
}

// accept queues one output; a write goes to the disk at once, so that it joins
// the next sync.
func (n *node) accept(w *World, o replica.Output) {
	p, kept, ok := persistOf(o)
	if !ok {
		n.outbox = append(n.outbox, waiting{n.after(o), o})
		n.sync(w)
		return
	}
	if p.Seq <= n.sent {
		w.checks.Failf(check.Order, n.id, "Persist %d comes after Persist %d", p.Seq, n.sent)
	}
	n.sent = p.Seq
	if p.Signed {
		n.signed = p.Seq
		n.note(w, p.Write)
	}
	n.disk.apply(p.Seq, p.Write, kept)
	n.sync(w)
}

// after returns the Persist that an output waits for.
func (n *node) after(o replica.Output) uint64 {
	switch replica.Waits(o) {
	case replica.WaitNone:
	case replica.WaitSigned:
		return n.signed
	case replica.WaitAll:
		return n.sent
	}
	return 0
}

// note tells the checkers of every batch that this node made.
func (n *node) note(w *World, written *store.Write) {
	for _, b := range written.Batches {
		if b.Lane.Key == w.peerIDs[n.id] {
			w.checks.Exists(b)
			if w.site != nil && n.liar == nil {
				w.site.notes.sealed(n.id, b)
			}
		}
	}
}

// sync starts a sync if something waits for one, or else sees to it that what
// is written does not stay unsynced for long.
func (n *node) sync(w *World) {
	if slices.ContainsFunc(n.outbox, func(o waiting) bool { return o.after > n.durable }) {
		n.beginSync(w)
	} else if n.sent > n.durable && !n.overdue {
		n.overdue = true
		w.schedule(event{at: w.now + instant(syncDelay), node: n.id, load: engine.Handle(n.life), kind: overdue})
	}
}

// beginSync starts a sync if the disk is free and there is something to do.
func (n *node) beginSync(w *World) {
	if takes, begun := n.disk.begin(); begun {
		n.write(w, takes)
	}
}

// synced is the end of a sync of this life.
func (n *node) synced(w *World) {
	writes, seq, err := n.disk.end()
	if err != nil {
		w.checks.Failf(check.Order, n.id, "write: %v", err)
	}
	for _, written := range writes {
		w.checks.Durable(n.id, written)
	}
	if w.site != nil {
		w.site.settled.synced(n.id, writes)
		w.site.notes.synced(w, n.id, writes)
		w.site.notes.keeps(n.id, n.disk.tally())
	}
	n.durable = max(n.durable, seq)
	n.sync(w)
	n.drain(w)
	n.step(w, replica.Persisted{Seq: seq})
}

// drain carries out the outputs that rest on durable writes only.
func (n *node) drain(w *World) {
	done := 0
	for done < len(n.outbox) && n.outbox[done].after <= n.durable {
		n.carry(w, n.outbox[done].output)
		done++
	}
	if done > 0 {
		n.outbox = append(n.outbox[:0], n.outbox[done:]...)
	}
}

// carry does what one output asks for.
func (n *node) carry(w *World, o replica.Output) {
	switch o := o.(type) {
	case replica.Persist: // see accept
	case replica.Send:
		n.say(w, adversary.Speech{To: w.nodeOf(o.To), Message: o.Message})
	case replica.Broadcast:
		n.say(w, adversary.Speech{To: adversary.Everyone, Message: o.Message})
	case replica.Gossip:
		n.say(w, adversary.Speech{To: adversary.Everyone, Gossip: true, Message: o.Message})
	case replica.Serve:
		n.serve(w, o)
	case replica.Load:
		at := w.now + instant(n.disk.plan.Read)
		w.schedule(event{at: at, node: n.id, load: w.reads.Put(read{n.life, append([]dag.BatchID{}, o.IDs...)}), kind: loaded})
	case replica.Stored:
		n.answer(w, o.Ticket, stored, o.Record)
	case replica.Known:
		n.answer(w, o.Ticket, known, dag.RecordID{})
	case replica.Turned:
		n.answer(w, o.Ticket, turned, dag.RecordID{})
	case replica.Replicated:
		w.trace.fold(uint64(n.id), uint64(o.Seq))
		if w.site != nil {
			w.site.notes.replicated(w, n.id, &o)
		}
	case replica.Final:
		w.trace.fold(uint64(n.id), word(o.Executed.Commit.ID()), word(o.Executed.Root))
		if w.trace.reading() {
			w.trace.linef(w.now, n.id, "final: commit %d, leader r%d/a%d, %d records, log %d",
				o.Executed.Commit.Index, o.Executed.Commit.Leader.Round, o.Executed.Commit.Leader.Author,
				len(o.Executed.Records), o.Executed.Size)
		}
		w.checks.Final(n.id, o.Executed)
		if w.site != nil {
			w.site.notes.final(w, n, o.Executed)
		}
		w.stats.final(w, n.id, o.Executed)
	case replica.Certified:
		w.trace.linef(w.now, n.id, "certified: log %d of commit %d", o.Checkpoint.Size, o.Checkpoint.Commit)
		w.checks.Certified(n.id, o.Checkpoint)
		if w.site != nil {
			w.site.notes.certified(w, n.id, o.Checkpoint)
		}
	case replica.Alarm:
		w.trace.linef(w.now, n.id, "alarm: %s: %s", o.Kind, o.Detail)
		n.alarmed(w, o)
	case replica.Curbed:
		w.trace.linef(w.now, n.id, "answers no more tips of n%d for now", w.nodeOf(o.Peer))
		n.curbed(w, w.nodeOf(o.Peer))
	case replica.Blame:
		w.trace.linef(w.now, n.id, "blames n%d: %v", w.nodeOf(o.Peer), o.Reason)
		w.checks.Blamed(n.id, w.nodeOf(o.Peer), o.Reason)
	}
}

// curbed checks that no honest node is kept from what it needs.
func (n *node) curbed(w *World, peer int) {
	if n.liar == nil && w.nodes[peer].liar == nil {
		w.checks.Failf(check.GoodFaith, peer, "says so many tips that n%d answers no more", n.id)
	}
}

// alarmed checks alarms that can only be raised if somebody lies.
func (n *node) alarmed(w *World, a replica.Alarm) {
	if w.site != nil {
		w.site.notes.alarmed(w, n.id, a)
	}
	if a.Kind == replica.AlarmRetired && w.checks.HasLost(n.id) {
		return // as it must
	}
	if n.liar == nil && len(w.plan.Liars) == 0 {
		w.checks.Failf(check.GoodFaith, n.id, "alarm %s, though nobody lies: %s", a.Kind, a.Detail)
	}
	if a.Kind == replica.AlarmDivergence && n.liar == nil {
		w.checks.Failf(check.Agreement, n.id, "alarm %s: %s", a.Kind, a.Detail)
	}
}

// fate is what became of a submission.
type fate uint8

const (
	stored fate = iota // in a batch now
	known              // it was stored or final already
	turned             // away
)

// answer gives a submitter its answer.
func (n *node) answer(w *World, t replica.Ticket, fate fate, record dag.RecordID) {
	a, waited := w.load.answered(n.id, t)
	if !waited {
		w.checks.Failf(check.Answer, n.id, "answers ticket %d, which does not wait for an answer of it", t)
		return
	}
	w.trace.fold(uint64(n.id), uint64(t))
	r := a.item.record
	if fate != stored {
		w.checks.Withdrawn(r)
	}
	switch {
	case fate == turned:
		w.load.again(w, a.item)
	case fate == stored && record != r.ID():
		w.checks.Failf(check.Answer, n.id, "answers ticket %d with another record than %v", t, r.ID())
	case n.liar == nil:
		w.checks.Stored(n.id, r)
		if w.site != nil && !a.item.noted {
			w.site.notes.accepted(w, n.id, r)
		}
		a.item.noted = true
		w.load.acknowledged(a.item)
		w.stats.stored(w, r)
	default:
		w.load.acknowledged(a.item) // by a liar: worth nothing
	}
}

// serve answers a peer's request from the store. Reads see what is applied,
// which may not be durable yet, so that the answer waits for all of it: a batch
// of our own that a peer has and a crash takes would be signed again.
func (n *node) serve(w *World, o replica.Serve) {
	answers, err := serve.Answer(n.disk.store(), o.Request)
	if err != nil {
		w.checks.Failf(check.Crash, n.id, "serve: %v", err)
	}
	for _, m := range answers {
		n.outbox = append(n.outbox, waiting{n.sent, replica.Send{To: o.To, Message: m}})
	}
}

// say lets a message leave: an honest node's as it is, a liar's as it likes.
func (n *node) say(w *World, s adversary.Speech) {
	if n.liar == nil {
		w.post(n, s)
		return
	}
	if w.mute {
		return
	}
	for _, said := range n.liar.Say(w.now, s) {
		w.post(n, said)
	}
	if n.liar.Due() != replica.Never {
		w.hurry(n)
	}
}

// hear gives the replica a message that arrived.
func (n *node) hear(w *World, from int, p *parcel) {
	verified, err := p.open(w.mesh, w.verifier)
	if err != nil {
		w.trace.linef(w.now, n.id, "refuses what n%d sent: %v", from, err)
		if w.nodes[from].liar == nil {
			w.checks.Failf(check.GoodFaith, from, "sends what does not verify: %v", err)
		}
		return
	}
	if n.liar != nil && !n.liar.Hear(w.now, from, p.said) {
		return
	}
	n.step(w, replica.Received{From: w.peerIDs[from], Message: verified})
}

// wakeAt moves the alarm. An event that turns out too early is set again then,
// so that few wait in the queue.
func (n *node) wakeAt(w *World, wake replica.Instant) {
	n.wake = replica.Never
	if wake != replica.Never {
		n.wake = max(n.clock.when(wake), w.now)
	}
	if n.wake < n.alarm {
		n.setAlarm(w)
	}
}

func (n *node) setAlarm(w *World) {
	n.alarm = n.wake
	if n.alarm != replica.Never {
		w.schedule(event{at: n.alarm, node: n.id, load: engine.Handle(n.life), kind: tick})
	}
}

// tick is an alarm event of this life.
func (n *node) tick(w *World) {
	if w.now < n.alarm {
		return // one that a later, earlier alarm replaced and outlived
	}
	n.alarm = replica.Never
	if w.now < n.wake {
		n.setAlarm(w)
		return
	}
	n.wake = replica.Never // until the Step says again
	if w.site != nil {
		w.site.notes.woke(w, n.id)
	}
	n.step(w, replica.Tick{})
	if n.alarm == replica.Never {
		n.setAlarm(w)
	}
}

// syncDelay is how long a node leaves unsynced what nothing waits for, as real
// ones do.
const syncDelay = 50 * time.Millisecond

// actEvery is how often a liar may speak of its own accord.
const actEvery = 7 * time.Millisecond
