package replica

import (
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// catchup is the way back of a node that was away so long that the others may
// have dropped the blocks it needs: it follows the chain of commits to a
// certified checkpoint, which proves every commit before it, executes them, and
// takes up the DAG from there. The same way serves a node that is no member.
type catchup struct {
	at    Instant         // when to ask next, Never while there is nothing to ask
	after dag.CommitIndex // the last commit decided
	since Instant         // when a certified one beyond it was heard of, Never before
	next  Instant         // not asked again before
}

// farBehind reports whether a certified checkpoint lies beyond what the blocks
// within reach can decide.
func (r *Replica) farBehind() bool {
	c := r.cosigns.certified
	if c == nil || c.Commit <= r.ordering.state().Index {
		return false
	}
	window := dag.Round(r.founding.Genesis.WindowRounds)
	return !r.member || c.LeaderRound > r.ordering.state().LeaderRound+window/2
}

// lagging reports whether certified commits are to be followed: those far
// beyond reach, or those that the blocks here have not decided for long. A liar
// can show a block to some that the others never hear of; when these have what
// they need by it and rest, no further block decides for the others.
func (r *Replica) lagging() bool {
	c := &r.catchup
	return r.farBehind() || c.since != Never && r.now >= c.since+r.patience()
}

// patience is how long blocks may take to decide what is certified already.
func (r *Replica) patience() Instant { return 2 * Instant(r.cfg.Timing.Resend) }

// mayCatchUp reports whether execution is ready for another stretch: whatever
// peers push, no more than that waits in memory.
func (r *Replica) mayCatchUp() bool { return len(r.ordering.queue) <= maxBehindCommits }

// catchUp asks one peer for the next stretch of commits.
func (r *Replica) catchUp() {
	c := &r.catchup
	after := r.ordering.state().Index
	c.at = Never
	switch {
	case r.cosigns.certifiedCommit() <= after, r.ordering.halted:
		c.since = Never
		return
	case c.since == Never || c.after != after:
		c.after, c.since, c.next = after, r.now, r.now
	}
	if len(r.peers) == 0 || !r.mayCatchUp() {
		return
	}
	if c.at = c.next; !r.farBehind() {
		c.at = max(c.next, c.since+r.patience())
	}
	if r.now < c.at {
		return
	}
	c.next = r.now + 4*Instant(r.cfg.Timing.FetchTimeout)
	c.at = c.next
	peer := r.peers[r.cfg.Rand.IntN(len(r.peers))]
	r.emit(Send{To: peer, Message: &message.WantCommits{After: after}})
}

// receiveCommits takes a stretch of commits that ends in a certified
// checkpoint, if it continues what is decided here.
func (r *Replica) receiveCommits(from PeerID, m *message.Commits) {
	r.noteNews(m.Certified.Commit)
	commits := beyond(m.Commits, r.ordering.state().Index)
	if r.ordering.halted || len(commits) == 0 || !r.mayCatchUp() {
		r.learn(from, m.Certified) // an answer to an older question, or there is more to ask for
		return
	}
	if commits[0].Prev != r.ordering.state().Last {
		r.diverge("a quorum certified another history than ours")
		return
	}
	r.learn(from, m.Certified)
	if !r.lagging() {
		return // the blocks are within reach: no round is to be jumped over
	}
	if err := r.rehearse(commits); err != nil {
		r.diverge("a quorum certified what cannot be: " + err.Error())
		return
	}
	for _, c := range commits {
		r.ordering.follow(c)
		r.decided(c)
	}
	if !r.seated {
		return
	}
	r.ordering.decideAfter()
	r.pace.next = max(r.pace.next, r.ordering.state().LeaderRound+1)
	r.pace.entered = Never
}

// beyond returns what follows a commit directly in a stretch, nothing if the
// stretch lies elsewhere.
func beyond(commits []*dag.Commit, last dag.CommitIndex) []*dag.Commit {
	for i, c := range commits {
		if c.Index == last+1 {
			return commits[i:]
		}
	}
	return nil
}

// rehearse applies commits to a copy of the state. With more than f liars a
// quorum may certify anything, and a commit must not be undone.
func (r *Replica) rehearse(commits []*dag.Commit) error {
	head := r.ordering.head.Fork()
	places := map[dag.BatchID]message.BatchRef{}
	for _, c := range commits {
		if err := r.checkPlaces(c, places); err != nil {
			return err
		}
		var err error
		if head, err = head.Next(c); err != nil {
			return err
		}
	}
	return nil
}
