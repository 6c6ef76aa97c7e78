package replica

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/fetch"
	"github.com/floormesh/floormesh/sync/message"
)

// laneGrace is how long after a lane's last progress the rest of a gap is
// asked for: answers come in several messages.
const laneGrace = Instant(20 * time.Millisecond)

// noteTip learns from a peer's tips how far it holds a lane.
func (r *Replica) noteTip(from PeerID, t *message.LaneTip) {
	if !r.open(t.Lane) {
		return
	}
	switch l := r.laneBook.lane(t.Lane); {
	case l == nil && !planted.AcksNotFetched: // its owner's word is wanted first
		ref := message.BatchRef{Lane: t.Lane, Seq: t.Seq, ID: t.Batch}
		r.laneBook.missing.Want(ref, from, fetch.Perhaps, int64(r.now))
	case l == nil:
	case l.forked:
		r.tellFork(from, l, t.Seq)
	default:
		r.aim(l, t.Seq, from)
	}
}

// grace is how long a batch that others hold may still be on its way by itself.
// A busy node has it in hand already, behind others whose signatures are being
// checked: to ask for it again makes a busy node busier. Who is behind anyway
// does not wait.
func (r *Replica) grace() Instant {
	if r.farBehind() || len(r.ordering.queue) > maxBehindCommits {
		return 0
	}
	return Instant(r.cfg.Timing.Grace)
}

// aim notes that from holds the lane up to seq.
func (r *Replica) aim(l *lane, seq dag.Seq, from PeerID) {
	if planted.AcksNotFetched || seq <= l.target && l.chaseAt != Never || seq <= l.tip() || l.forked || l.id.Key == r.self {
		return
	}
	l.target, l.holder = max(seq, l.target), from
	r.laneBook.chaseLane(l, min(l.chaseAt, r.now+r.grace()))
}

// chaseAt returns when the next gap is asked for.
func (b *laneBook) chaseAt() Instant {
	at := Never
	for _, l := range b.gaps {
		at = min(at, l.chaseAt)
	}
	return at
}

// chase asks for the gaps of lanes whose time has come.
func (r *Replica) chase() {
	b := &r.laneBook
	if b.chaseAt() > r.now {
		return
	}
	b.gaps = slices.DeleteFunc(b.gaps, func(l *lane) bool {
		l.isGap = l.chaseAt != Never
		return !l.isGap
	})
	for _, l := range b.gaps {
		if l.chaseAt > r.now {
			continue
		}
		if l.tip() >= l.target || l.forked || len(r.peers) == 0 || l.chases == maxChases {
			// Nothing to ask, nobody to ask, or whoever claimed to hold more did
			// not: the next tips begin anew.
			l.target, l.chases, l.chaseAt, l.chasing = 0, 0, Never, false
			continue
		}
		l.chaseAt = r.now + Instant(min(r.cfg.Timing.Grace<<l.chases, r.cfg.Timing.Resend))
		l.chases++
		l.chasing = true
		to := l.holder
		if _, connected := slices.BinarySearchFunc(r.peers, to, PeerID.Compare); !connected {
			to = r.peers[r.cfg.Rand.IntN(len(r.peers))]
		}
		l.holder = r.peers[r.cfg.Rand.IntN(len(r.peers))] // another one, if this one does not answer
		r.emit(Send{To: to, Message: &message.WantLane{Lane: l.id, From: l.tip() + 1, MaxBytes: maxLaneBytes}})
	}
}

// pastUse drops what was only said to exist from the list of what is missing,
// once its lane has gone on without it.
func (r *Replica) pastUse(ref message.BatchRef) bool {
	l := r.laneBook.lane(ref.Lane)
	past := r.laneBook.held.Get(ref.ID) == nil &&
		(!r.open(ref.Lane) || l != nil && (l.forked || ref.Seq <= l.final))
	if past {
		r.laneBook.missing.Have(ref)
	}
	return past
}

// fetch asks peers for the batches and blocks whose time has come.
func (r *Replica) fetch() {
	for _, q := range r.laneBook.missing.Due(int64(r.now), r.peers) {
		if refs := slices.DeleteFunc(q.Keys, r.pastUse); len(refs) > 0 {
			r.emit(Send{To: q.Peer, Message: &message.WantBatches{Refs: refs}})
		}
	}
	if !r.seated {
		return
	}
	for _, q := range r.blocks.missing.Due(int64(r.now), r.peers) {
		r.emit(Send{To: q.Peer, Message: &message.WantBlocks{Refs: q.Keys}})
	}
}
