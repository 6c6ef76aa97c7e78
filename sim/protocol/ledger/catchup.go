package ledger

import (
	"fmt"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// catchup is the way back of a node that was away for so long that the others may have
// dropped what its rule needs: it follows the chain of commits to a certified
// checkpoint, which proves every commit before it.
type catchup struct {
	at    replica.Instant // when to ask next, Never while there is nothing to ask
	since replica.Instant // when a certified commit beyond after was heard of, Never before
	after dag.CommitIndex // the last one decided
	next  replica.Instant // not asked again before
}

// catchUp asks one peer for the next stretch of commits, once the rule has had
// the time to decide them by itself, or if it cannot.
func (l *Ledger) catchUp() {
	c := &l.catchup
	c.at = replica.Never
	switch after := l.state.Index; {
	case l.certificates.commit() <= after:
		c.since = replica.Never
		return
	case c.since == replica.Never || c.after != after:
		c.after, c.since = after, l.now
	}
	if len(l.peers) == 0 || len(l.queue) > maxBehind {
		return
	}
	patience := replica.Instant(l.cfg.Timing.Resend)
	if l.certificates.commit() > l.state.Index+RetainedCommits {
		patience = 0
	}
	if c.at = max(c.next, c.since+patience); l.now < c.at {
		return
	}
	c.next = l.now + 4*replica.Instant(l.cfg.Timing.FetchTimeout)
	c.at = c.next
	l.Send(l.peers[l.cfg.Rand.IntN(len(l.peers))], &message.WantCommits{After: l.state.Index})
}

// receiveCommits takes a stretch of commits that ends in a certified
// checkpoint, if it continues what is decided here.
func (l *Ledger) receiveCommits(from dag.PublicKey, m *message.Commits) {
	if len(m.Commits) == 0 || m.Commits[0].Index != l.state.Index+1 || len(l.queue) > maxBehind {
		return // an answer to an older question
	}
	if err := l.rehearse(m); err != nil {
		l.emit(replica.Blame{Peer: from, Reason: err})
		return
	}
	for _, c := range m.Commits {
		l.Decide(c)
	}
	l.Certify(m.Certified)
	l.rule.Leapt(m.Commits)
}

// rehearse applies commits to a copy of the state, up to the one that a quorum certified.
func (l *Ledger) rehearse(m *message.Commits) error {
	state := l.state.Clone()
	for _, c := range m.Commits {
		if err := state.Apply(c); err != nil {
			return err
		}
	}
	if state.Last != m.Certified.CommitID || state.Index != m.Certified.Commit {
		return fmt.Errorf("commit %d is not the certified checkpoint's", state.Index)
	}
	return nil
}
