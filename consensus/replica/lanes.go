package replica

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/fetch"
	"github.com/floormesh/floormesh/sync/message"
)

// laneBook is what this node holds of every lane beyond what is executed. There
// is one lane for each node and class, so that nobody can fill it with lanes.
type laneBook struct {
	founding *consensus.Founding
	lanes    map[class]*lane
	all      []*lane // in the order in which they were heard of
	busy     []*lane // those with a chain, and some that had one
	gaps     []*lane // those with something to chase, and some that had
	held     map[dag.BatchID]*held
	named    [][]named // by author: the lanes that its last block acks
	scratch  []named
	missing  *fetch.Tracker[message.BatchRef, PeerID]
	payload  int     // bytes of payload in memory
	ahead    int     // bytes that wait in lanes, ahead of a gap
	listed   int     // batches held and listed beyond the decided cuts
	loading  []*held // asked from the own store since all Loads were answered
	loads    int     // not answered yet
	unproven []*fork // not told of yet, at most maxUnproven
}

// class names the lanes of one gateway that replace one another: its number in
// the genesis, and theirs. It is found in a table that all share, and is as small
// as a key of a map that thousands look into can be.
type class uint32

// classOf returns a lane's class, and false if its owner is no gateway.
func (b *laneBook) classOf(id dag.LaneID) (class, bool) {
	number, ok := b.founding.Number(id.Key)
	return class(number)*dag.LaneClasses + class(id.Number.Class()), ok
}

// highest returns the highest known lane of a lane's class, nil if there is none.
func (b *laneBook) highest(id dag.LaneID) *lane {
	if c, ok := b.classOf(id); ok {
		return b.lanes[c]
	}
	return nil
}

// lane is the highest lane of its class as seen from here: the decided cut, and
// the batches held right after it.
//
//	… ── final ── chain[0] ── chain[1] ── …  (gap)  ahead
type lane struct {
	id      dag.LaneID
	final   dag.Seq
	finalID dag.BatchID
	moved   dag.CommitIndex
	since   Instant // when the first of chain came
	chain   []*held // held and listed: consecutive, linked by prev
	ahead   map[dag.Seq]*dag.Batch
	waiting int           // bytes of ahead
	claimed dag.UnixMilli // of the last own batch: never falls
	forked  bool          // its owner signed two batches with one seq: listed no more
	proof   *fork         // the two, nil if they are not here

	acked      []dag.Seq // by author: how far it holds what is held here; nil: nobody told
	replicated dag.Seq   // f+1 members hold it up to here

	target  dag.Seq // somebody holds it up to here
	holder  PeerID  // who
	chaseAt Instant // when to ask for the gap next
	chases  int     // requests since the last progress
	chasing bool    // a gap was asked for and is not closed yet

	isBusy, isGap bool // is in the book's list of such
}

// named is a lane that a member's last block acks.
type named struct {
	id   dag.LaneID
	lane *lane
	upTo dag.Seq // what it said up to here is noted
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
		lanes:    map[class]*lane{},
		held:     map[dag.BatchID]*held{},
		named:    make([][]named, r.committee.N()),
		missing:  fetch.New[message.BatchRef, PeerID](r.cfg.Timing.Grace, r.cfg.Rand),
	}
	for _, id := range r.exec.State().Order() {
		r.begin(id)
	}
	for i := range from.Batches {
		r.restoreBatch(&from.Batches[i])
	}
}

func (r *Replica) restoreBatch(m *store.BatchMeta) {
	if !r.open(m.Lane) {
		return
	}
	l, ref := r.laneOf(m.Lane), message.BatchRef{Lane: m.Lane, Seq: m.Seq, ID: m.ID}
	switch {
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
	if l := r.laneBook.lane(id); l != nil {
		return l
	}
	return r.begin(id)
}

// begin makes id the lane of its class. What a lower one holds beyond the
// decided cuts is listed no more: a new number closes the one it replaces.
func (r *Replica) begin(id dag.LaneID) *lane {
	b := &r.laneBook
	c, known := b.classOf(id)
	if !known {
		panic(fmt.Sprintf("lane %v of no gateway", id))
	}
	l := b.lanes[c]
	if l == nil {
		l = &lane{}
		b.lanes[c] = l
		b.all = append(b.all, l)
	}
	r.abandon(l)
	b.forgetAllAhead(l)
	final, _ := r.ordering.state().Final(id)
	*l = lane{
		id: id, final: final.Seq, finalID: final.Digest, moved: final.Moved,
		chaseAt: Never, forked: r.exec.Frozen(id),
		isBusy: l.isBusy, isGap: l.isGap,
	}
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
	if h := r.laneBook.held[ref.ID]; h != nil {
		r.supply(h, b)
		return
	}
	if !r.open(b.Lane) {
		return
	}
	l := r.laneOf(b.Lane)
	switch {
	case l.forked || b.Seq <= l.final:
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
	r.laneBook.held[h.ref.ID] = h
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
	r.finalize(change, c.Leader.Author)
	l := r.laneBook.highest(change.Lane)
	if l == nil || l.id.Number < change.Lane.Number {
		l = r.begin(change.Lane)
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

// finalize holds what a commit finalised until it is executed.
func (r *Replica) finalize(change *dag.CutChange, leader dag.Author) {
	b := &r.laneBook
	l := b.lane(change.Lane)
	first := change.Seq - dag.Seq(len(change.Batches)) + 1
	for k, id := range change.Batches {
		seq := first + dag.Seq(k)
		h := b.held[id]
		if h == nil {
			h = &held{ref: message.BatchRef{Lane: change.Lane, Seq: seq, ID: id}}
			b.held[id] = h
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
