package replica

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/index"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/fetch"
	"github.com/floormesh/floormesh/sync/message"
)

// laneBook is what this node holds of every lane beyond what is executed. There
// is one lane for each node and class, so that nobody can fill it with lanes.
type laneBook struct {
	founding *consensus.Founding
	lanes    laneTable
	all      []*lane // in the order in which they were heard of
	busy     []*lane // those with a chain, and some that had one
	gaps     []*lane // those with something to chase, and some that had
	held     index.Table[dag.BatchID, *held]
	closed   int    // how often a lane took the place of another
	told     []told // by author; nil: no block came
	scratch  []odd
	trail    trail
	missing  fetch.Tracker[message.BatchRef, PeerID]
	payload  int     // bytes of payload in memory
	ahead    int     // bytes that wait in lanes, ahead of a gap
	listed   int     // batches held and listed beyond the decided cuts
	loading  []*held // asked from the own store since all Loads were answered
	loads    int     // not answered yet
	unproven []*fork // not told of yet, at most maxUnproven
}

// highest returns the highest known lane of a lane's class, nil if there is none.
func (b *laneBook) highest(id dag.LaneID) *lane {
	l, _, _ := b.place(id)
	return l
}

// lane is the highest lane of its class as seen from here: the decided cut, and
// the batches held right after it.
//
//	… ── final ── chain[0] ── chain[1] ── …  (gap)  ahead
//
// A thousand of them are in a process for each of a thousand nodes, and a line of
// the cache is 64 bytes: what acks look at fills the first two.
type lane struct {
	id    dag.LaneID
	class class
	chain []*held // held and listed: consecutive, linked by prev

	final      dag.Seq
	forked     bool      // its owner signed two batches with one seq: listed no more
	chasing    bool      // a gap was asked for and is not closed yet
	isBusy     bool      // is in the book's list of such
	isGap      bool      // likewise
	acked      []dag.Seq // by author: how far it holds what is held here; nil: nobody told
	replicated dag.Seq   // f+1 members hold it up to here
	further    int       // how many hold more than that
	target     dag.Seq   // somebody holds it up to here

	finalID dag.BatchID
	since   Instant // when the first of chain came
	chaseAt Instant // when to ask for the gap next
	chases  int     // requests since the last progress
	ahead   map[dag.Seq]*dag.Batch

	waiting int    // bytes of ahead
	holder  PeerID // who holds target
	moved   dag.CommitIndex
	claimed dag.UnixMilli // of the last own batch: never falls
	proof   *fork         // the two batches of a forked lane, nil if they are not here
}

// held is a batch that is listed, or decided and not executed yet.
type held struct {
	ref     message.BatchRef
	bytes   int // 0 while it is neither stored nor here
	batch   *dag.Batch
	decided bool
	loading bool // asked from the own store
	where   whereabouts

	contested bool       // decided, and another stood in its place here
	leader    dag.Author // of the commit that decided it, if so
}

// ID returns the batch's id.
func (h *held) ID() dag.BatchID { return h.ref.ID }

// whereabouts says whether the own store has a batch. It may have one that is
// not held: a branch that was listed once, or what came before its lane was known.
type whereabouts uint8

const (
	unknown whereabouts = iota
	stored
	absent
)

// restoreLanes rebuilds the book from the last executed state and what is
// stored beyond it.
func (r *Replica) restoreLanes(from *store.Restored) {
	r.laneBook = laneBook{
		founding: r.founding,
		missing:  *fetch.New[message.BatchRef, PeerID](r.cfg.Timing.Grace, r.cfg.Rand),
	}
	for _, id := range r.exec.State().Order() {
		r.laneOf(id)
	}
	for i := range from.Batches {
		r.restoreBatch(&from.Batches[i])
	}
}

func (r *Replica) restoreBatch(m *store.BatchMeta) {
	l, ref := r.openLane(m.Lane), message.BatchRef{Lane: m.Lane, Seq: m.Seq, ID: m.ID}
	switch {
	case l == nil:
	case l.extends(m.Seq, m.Prev):
		r.list(l, &held{ref: ref, bytes: m.Bytes, where: stored})
	case !l.forked && l.at(m.Seq) != nil:
		r.fork(l, l.at(m.Seq).ref, ref)
	}
}

// lane returns a lane, nil unless it is the highest known of its class.
func (b *laneBook) lane(id dag.LaneID) *lane {
	if l := b.highest(id); l != nil && l.id == id {
		return l
	}
	return nil
}

// laneOf returns an open lane, new if need be. Only its owner's own batch, or a
// commit, is reason enough: whatever others say of lanes costs nothing to invent.
func (r *Replica) laneOf(id dag.LaneID) *lane {
	l, c, known := r.laneBook.place(id)
	if !known {
		panic(fmt.Sprintf("lane %v of no gateway", id))
	}
	if l == nil || l.id != id {
		return r.begin(l, id, c)
	}
	return l
}

