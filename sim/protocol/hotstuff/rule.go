package hotstuff

import (
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sim/protocol/ledger"
	"github.com/floormesh/floormesh/sync/fetch"
)

// Rule is one member's part in the chain.
type Rule struct {
	ledger *ledger.Ledger
	leader Leaders
	tree   tree

	voted View                // the highest view that this member voted in or left: neither again
	high  *Certificate        // the highest known
	last  *TimeoutCertificate // of the view before, if this one began with it

	view     View
	entered  replica.Instant // when it began here, or work last arrived
	timeout  time.Duration
	left     int           // views left in a row
	usual    time.Duration // how long a view takes that ends well
	awake    bool
	waited   replica.Instant // when this member last waited no longer
	said     replica.Instant // when this member last said again what it had said
	mine     *Timeout        // the own one of this view
	cast     *Vote           // the own newest vote of this life
	made     *Proposal       // the own newest proposal of this life
	proposal *Proposal       // of this view, not voted for yet
	from     dag.PublicKey   // who sent it
	timeouts map[dag.Author]*Timeout
	votes    map[dag.Author][]*Vote
	missing  *fetch.Tracker[dag.BlockID, dag.PublicKey]
}

// Leaders says whose turn a view is, the same on every member.
type Leaders func(members int, v View) dag.Author

// RoundRobin gives each member every nth view.
func RoundRobin(members int, v View) dag.Author { return dag.Author(v % View(members)) }

// New returns a node that orders by this rule, with leaders in turn. It is a protocol.Maker.
func New(cfg replica.Config, from *store.Restored, before protocol.Kept) (protocol.Machine, error) {
	return NewWith(RoundRobin, cfg, from, before)
}

// NewWith is New with another order of leaders.
func NewWith(leader Leaders, cfg replica.Config, from *store.Restored, before protocol.Kept) (protocol.Machine, error) {
	return ledger.New(cfg, from, func(l *ledger.Ledger) (ledger.Rule, error) {
		r := &Rule{
			ledger: l, leader: leader, view: 1, entered: replica.Never, timeout: l.Config().Timing.TimeoutFloor,
			timeouts: map[dag.Author]*Timeout{}, votes: map[dag.Author][]*Vote{},
			missing: fetch.New[dag.BlockID, dag.PublicKey](l.Config().Timing.FetchTimeout, l.Config().Rand),
		}
		empty := &vertex{}
		r.tree.vertices = map[dag.BlockID]*vertex{{}: empty}
		r.tree.decided = []*vertex{empty}
		if before == nil {
			return r, nil
		}
		return r, r.restore(before.(*kept))
	})
}

// Hear implements ledger.Rule.
func (r *Rule) Hear(from dag.PublicKey, m protocol.Message) {
	switch m := m.(type) {
	case *Proposal:
		r.hearProposal(from, m)
	case *Vote:
		r.hearVote(m)
	case *Timeout:
		r.hearTimeout(from, m)
	case *Status:
		r.hearStatus(from, m)
	case *Want:
		r.serve(from, m)
	case *Blocks:
		for _, b := range m.Blocks {
			r.accept(from, b, true)
		}
	}
}

// Advance implements ledger.Rule.
func (r *Rule) Advance() {
	r.decide()
	r.vote()
	for r.propose() {
		r.decide()
		r.vote()
	}
	r.stir()
	r.sayAgain()
	r.waitNoLonger()
	for _, q := range r.missing.Due(int64(r.ledger.Now()), r.ledger.Peers()) {
		for _, id := range q.Keys {
			r.ledger.Send(q.Peer, &Want{Block: id, Above: r.tree.head().ref.Round})
		}
	}
	if below := min(r.certified(), r.ledger.Executed().Index); below > ledger.RetainedCommits {
		r.tree.prune(below - ledger.RetainedCommits)
	}
}

// certified returns the newest certified commit.
func (r *Rule) certified() dag.CommitIndex {
	if c := r.ledger.Certified(); c != nil {
		return c.Commit
	}
	return 0
}

// Wake implements ledger.Rule.
func (r *Rule) Wake() replica.Instant {
	return min(r.proposeAt(), r.deadline(), r.sayAt(), replica.Instant(r.missing.Next()))
}

// Leapt implements ledger.Rule.
func (r *Rule) Leapt(commits []*dag.Commit) {
	for _, c := range commits {
		x := r.tree.vertices[c.Leader.ID]
		if x == nil {
			x = &vertex{ref: c.Leader}
		}
		x.commit, x.id, x.index = c, c.ID(), c.Index
		r.tree.follow(x)
		r.missing.Have(c.Leader.ID)
	}
	r.unpark()
	r.keep(false)
}

