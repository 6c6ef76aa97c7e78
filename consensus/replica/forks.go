package replica

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// fork is two batches of a lane with one seq, both in the own store.
type fork struct {
	refs    [2]message.BatchRef
	headers [2]*dag.SignedHeader // as far as they were read back
	asked   bool
}

// conflict handles a batch that contradicts what is listed: the lane is forked.
func (r *Replica) conflict(l *lane, mine message.BatchRef, b *dag.Batch) {
	r.write.Batches = append(r.write.Batches, b)
	r.fork(l, mine, message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()})
	r.emit(Alarm{Kind: AlarmForkedLane, Detail: l.id.String()})
}

// fork stops listing a lane whose owner signed two batches with one seq.
func (r *Replica) fork(l *lane, mine, other message.BatchRef) {
	r.abandon(l)
	r.laneBook.forgetAllAhead(l)
	l.forked = true
	l.proof = &fork{refs: [2]message.BatchRef{mine, other}}
	if len(r.laneBook.unproven) < maxUnproven {
		r.laneBook.unproven = append(r.laneBook.unproven, l.proof)
	}
}

// dropFrozen stops listing lanes that executed evidence has frozen. Their fork
// may lie below what is final here, where no second branch would show it.
func (r *Replica) dropFrozen() {
	for _, l := range r.laneBook.all {
		if !l.forked && r.exec.Frozen(l.id) {
			r.abandon(l)
			r.laneBook.forgetAllAhead(l)
			l.forked = true
		}
	}
}

// readForks reads back both branches of the lanes found forked.
func (r *Replica) readForks() {
	for _, f := range r.laneBook.unproven {
		if !f.asked {
			f.asked = true
			r.load([]dag.BatchID{f.refs[0].ID, f.refs[1].ID})
		}
	}
}

// forkLoaded spreads a branch of a forked lane that was read back.
func (r *Replica) forkLoaded(b *dag.Batch) {
	for _, f := range r.laneBook.unproven {
		for i := range f.refs {
			if f.refs[i].ID == b.ID() && f.headers[i] == nil {
				header := b.Header()
				f.headers[i] = &header
				r.spread(b)
			}
		}
	}
}

// proveForks has records made that prove forks; executing one freezes the
// lane. One at a time: administrative records are numbered without gaps, and one
// is refused if somebody else's came first.
func (r *Replica) proveForks() {
	b := &r.laneBook
	b.unproven = slices.DeleteFunc(b.unproven, func(f *fork) bool { return !r.exec.Freezable(f.refs[0].Lane) })
	if len(b.unproven) == 0 || !r.administrable() {
		return
	}
	for _, f := range b.unproven {
		if f.headers[0] != nil && f.headers[1] != nil {
			evidence, err := dag.NewForkEvidence(*f.headers[0], *f.headers[1])
			if err != nil {
				panic("rivals do not conflict: " + err.Error())
			}
			r.administer(dag.KindLaneFork, evidence.Encode())
			return
		}
	}
}

// tellFork shows a peer that still lists a forked lane why nobody else does:
// it may have been away when both branches were spread, and would otherwise
// wait for ever for the one that it holds to become final.
func (r *Replica) tellFork(to PeerID, l *lane, seq dag.Seq) {
	if seq > l.final && l.proof != nil {
		r.emit(Serve{To: to, Request: &message.WantBatches{Refs: l.proof.refs[:]}})
	}
}

// spread sends a batch to everybody.
func (r *Replica) spread(b *dag.Batch) {
	if planted.ForksNotSpread {
		return
	}
	m := &message.Batches{Batches: []*dag.Batch{b}}
	r.emit(Broadcast{Message: m})
	r.emit(Gossip{Message: m})
}
