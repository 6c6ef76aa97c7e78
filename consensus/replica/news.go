package replica

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// news is how gateways outside the committee learn what is final. They get
// neither blocks nor cosignatures, which would cost a mesh of thousands more than
// its batches do. A member gossips each certified checkpoint, with the commits
// up to it: one message in place of every member's. The leader of the
// checkpoint's commit does; if it does not, the next member, and so on. Whoever
// misses it asks (see catchup).
type news struct {
	commits []*dag.Commit   // executed here and not told yet, consecutive
	told    dag.CommitIndex // the mesh was told up to here
	at      Instant         // when this member tells, Never if it need not
}

func newNews(r *Replica) news {
	return news{told: r.cosigns.certifiedCommit(), at: Never}
}

// tells reports whether this node has somebody to tell.
func (r *Replica) tells() bool { return r.member && r.founding.Followers() }

// keepNews remembers an executed commit until it is told.
func (r *Replica) keepNews(c *dag.Commit) {
	if n := &r.news; r.tells() && c.Index > n.told {
		n.commits = append(n.commits, c)
		if len(n.commits) > maxNews {
			n.commits = n.commits[1:] // followers will have to ask for it
		}
	}
}

// planNews says when this member tells the newest certified checkpoint, unless
// somebody else does before.
func (r *Replica) planNews() {
	n := &r.news
	i := slices.IndexFunc(n.commits, func(c *dag.Commit) bool { return c.Index == r.cosigns.certifiedCommit() })
	if !r.tells() || i < 0 {
		return // executed elsewhere first: they tell
	}
	turn := (int(r.author) - int(n.commits[i].Leader.Author) + r.committee.N()) % r.committee.N()
	n.at = min(n.at, r.now+Instant(turn)*Instant(r.cfg.Timing.FetchTimeout))
}

// announce tells what is certified when it is this member's turn.
func (r *Replica) announce() {
	n := &r.news
	if r.now < n.at {
		return
	}
	n.at = Never
	c := r.cosigns.certified
	m := &message.Commits{Certified: c}
	for bytes, i := 0, len(n.commits)-1; i >= 0; i-- {
		if n.commits[i].Index > c.Commit {
			continue
		}
		if bytes += len(n.commits[i].Raw()); bytes > maxNewsBytes {
			break
		}
		m.Commits = append(m.Commits, n.commits[i])
	}
	slices.Reverse(m.Commits)
	r.noteNews(c.Commit)
	if len(m.Commits) > 0 {
		r.emit(Gossip{Message: m})
	}
}

// noteNews notes that the mesh was told up to a commit. A liar may tell nobody
// but this member; then followers are late by as long as they wait to ask.
func (r *Replica) noteNews(told dag.CommitIndex) {
	n := &r.news
	n.told = max(n.told, told)
	n.commits = slices.DeleteFunc(n.commits, func(c *dag.Commit) bool { return c.Index <= n.told })
	if r.cosigns.certifiedCommit() <= n.told {
		n.at = Never
	}
}
