package replica

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// fork stops listing a lane whose owner signed two batches with one seq. a and
// b are the two, a nil if it is executed already.
func (b *laneBook) fork(l *lane, mine, other *held) {
	b.listed -= len(l.chain)
	l.chain, l.ahead, l.forked = nil, nil, true
	if mine != nil {
		l.rivals = [2]*held{mine, other}
	}
}

// conflict handles a batch that contradicts what is listed: the lane is forked.
func (r *Replica) conflict(l *lane, mine *held, b *dag.Batch) {
	r.laneBook.fork(l, mine, r.hold(b))
	r.emit(Alarm{Kind: AlarmForkedLane, Detail: l.id.String()})
	if mine.batch == nil {
		r.emit(Load{IDs: []dag.BatchID{mine.ref.ID}})
	}
	r.proveFork(l)
}

// proveFork spreads both branches of a forked lane and has a record made that
// proves the fork, once both are at hand. Executing it freezes the lane.
func (r *Replica) proveFork(l *lane) {
	a, b := l.rivals[0], l.rivals[1]
	if a == nil || b == nil || a.batch == nil || b.batch == nil {
		return
	}
	l.rivals = [2]*held{}
	r.spread(a.batch)
	r.spread(b.batch)
	evidence, err := dag.NewForkEvidence(a.batch.Header(), b.batch.Header())
	if err != nil {
		panic("rivals do not conflict: " + err.Error())
	}
	r.administer(dag.KindLaneFork, evidence.Encode())
}

// spread sends a batch to everybody.
func (r *Replica) spread(b *dag.Batch) {
	m := &message.Batches{Batches: []*dag.Batch{b}}
	r.emit(Broadcast{Message: m})
	r.emit(Gossip{Message: m})
}
