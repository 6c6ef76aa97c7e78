package replica

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// pacemaker says when this member makes its next block. Rounds have no holes:
// round r is entered when a quorum's blocks of r-1 and the own one are there.
// Jumping over rounds is a proven livelock (Starfish, ePrint 2025/567), so
// only a start from a certified checkpoint does.
type pacemaker struct {
	next    dag.Round // of the next own block
	entered Instant   // when that round was entered, Never while it is not
	timeout time.Duration
	spacing time.Duration
	last    Instant // when the last own block was made
	sealed  uint64  // the Persist that holds it
	silent  int     // own blocks since the cut last moved or work arrived
	missed  bool    // no commit since the last own block
	asleep  bool
}

func newPacemaker(r *Replica) pacemaker {
	return pacemaker{
		next:    1,
		entered: Never,
		timeout: r.cfg.Timing.TimeoutFloor,
		spacing: r.cfg.Timing.RoundSpacing,
		last:    -Instant(time.Hour),
		asleep:  true,
	}
}

// stir is called when new work arrives: rounds may follow quickly again.
func (p *pacemaker) stir() { p.silent = 0 }

// accepted follows a block into the graph.
func (p *pacemaker) accepted(r *Replica, b *dag.Block) {
	if planted.RoundJumps && b.Round >= p.next && r.entered(b.Round+1) {
		p.next, p.entered = b.Round+1, r.now
	}
	if b.Round+1 == p.next || b.Round == p.next {
		p.enter(r)
	}
}

// committed follows a decided commit.
func (p *pacemaker) committed(r *Replica, c *dag.Commit) {
	p.missed = false
	p.timeout = max(p.timeout/2, r.cfg.Timing.TimeoutFloor)
	if len(c.Cut) > 0 {
		p.silent = 0
	}
}

// leap follows a risen floor. A member whose next round lies at or below it can
// make no block that counts, and none in the round above it, whose parents are
// gone; like one that starts from a certified checkpoint it goes on after the
// last committed leader, whose round a quorum has passed.
func (p *pacemaker) leap(r *Replica) {
	if floor := r.ordering.graph.Floor(); floor > 0 && p.next <= floor+1 {
		p.next, p.entered = r.ordering.state().LeaderRound+1, Never
	}
}

// enter notes when the next round may begin.
func (p *pacemaker) enter(r *Replica) {
	if p.entered == Never && r.entered(p.next) {
		p.entered = r.now
	}
}

// entered reports whether round may begin here: a quorum's blocks of the round
// before are accepted, and the own one, if this member made one.
func (r *Replica) entered(round dag.Round) bool {
	if round <= 1 || round-1 <= r.ordering.graph.Floor() {
		return round <= 1
	}
	before := r.ordering.graph.Authors(round - 1)
	return before.Count() >= r.committee.Q()
}

// propose makes the next block if it is time, and reports whether it did.
func (r *Replica) propose() bool {
	if !r.member || !r.mayPropose() || r.now < r.proposeAt() {
		return false
	}
	r.sealWithBlock()
	r.makeBlock()
	return true
}

// mayPropose reports whether there is work, the round is entered, and the last
// block is durable: a disk that is slow slows the rounds down, not the queue up.
func (r *Replica) mayPropose() bool {
	p := &r.pace
	awake := r.working() && !r.farBehind()
	if awake && p.asleep {
		if p.entered != Never {
			p.entered = r.now // the time asleep does not count against the leader
		}
		r.tips.last = r.now
	}
	p.asleep = !awake
	if !awake || !r.ownSettled() {
		return false
	}
	p.enter(r)
	return p.entered != Never
}

// ownSettled reports whether the own newest block is durable, does not wait for
// a parent since a restart, and is the newest that others know of.
func (r *Replica) ownSettled() bool {
	own := r.blocks.newest
	return r.known() && r.pace.sealed <= r.durable && (own == nil || r.ordering.graph.Has(own.Ref()))
}

