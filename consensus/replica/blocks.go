package replica

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/fetch"
	"github.com/floormesh/floormesh/sync/message"
)

// blockBook is the way of blocks into the graph: those that wait for a parent,
// and which parents are asked for.
type blockBook struct {
	pending map[dag.BlockRef]*waiting
	waiters map[dag.BlockRef][]*waiting // by missing parent
	parked  map[PeerID]int              // bytes of pending, by sender
	crowd   map[slot]int                // number of pending, by slot
	highest []dag.Round                 // accepted, by author
	newest  *dag.Block                  // own, nil before the first
	missing fetch.Tracker[dag.BlockRef, PeerID]
}

// waiting is a block some of whose parents are not here.
type waiting struct {
	block *dag.Block
	from  PeerID
	lacks int
}

// slot is one member's place in one round.
type slot struct {
	round  dag.Round
	author dag.Author
}

func slotOf(b *dag.Block) slot { return slot{b.Round, b.Author} }

func newBlockBook(r *Replica) blockBook {
	return blockBook{
		pending: map[dag.BlockRef]*waiting{},
		waiters: map[dag.BlockRef][]*waiting{},
		parked:  map[PeerID]int{},
		crowd:   map[slot]int{},
		highest: make([]dag.Round, r.committee.N()),
		missing: *fetch.New[dag.BlockRef, PeerID](r.cfg.Timing.FetchTimeout, r.cfg.Rand),
	}
}

// restore puts the blocks of the store back into the graph.
func (b *blockBook) restore(r *Replica, blocks []*dag.Block) {
	for _, block := range blocks {
		if r.member && block.Author == r.author && !planted.SignedForgotten && (b.newest == nil || block.Round > b.newest.Round) {
			b.newest = block
		}
		if block.Round <= r.ordering.graph.Floor() {
			continue
		}
		b.again(r, block)
	}
	if b.newest != nil {
		r.pace.next = b.newest.Round + 1
	}
	r.pace.leap(r)
}

// again puts one block back. A parent may be gone that lay below the floor when
// the block was accepted: the floor of what is executed can be lower. Then the
// block waits like a new one, until the commits on the way are decided anew.
func (b *blockBook) again(r *Replica, block *dag.Block) {
	if missing := r.ordering.graph.Missing(block.Parents); len(missing) > 0 {
		r.park(r.self, block, missing)
		return
	}
	if r.ordering.graph.Add(order.VertexOf(block)) == nil {
		b.highest[block.Author] = max(b.highest[block.Author], block.Round)
		r.noteAcks(block)
	}
}

// receiveBlock takes a member's block into the graph, or keeps it until its
// parents are here. Gateways outside the committee have no use for blocks.
func (r *Replica) receiveBlock(from PeerID, b *dag.Block) {
	ref := b.Ref()
	if b.Epoch != r.committee.Epoch || !r.seated {
		return
	}
	if err := order.CheckBlock(r.committee, b); err != nil {
		r.emit(Blame{Peer: from, Reason: fmt.Errorf("block of round %d: %w", b.Round, err)})
		return
	}
	if r.member && b.Author == r.author && b.Round >= r.pace.next {
		r.retire(b)
	}
	asked := r.blocks.missing.Wants(ref)
	missing := r.ordering.graph.Missing(b.Parents)
	switch {
	case r.ordering.graph.Has(ref):
	case r.blocks.pending[ref] != nil:
		r.askParents(from, b)
	case !asked && !r.welcome(b), len(missing) > 0 && !r.parkable(from, b, asked):
		return // if it was asked for, it still is
	case len(missing) == 0:
		r.accept(b)
	default:
		r.park(from, b, missing)
	}
	r.blocks.missing.Have(ref)
}

// retire makes a follower of a member that hears of a block which it does not
// remember signing: its store was lost or put back, or its key is used
// elsewhere. Whatever it signed now could contradict that. A restart changes
// nothing: that is durable before anything else leaves.
func (r *Replica) retire(b *dag.Block) {
	r.member = false
	why := fmt.Sprintf("a block of round %d bears this member's signature, and it does not remember it", b.Round)
	r.write.Retired = why
	r.emit(Alarm{Kind: AlarmRetired, Detail: why})
}

// welcome reports whether a block that nobody asked for is taken: not from the
// far future, also of what is decided while nothing more is, and not one of many
// in its slot.
func (r *Replica) welcome(b *dag.Block) bool {
	horizon := dag.Round(r.founding.Genesis.WindowRounds) * roundHorizonWindows
	top := r.ordering.graph.Highest()
	if len(r.ordering.queue) >= maxQueuedCommits || r.ordering.halted {
		top = min(top, r.ordering.state().LeaderRound)
	}
	return b.Round <= top+horizon &&
		r.ordering.graph.Count(b.Round, b.Author)+r.blocks.crowd[slotOf(b)] < maxSlotBlocks
}

// parkable reports whether there is room for another block of a sender's that
// waits. It counts by sender: an honest one sends nothing whose parents cannot
// be had of it, and no liar can use up its share.
func (r *Replica) parkable(from PeerID, b *dag.Block, asked bool) bool {
	room := maxParkedBytes
	if asked {
		room *= 2
	}
	return r.blocks.parked[from]+len(b.Raw()) <= room
}

// park keeps a block until its parents are here, and has them asked for.
func (r *Replica) park(from PeerID, b *dag.Block, missing []dag.BlockRef) {
	w := &waiting{block: b, from: from, lacks: len(missing)}
	r.blocks.pending[b.Ref()] = w
	r.blocks.parked[from] += len(b.Raw())
	r.blocks.crowd[slotOf(b)]++
	for _, parent := range missing {
		r.blocks.waiters[parent] = append(r.blocks.waiters[parent], w)
	}
	r.askParents(from, b)
}