// know takes a certificate, from whoever showed it.
func (r *Rule) know(from dag.PublicKey, c *Certificate) {
	if c.view() <= r.high.view() {
		return
	}
	r.high = c
	r.want(from, c)
	r.enter(c.View+1, nil)
}

// want asks for a certified block that is not here, or, if it waits for others
// here, for the first that is missing.
func (r *Rule) want(from dag.PublicKey, c *Certificate) {
	for p := r.tree.waiting(c.block()); p != nil; p = r.tree.waiting(c.block()) {
		c = p.block.Justify
	}
	if r.tree.vertices[c.block()] == nil && c.view() > r.tree.head().ref.Round {
		r.missing.Want(c.block(), from, fetch.Perhaps, int64(r.ledger.Now()))
	}
}

// hearProposal takes a leader's block.
func (r *Rule) hearProposal(from dag.PublicKey, p *Proposal) {
	if p.Block.Author != r.leaderOf(p.Block.View) {
		return // of nobody's turn: no honest member makes one
	}
	r.know(from, p.Block.Justify)
	r.leave(p.Last)
	r.accept(from, p.Block, false)
	if p.Block.View == r.view && r.proposal == nil {
		r.proposal, r.from = p, from
	}
}

func (r *Rule) leaderOf(v View) dag.Author { return r.leader(r.ledger.Committee().N(), v) }

// accept puts a block in its place, or has it wait for the one that it extends.
func (r *Rule) accept(from dag.PublicKey, b *Block, asked bool) {
	if r.tree.vertices[b.id] != nil || r.tree.waiting(b.id) != nil || b.View <= r.tree.head().ref.Round || b.Author != r.leaderOf(b.View) {
		return
	}
	asked = asked || r.missing.Wants(b.id)
	if !asked && r.tree.rivals(b.View) >= maxRivals {
		return
	}
	r.missing.Have(b.id)
	r.know(from, b.Justify)
	if r.tree.parent(b) == nil {
		if len(r.tree.parked) < maxParked {
			r.tree.parked = append(r.tree.parked, &parked{b, from})
			r.want(from, b.Justify)
		}
		return
	}
	r.place(b)
	r.unpark()
}

// place puts a block whose parent is here into the tree, unless it cannot follow there.
func (r *Rule) place(b *Block) {
	parent := r.tree.parent(b)
	if parent == nil || r.tree.vertices[b.id] != nil {
		return
	}
	before := r.stateAfter(parent)
	if before == nil {
		return // decided against
	}
	c, after, err := b.commit(before)
	if err != nil {
		return // a liar's: nobody votes for it
	}
	r.tree.add(&vertex{ref: b.Ref(), block: b, commit: c, index: c.Index, id: c.ID(), state: after, at: r.ledger.Now()})
}

// stateAfter returns the state that a block leaves, nil if it is decided that
// others follow it.
func (r *Rule) stateAfter(x *vertex) *order.State {
	if x == r.tree.head() {
		return r.ledger.State()
	}
	return x.state
}

// unpark places the blocks whose parents have come.
func (r *Rule) unpark() {
	for again := true; again; {
		again = false
		for i, p := range r.tree.parked {
			if r.tree.parent(p.block) != nil {
				r.tree.parked = append(r.tree.parked[:i:i], r.tree.parked[i+1:]...)
				r.place(p.block)
				again = true
				break
			}
		}
	}
}

// decide makes everything final that two certified blocks of consecutive views
// prove: the first of them and all before it (Jolteon's rule, the two-chain).
func (r *Rule) decide() {
	x := r.tree.vertices[r.high.block()]
	if x == nil || x.state == nil {
		return
	}
	path := r.tree.path(x)
	for n := len(path) - 1; n > 0; n-- {
		if path[n].block.View != path[n-1].block.View+1 {
			continue
		}
		for _, final := range path[:n] {
			r.ledger.Decide(final.commit)
			r.tree.follow(final)
		}
		r.keep(false)
		return
	}
}