// openLane does the same, but returns nil if the lane's owner is not of the mesh,
// or has begun a higher lane of the class.
func (r *Replica) openLane(id dag.LaneID) *lane {
	l, c, known := r.laneBook.place(id)
	switch {
	case !known || l != nil && l.id.Number > id.Number:
		return nil
	case l == nil || l.id != id:
		return r.begin(l, id, c)
	}
	return l
}

// place returns the highest known lane of a lane's class, that class, and false if
// the lane's owner is not of the mesh.
func (b *laneBook) place(id dag.LaneID) (*lane, class, bool) {
	c, known := classOf(b.founding, id)
	if !known {
		return nil, 0, false
	}
	return b.lanes.find(c), c, true
}

// begin makes id the lane of its class c, in the place of l, which is nil if it is the
// first. What a lower one holds beyond the decided cuts is listed no more: a new
// number closes the one it replaces.
func (r *Replica) begin(l *lane, id dag.LaneID, c class) *lane {
	b := &r.laneBook
	if l == nil {
		l = &lane{class: c}
		b.all = append(b.all, l)
		b.lanes.add(l, b.all)
	} else {
		r.abandon(l)
		b.forgetAllAhead(l)
		b.closed++
		*l = lane{class: c, isBusy: l.isBusy, isGap: l.isGap}
	}
	final, _ := r.ordering.state().Final(id)
	l.id, l.final, l.finalID, l.moved = id, final.Seq, final.Digest, final.Moved
	l.chaseAt, l.forked = Never, r.exec.Frozen(id)
	return l
}

// chaseLane says when a lane's gap is asked for next.
func (b *laneBook) chaseLane(l *lane, at Instant) {
	if l.chaseAt = at; at != Never && !l.isGap {
		l.isGap, b.gaps = true, append(b.gaps, l)
	}
}

// listable returns the lanes that hold something beyond the cut, in the order in
// which they are listed: the same on every member, or bounded lists could starve
// each other for ever.
func (b *laneBook) listable() []*lane {
	b.busy = slices.DeleteFunc(b.busy, func(l *lane) bool {
		l.isBusy = len(l.chain) > 0
		return !l.isBusy
	})
	slices.SortFunc(b.busy, func(x, y *lane) int {
		if planted.OwnAckOrder {
			return cmp.Or(cmp.Compare(x.since, y.since), x.id.Compare(y.id))
		}
		return cmp.Or(cmp.Compare(x.moved, y.moved), x.id.Compare(y.id))
	})
	return b.busy
}

func (l *lane) tip() dag.Seq { return l.final + dag.Seq(len(l.chain)) }

func (l *lane) tipID() dag.BatchID {
	if len(l.chain) == 0 {
		return l.finalID
	}
	return l.chain[len(l.chain)-1].ref.ID
}

// at returns what is listed at seq, nil if nothing is.
func (l *lane) at(seq dag.Seq) *held {
	if seq <= l.final || seq > l.tip() {
		return nil
	}
	return l.chain[seq-l.final-1]
}

func (l *lane) extends(seq dag.Seq, prev dag.BatchID) bool {
	return !l.forked && seq == l.tip()+1 && prev == l.tipID()
}

// open reports whether a batch of the lane may be taken: its owner is of the
// mesh and has not begun a higher lane of the class.
func (r *Replica) open(id dag.LaneID) bool {
	if l := r.laneBook.highest(id); l != nil {
		return l.id.Number <= id.Number
	}
	return r.founding.IsGateway(id.Key)
}

// receiveBatch takes a batch that somebody sent: into its lane, or because it
// is decided. Any other was asked for in vain.
func (r *Replica) receiveBatch(from PeerID, b *dag.Batch) {
	ref := message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()}
	r.laneBook.missing.Have(ref)
	if h := r.laneBook.held.Get(ref.ID); h != nil {
		r.supply(h, b)
		return
	}
	l := r.openLane(b.Lane)
	switch {
	case l == nil || l.forked || b.Seq <= l.final:
	case l.extends(b.Seq, b.Prev):
		r.extend(l, b)
	case b.Seq <= l.tip():
		r.conflict(l, l.at(b.Seq).ref, b)
	case b.Seq == l.tip()+1:
		r.askBelow(from, l, b)
	default:
		r.keepAhead(from, l, b)
	}
}

// askBelow asks for the batch that b follows, where another is listed: the
// lane's fork lies there or below. What follows another than the final batch
// can never be listed.
func (r *Replica) askBelow(from PeerID, l *lane, b *dag.Batch) {
	if b.Seq-1 > l.final {
		ref := message.BatchRef{Lane: b.Lane, Seq: b.Seq - 1, ID: b.Prev}
		r.laneBook.missing.Want(ref, from, fetch.Perhaps, int64(r.now))
	}
}

// supply takes a batch that is decided, and missing here.
func (r *Replica) supply(h *held, b *dag.Batch) {
	r.laneBook.missing.Have(h.ref)
	if h.where == stored || !r.checkPlace(h, b) {
		return
	}
	r.write.Batches = append(r.write.Batches, b)
	h.where, h.bytes = stored, len(b.Raw())
	r.regain(h, b)
}