// askParents has a pending block's parents asked for, as far as they are not
// pending themselves. They may not exist, so this does not go on for ever; the
// next tips that carry the block start it anew.
func (r *Replica) askParents(from PeerID, b *dag.Block) {
	for _, parent := range r.ordering.graph.Missing(b.Parents) {
		if r.blocks.pending[parent] == nil {
			r.blocks.missing.Want(parent, from, fetch.Perhaps, int64(r.now))
		}
	}
}

// askAgain has everything asked for anew that a pending block waits for. Whoever
// has those blocks may take them for known: of an equivocation a peer's tips do
// not tell which block it has.
func (r *Replica) askAgain() {
	var roots []dag.BlockRef
	for ref := range r.blocks.waiters {
		if r.blocks.pending[ref] == nil && !r.blocks.missing.Wants(ref) {
			roots = append(roots, ref)
		}
	}
	slices.SortFunc(roots, byRef)
	for _, ref := range roots {
		r.blocks.missing.Want(ref, r.blocks.waiters[ref][0].from, fetch.Perhaps, int64(r.now))
	}
}

// accept puts a block whose parents are here into the graph, and after it
// those that waited for it.
func (r *Replica) accept(first *dag.Block) {
	for ready := []*dag.Block{first}; len(ready) > 0; ready = ready[1:] {
		b := ready[0]
		if r.ordering.graph.Add(order.VertexOf(b)) != nil {
			continue // known, or below the floor by now
		}
		r.write.Blocks = append(r.write.Blocks, b)
		if b.Round > r.blocks.highest[b.Author] {
			r.blocks.highest[b.Author] = b.Round
		} else if r.ordering.graph.Count(b.Round, b.Author) == maxSlotBlocks {
			r.emit(Alarm{Kind: AlarmEquivocation, Detail: fmt.Sprintf("member %d in round %d", b.Author, b.Round)})
		}
		r.noteAcks(b)
		r.pace.accepted(r, b)
		ready = append(ready, r.arrived(b.Ref())...)
	}
}

// arrived returns the blocks that waited for nothing but ref.
func (r *Replica) arrived(ref dag.BlockRef) []*dag.Block {
	var ready []*dag.Block
	for _, w := range r.blocks.waiters[ref] {
		if w.lacks--; w.lacks == 0 && r.blocks.pending[w.block.Ref()] == w {
			r.unpark(w)
			ready = append(ready, w.block)
		}
	}
	delete(r.blocks.waiters, ref)
	return ready
}

func (r *Replica) unpark(w *waiting) {
	b := &r.blocks
	delete(b.pending, w.block.Ref())
	b.parked[w.from] -= len(w.block.Raw())
	if b.crowd[slotOf(w.block)]--; b.crowd[slotOf(w.block)] == 0 {
		delete(b.crowd, slotOf(w.block))
	}
}

// forsake drops the blocks that wait once nobody is asked for their parents any more and nothing
// is left to do here: whoever has something to do sends them again.
func (r *Replica) forsake() {
	if len(r.blocks.pending) == 0 || r.blocks.missing.Len() > 0 || r.awake() {
		return
	}
	for _, w := range r.blocks.pending { // any order: all of them
		r.unpark(w)
	}
	clear(r.blocks.waiters)
}

// raiseFloor follows a risen floor: what lies at or below it is neither
// waited for nor asked for.
func (r *Replica) raiseFloor() {
	floor := r.ordering.graph.Floor()
	var passed []dag.BlockRef
	for ref := range r.blocks.waiters {
		if ref.Round <= floor {
			passed = append(passed, ref)
		}
	}
	for ref, w := range r.blocks.pending {
		if ref.Round <= floor {
			r.unpark(w)
		}
	}
	slices.SortFunc(passed, byRef)
	for _, ref := range passed {
		r.blocks.missing.Have(ref)
		for _, b := range r.arrived(ref) {
			r.accept(b)
		}
	}
}

// byRef orders references, earliest round first.
func byRef(a, b dag.BlockRef) int {
	return cmp.Or(cmp.Compare(a.Round, b.Round), cmp.Compare(a.Author, b.Author), a.ID.Compare(b.ID))
}

// push sends a member the blocks that it does not have according to its tips,
// and returns how many bytes they have.
func (r *Replica) push(to PeerID, highest []dag.Round) (bytes int) {
	before := r.pushedTo(to)
	before.heed(r.now, highest, &r.cfg.Timing)
	floor := r.ordering.graph.Floor()
	var blocks []*dag.Block
	for round := floor + 1; round <= r.ordering.graph.Highest() && len(blocks) < maxPushBlocks && bytes < maxParkedBytes; round++ {
		for a := range r.committee.N() {
			author := dag.Author(a)
			// Of an equivocation the peer may have the other block.
			if round < highest[a] || round == highest[a] && r.ordering.graph.Count(round, author) < 2 || round <= before.upTo[a] {
				continue
			}
			for v := range r.ordering.graph.Slot(round, author) {
				blocks = append(blocks, v.Block)
				bytes += len(v.Block.Raw())
			}
		}
	}
	for _, b := range blocks {
		before.upTo[b.Author] = max(before.upTo[b.Author], b.Round)
	}
	for _, part := range message.PackBlocks(blocks) {
		r.emit(Send{To: to, Message: part})
	}
	return bytes
}