// proposeAt returns the instant of the next own block if nothing else happens.
func (r *Replica) proposeAt() Instant {
	p := &r.pace
	if !r.member || p.asleep || p.entered == Never || !r.ownSettled() {
		return Never
	}
	earliest := p.last + Instant(r.roundSpacing())
	if r.roundReady(p.next) {
		return earliest
	}
	return max(earliest, p.entered+Instant(p.timeout))
}

// roundReady reports whether waiting longer gains nothing: the leader's block
// of the round before is there and the leader before it has its votes or is
// skipped; or a quorum is in this round already.
func (r *Replica) roundReady(round dag.Round) bool {
	g := r.ordering.graph
	if r.overtaken(round) || round == 1 {
		return true
	}
	leader, ok := r.ordering.decider.Leader(round - 1)
	before := g.Authors(round - 1)
	if ok && !before.Has(leader) {
		return false
	}
	return round <= 2 || r.ordering.decider.Settled(round-2)
}

// overtaken reports whether a quorum is in a round already: the others may be
// far ahead, and wait for this member.
func (r *Replica) overtaken(round dag.Round) bool {
	here := r.ordering.graph.Authors(round)
	return here.Count() >= r.committee.Q()
}

// roundSpacing is the least time between own blocks. It doubles while rounds
// pass and nothing becomes final, except for who runs after the others; no
// further than some rounds per checkpoint while one is still to come, or proofs
// would wait for seconds.
func (r *Replica) roundSpacing() time.Duration {
	t := &r.cfg.Timing
	if r.pace.silent <= quietRounds || r.overtaken(r.pace.next) {
		return t.RoundSpacing
	}
	longest := t.RoundSpacingCap
	if r.ordering.moved > r.cosigns.certifiedCommit() {
		checkpoint := time.Duration(r.founding.Genesis.CheckpointMillis) * time.Millisecond
		longest = min(longest, max(checkpoint/roundsPerCheckpoint, t.RoundSpacing))
	}
	return min(t.RoundSpacing<<min(r.pace.silent-quietRounds, 20), longest)
}

// makeBlock makes the own block of the next round and sends it.
func (r *Replica) makeBlock() {
	p := &r.pace
	if p.missed && r.now >= p.entered+Instant(p.timeout) {
		p.timeout = min(2*p.timeout, r.cfg.Timing.TimeoutCap)
	}
	b := dag.SignBlock(r.domain.Ledger, dag.BlockBody{
		Epoch:     r.committee.Epoch,
		Round:     p.next,
		Author:    r.author,
		Base:      r.ordering.state().Last,
		Parents:   r.parents(p.next),
		Acks:      r.acks(),
		ClaimedAt: r.wall,
	}, r.cfg.MemberKey)
	r.blocks.newest = b
	if !r.overtaken(b.Round) {
		p.silent++
	}
	p.next, p.entered, p.last, p.missed = b.Round+1, Never, r.now, true
	if err := r.ordering.graph.Add(order.VertexOf(b)); err != nil {
		panic("own block is refused: " + err.Error())
	}
	if planted.BlocksNotDurable {
		r.out = append(r.out, Broadcast{Message: &message.Blocks{Blocks: []*dag.Block{b}}})
	}
	r.write.Blocks, r.signed = append(r.write.Blocks, b), true
	r.blocks.highest[r.author] = b.Round
	r.noteAcks(b)
	for _, waiting := range r.arrived(b.Ref()) {
		r.accept(waiting)
	}
	r.emit(Broadcast{Message: &message.Blocks{Blocks: []*dag.Block{b}}})
	p.sealed = r.persisted
	p.enter(r)
}

// parents lists what the own block of a round refers to: the own previous
// block, and one block of every other member of the round before.
func (r *Replica) parents(round dag.Round) []dag.BlockRef {
	if round == 1 {
		return nil
	}
	parents := make([]dag.BlockRef, 0, r.committee.N())
	if r.blocks.newest != nil {
		parents = append(parents, r.blocks.newest.Ref())
	}
	for a := range r.committee.N() {
		if dag.Author(a) == r.author {
			continue
		}
		if v := r.ordering.graph.Lowest(round-1, dag.Author(a)); v != nil {
			parents = append(parents, v.Ref)
		}
	}
	return slices.Clip(parents)
}