// extend stores the next batch of a lane, and what waited for it.
func (r *Replica) extend(l *lane, b *dag.Batch) {
	for b != nil && l.extends(b.Seq, b.Prev) {
		ref := message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()}
		h := &held{ref: ref, bytes: len(b.Raw()), where: stored}
		r.laneBook.missing.Have(ref)
		r.write.Batches = append(r.write.Batches, b)
		r.list(l, h)
		r.keepPayload(h, b)
		r.laneBook.forgetAhead(l, b.Seq)
		l.chases = 0
		r.pace.stir()
		b = l.ahead[l.tip()+1]
	}
	switch {
	case l.tip() >= l.target:
		l.chaseAt, l.chasing = Never, false
	case l.chasing:
		r.laneBook.chaseLane(l, r.now+laneGrace)
	default: // on their way by themselves
		r.laneBook.chaseLane(l, r.now+r.grace())
	}
}

// list puts a stored batch at the end of a lane's chain.
func (r *Replica) list(l *lane, h *held) {
	if len(l.chain) == 0 {
		l.since = r.now
	}
	l.chain = append(l.chain, h)
	r.laneBook.held.Put(h)
	r.laneBook.listed++
	if !l.isBusy {
		l.isBusy, r.laneBook.busy = true, append(r.laneBook.busy, l)
	}
}

// keepAhead keeps a batch that does not chain yet, and has the gap asked for.
func (r *Replica) keepAhead(from PeerID, l *lane, b *dag.Batch) {
	if l.ahead == nil {
		l.ahead = map[dag.Seq]*dag.Batch{}
	}
	size := len(b.Raw())
	if l.ahead[b.Seq] == nil && len(l.ahead) < maxAheadBatches && l.waiting+size <= maxAheadBytes && r.laneBook.ahead+size <= maxAheadInAll {
		l.ahead[b.Seq] = b
		l.waiting += size
		r.laneBook.ahead += size
	}
	r.aim(l, b.Seq, from)
}

func (b *laneBook) forgetAhead(l *lane, seq dag.Seq) {
	if early := l.ahead[seq]; early != nil {
		l.waiting -= len(early.Raw())
		b.ahead -= len(early.Raw())
		delete(l.ahead, seq)
	}
}

// forgetAllAhead drops what waits in a lane that goes on no more.
func (b *laneBook) forgetAllAhead(l *lane) {
	b.ahead -= l.waiting
	l.ahead, l.waiting = nil, 0
}

// moveCuts follows a decided commit: what it finalised leaves the lists, and
// is held until it is executed.
func (r *Replica) moveCuts(c *dag.Commit) {
	for i := range c.Cut {
		r.moveCut(&c.Cut[i], c)
	}
}

func (r *Replica) moveCut(change *dag.CutChange, c *dag.Commit) {
	l := r.laneBook.highest(change.Lane)
	r.finalize(l, change, c.Leader.Author)
	if l == nil || l.id.Number < change.Lane.Number {
		l = r.laneOf(change.Lane)
	}
	l.moved = c.Index
	if l.id != change.Lane {
		return // the others do not know yet that it is closed
	}
	if mine := l.at(change.Seq); mine != nil && mine.decided {
		n := change.Seq - l.final
		r.laneBook.listed -= int(n)
		clear(l.chain[:n])
		l.chain = l.chain[n:]
	} else if lost := r.abandon(l); lost > 0 && change.Lane.Key == r.self {
		l.forked = true // somebody else signs with our key: go on in a new lane
	}
	l.final, l.finalID = change.Seq, change.Batches[len(change.Batches)-1]
	for seq := range l.ahead {
		if seq <= l.tip() {
			r.laneBook.forgetAhead(l, seq)
		}
	}
	if next := l.ahead[l.tip()+1]; next != nil && l.extends(next.Seq, next.Prev) {
		r.extend(l, next)
	}
}

// finalize holds what a commit finalised until it is executed. l is the highest
// known lane of the class, nil if none is.
func (r *Replica) finalize(l *lane, change *dag.CutChange, leader dag.Author) {
	b := &r.laneBook
	if l != nil && l.id != change.Lane {
		l = nil
	}
	first := change.Seq - dag.Seq(len(change.Batches)) + 1
	for k, id := range change.Batches {
		seq := first + dag.Seq(k)
		h := b.held.Get(id)
		if h == nil {
			h = &held{ref: message.BatchRef{Lane: change.Lane, Seq: seq, ID: id}}
			b.held.Put(h)
			h.contested, h.leader = l != nil && (l.forked || l.at(seq) != nil), leader
		}
		h.decided = true
		if l == nil {
			continue
		}
		if early := l.ahead[seq]; early != nil && early.ID() == id {
			r.supply(h, early)
		}
	}
}

// abandon stops listing what a lane holds, and forgets what of it is not
// decided; it stays in the store. It returns how much that was.
func (r *Replica) abandon(l *lane) (lost int) {
	r.laneBook.listed -= len(l.chain)
	for _, h := range l.chain {
		if !h.decided {
			r.release(h)
			lost++
		}
	}
	l.chain = nil
	return lost
}
