package hotstuff

import (
	"time"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// enter begins a view: one that a certificate, or a quorum that left the one before, shows to have begun.
func (r *Rule) enter(v View, last *TimeoutCertificate) {
	if v <= r.view {
		return
	}
	r.adapt(v, last == nil)
	r.view, r.last, r.entered = v, last, r.ledger.Now()
	r.mine, r.proposal = nil, nil
	for a, t := range r.timeouts { // any order: each is judged alone
		if t.View < v {
			delete(r.timeouts, a)
		}
	}
	for a, votes := range r.votes { // any order: each is judged alone
		var kept []*Vote
		for _, vote := range votes {
			if vote.View > r.high.view() {
				kept = append(kept, vote)
			}
		}
		r.votes[a] = kept
	}
}

// adapt changes the timeout. A dead leader costs two views, its own and the one
// whose votes it should have collected: so it doubles with every second view that
// is left in a row, and comes back with the first that is not.
func (r *Rule) adapt(v View, well bool) {
	t := &r.ledger.Config().Timing
	switch {
	case !well:
		if r.left++; r.left%2 == 0 {
			r.timeout = min(2*r.timeout, t.TimeoutCap)
		}
	case v == r.view+1 && r.awake: // or most of it was rest
		took := time.Duration(r.ledger.Now() - r.entered)
		r.usual = max(r.usual-r.usual/usualDecay, min(took, t.TimeoutCap))
		r.timeout = min(max(usualFactor*r.usual, t.TimeoutFloor), t.TimeoutCap)
		r.left = 0
	}
}

// leave takes a certificate of a view that a quorum has left. One that knows of
// a higher certified block than this member does is of no use yet: whoever shows
// it shows that, too.
func (r *Rule) leave(last *TimeoutCertificate) {
	if last != nil && last.View >= r.view && last.high() <= r.high.view() {
		r.enter(last.View+1, last)
	}
}

// stir notices that there is work after a rest: the time asleep does not count
// against the leader.
func (r *Rule) stir() {
	awake := r.restless()
	if awake && !r.awake {
		r.entered = r.ledger.Now()
	}
	r.awake = awake
}

// restless reports whether this member has something to do, or lacks something.
func (r *Rule) restless() bool {
	return r.ledger.Working() || r.ledger.Waiting() || r.behind()
}

// behind reports whether the highest certified block is not here.
func (r *Rule) behind() bool {
	return r.tree.vertices[r.high.block()] == nil && r.high.view() > r.tree.head().ref.Round
}

// deadline returns when this member waits no longer, Never while it rests.
func (r *Rule) deadline() replica.Instant {
	if !r.awake {
		return replica.Never
	}
	return max(r.entered, r.waited) + replica.Instant(r.timeout+r.spacing())
}

// waitNoLonger leaves the view if its leader has had its time, and says so again
// after another such time.
func (r *Rule) waitNoLonger() {
	if r.ledger.Now() < r.deadline() {
		return
	}
	r.waited = r.ledger.Now()
	if r.ledger.Working() {
		r.leaveView()
	}
}

// sayAt returns when this member says again what it has said, Never while it rests.
func (r *Rule) sayAt() replica.Instant {
	if !r.awake {
		return replica.Never
	}
	return max(r.entered, r.said) + replica.Instant(r.ledger.Config().Timing.Resend/saysPerResend)
}

// sayAgain tells everybody how far this member is, and repeats its vote and its
// proposal of this view, when nothing has moved for long: any of them may be lost.
func (r *Rule) sayAgain() {
	if r.ledger.Now() < r.sayAt() {
		return
	}
	r.said = r.ledger.Now()
	r.ledger.Broadcast(r.status(false))
	if r.cast != nil && r.cast.View == r.view {
		r.sendVote()
	}
	if r.made != nil && r.made.Block.View == r.view {
		r.ledger.Broadcast(r.made)
	}
}

// leaveView says that this member will not vote in this view any more.
func (r *Rule) leaveView() {
	if r.mine == nil || r.mine.High.view() != r.high.view() {
		epoch, high := r.ledger.Committee().Epoch, r.high.view()
		r.mine = &Timeout{
			View: r.view, High: r.high, Last: r.last,
			Ballot: Ballot{Author: r.ledger.Author(), Word: uint64(high)},
		}
		r.mine.Signature = r.ledger.Config().MemberKey.Sign(timeoutMessage(epoch, r.view, high))
	}
	r.voted = max(r.voted, r.view)
	r.proposal = nil
	mine := r.mine
	r.keep(true)
	r.ledger.Broadcast(mine)
	r.collect(mine)
}

// hearTimeout takes a member's word that it has left a view.
func (r *Rule) hearTimeout(from dag.PublicKey, t *Timeout) {
	r.know(from, t.High)
	r.leave(t.Last)
	if t.View >= r.view {
		r.collect(t)
	}
}

// collect counts who has left this view. One honest member is reason enough to
// join it; a quorum begins the next.
func (r *Rule) collect(t *Timeout) {
	if old := r.timeouts[t.Author]; old != nil && old.View > t.View {
		return
	}
	r.timeouts[t.Author] = t
	var same []Ballot
	for _, other := range r.timeouts { // any order: sorted below
		if other.View == r.view {
			same = append(same, other.Ballot)
		}
	}
	n := r.ledger.Committee().N()
	switch {
	case len(same) >= quorum.Q(n):
		r.leave(&TimeoutCertificate{View: r.view, Timeouts: ballots(same)})
	case len(same) >= quorum.Validity(n) && r.mine == nil:
		r.leaveView()
	}
}

// status says how far this member is.
func (r *Rule) status(reply bool) *Status {
	return &Status{
		High: r.high, Last: r.last, Reply: reply, Batches: r.ledger.Own(),
		Certified: r.ledger.Certified(), Cosignature: r.ledger.Cosignature(),
	}
}

// Connected implements ledger.Rule.
func (r *Rule) Connected(peer dag.PublicKey) {
	r.missing.Retry(int64(r.ledger.Now()))
	r.ledger.Send(peer, r.status(false))
}

// hearStatus takes what a peer has, and lets it know what is here.
func (r *Rule) hearStatus(from dag.PublicKey, m *Status) {
	if m.Certified != nil {
		r.ledger.Certify(m.Certified)
	}
	if m.Cosignature != nil {
		r.ledger.Collect(m.Cosignature)
	}
	r.know(from, m.High)
	r.want(from, r.high)
	r.leave(m.Last)
	r.ledger.Want(from, m.Batches)
	if !m.Reply && r.ahead(m) {
		r.ledger.Send(from, r.status(true))
	}
}

// ahead reports whether this member has anything that a peer's status lacks.
func (r *Rule) ahead(m *Status) bool {
	has := dag.CommitIndex(0)
	if m.Certified != nil {
		has = m.Certified.Commit
	}
	own := r.ledger.Cosignature()
	return r.high.view() > m.High.view() || r.last.view() > m.Last.view() || r.certified() > has ||
		own != nil && own.Commit > has
}

// serve answers with the block wanted and those before it.
func (r *Rule) serve(to dag.PublicKey, w *Want) {
	var blocks []*Block
	for x := r.tree.vertices[w.Block]; x != nil && x.block != nil && x.block.View > w.Above && len(blocks) < maxAsked; {
		blocks = append([]*Block{x.block}, blocks...)
		x = r.tree.parent(x.block)
	}
	if len(blocks) > 0 {
		r.ledger.Send(to, &Blocks{Blocks: blocks})
	}
}