// vote votes for this view's proposal once it is in its place and all that it
// lists is held: once in a view, and in no view that was left.
func (r *Rule) vote() {
	if r.proposal == nil || r.voted >= r.view {
		return
	}
	b := r.proposal.Block
	x := r.tree.vertices[b.id]
	if x == nil || x.state == nil || !r.safe(r.proposal) {
		return
	}
	grace := replica.Instant(r.ledger.Config().Timing.TimeoutFloor / graceShare)
	if holds, err := r.ledger.Holds(r.stateAfter(r.tree.parent(b)), b.Cut, r.from, grace); !holds || err != nil {
		return
	}
	clock := uint64(max(r.ledger.Wall(), 0))
	v := &Vote{View: b.View, Block: b.id, Ballot: Ballot{Author: r.ledger.Author(), Word: clock}}
	v.Signature = r.ledger.Config().MemberKey.Sign(voteMessage(r.ledger.Committee().Epoch, b.View, b.id, clock))
	r.voted, r.proposal = b.View, nil
	r.keep(true)
	if r.cast = v; !r.sendVote() {
		r.hearVote(v)
	}
}

// sendVote sends the own newest vote to the leader of the next view, unless that is this member.
func (r *Rule) sendVote() bool {
	next := r.leaderOf(r.cast.View + 1)
	if next == r.ledger.Author() {
		return false
	}
	r.ledger.Send(r.ledger.Node(next), r.cast)
	return true
}

// safe reports whether a proposal extends all that may be final: the certified
// block of the view before, or, if that view was left, the highest one that anybody in
// a quorum knew of.
func (r *Rule) safe(p *Proposal) bool {
	b := p.Block
	return b.Justify.view()+1 == b.View || p.Last.view()+1 == b.View && b.Justify.view() >= p.Last.high()
}

// hearVote collects a vote, and makes a certificate of a quorum of them.
func (r *Rule) hearVote(v *Vote) {
	if r.leaderOf(v.View+1) != r.ledger.Author() || v.View <= r.high.view() || v.View > r.high.view()+r.horizon() {
		return
	}
	own := r.votes[v.Author]
	for _, other := range own {
		if other.View == v.View && other.Block == v.Block {
			return
		}
	}
	if len(own) == maxBallots {
		own = own[1:]
	}
	r.votes[v.Author] = append(slices.Clip(own), v)
	var same []Ballot
	for _, all := range r.votes { // any order: sorted below
		for _, other := range all {
			if other.View == v.View && other.Block == v.Block {
				same = append(same, other.Ballot)
			}
		}
	}
	if len(same) >= r.ledger.Committee().Q() {
		r.know(r.ledger.Node(v.Author), &Certificate{View: v.View, Block: v.Block, Votes: ballots(same)})
	}
}

// horizon is how far ahead votes are kept. Views that were left make the highest certificate old.
func (r *Rule) horizon() View { return r.view - r.high.view() + horizonViews }

// propose makes this view's block if it is this member's turn and time, and reports whether it did.
func (r *Rule) propose() bool {
	if r.ledger.Now() < r.proposeAt() {
		return false
	}
	r.ledger.Seal()
	parent := r.tree.vertices[r.high.block()]
	b := signBlock(r.ledger.Committee().Epoch, Block{
		View: r.view, Author: r.ledger.Author(), Justify: r.high, Cut: r.ledger.Pending(r.stateAfter(parent)),
	}, r.ledger.Config().MemberKey)
	p := &Proposal{Block: b, Last: r.last}
	r.place(b)
	r.proposal, r.from = p, r.ledger.Node(b.Author)
	if r.vote(); r.voted < b.View {
		panic("the own proposal is not voted for")
	}
	r.made = p
	r.ledger.Broadcast(p)
	return true
}

// proposeAt returns when the own proposal of this view is due, Never if there is none.
func (r *Rule) proposeAt() replica.Instant {
	if r.voted >= r.view || r.leaderOf(r.view) != r.ledger.Author() || !r.ledger.Working() && r.last == nil {
		return replica.Never
	}
	parent := r.tree.vertices[r.high.block()]
	if parent == nil || r.stateAfter(parent) == nil || r.high.view()+1 != r.view && r.last.view()+1 != r.view {
		return replica.Never // of a view that is left again or was not begun: it would not be voted for
	}
	return parent.at + replica.Instant(r.spacing())
}

// spacing is the least time between blocks. It doubles while blocks list nothing
// and only a checkpoint is waited for.
func (r *Rule) spacing() time.Duration {
	usual := max(r.ledger.Config().Timing.RoundSpacing, leastSpacing)
	if r.ledger.Undecided() {
		return usual
	}
	silent := 0
	for x := r.tree.vertices[r.high.block()]; x != nil && x.block != nil && len(x.block.Cut) == 0 && silent < quietBlocks+20; silent++ {
		x = r.tree.parent(x.block)
	}
	checkpoint := time.Duration(r.ledger.Config().Founding.Genesis.CheckpointMillis) * time.Millisecond
	return min(usual<<max(silent-quietBlocks, 0), max(checkpoint/viewsPerCheckpoint, usual))
}
