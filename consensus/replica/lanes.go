package replica

import (
	"cmp"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/fetch"
	"github.com/floormesh/floormesh/sync/message"
)

// ackFetchDelay is how long a batch known only from an ack may still be on its
// way by itself before it is asked for.
const ackFetchDelay = Instant(30 * time.Millisecond)

// laneGrace is how long after a lane's last progress the rest of a gap is
// asked for: answers come in several messages.
const laneGrace = Instant(20 * time.Millisecond)

// laneBook is what this node holds of every lane beyond what is executed.
type laneBook struct {
	lanes   map[dag.LaneID]*lane
	order   []*lane // by the commit at which the cut last moved, then by lane
	held    map[dag.BatchID]*held
	missing *fetch.Tracker[message.BatchRef, PeerID]
	payload int // bytes of payload in memory
	listed  int // batches held and listed beyond the decided cuts
}

// lane is one lane as seen from here: the decided cut, and the batches held
// right after it.
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
	claimed dag.UnixMilli // of the last own batch: never falls
	forked  bool          // its owner signed two batches with one seq: listed no more

	acked      []dag.Seq // by author: how far it holds what is held here
	replicated dag.Seq   // f+1 members hold it up to here

	target  dag.Seq  // somebody holds it up to here
	holder  PeerID   // who
	chaseAt Instant  // when to ask for the gap next
	chases  int      // requests since the last progress
	rivals  [2]*held // the two that prove the fork, if both are held
}

// held is a batch that is stored here and not executed yet.
type held struct {
	ref     message.BatchRef
	prev    dag.BatchID
	bytes   int
	batch   *dag.Batch // nil while the payload is only on disk
	loading bool       // asked from disk
}

func newLaneBook(r *Replica, from *store.Restored) laneBook {
	b := laneBook{
		lanes:   map[dag.LaneID]*lane{},
		held:    map[dag.BatchID]*held{},
		missing: fetch.New[message.BatchRef, PeerID](r.cfg.Timing.FetchTimeout, r.cfg.Rand),
	}
	r.laneBook = b
	for id, l := range r.exec.State().Lanes {
		made := r.laneBook.lane(id, r.committee.N())
		made.final, made.finalID, made.moved = l.Seq, l.Digest, l.Moved
	}
	for _, m := range from.Batches {
		h := &held{ref: message.BatchRef{Lane: m.Lane, Seq: m.Seq, ID: m.ID}, prev: m.Prev, bytes: m.Bytes}
		r.laneBook.held[m.ID] = h
		l := r.laneBook.lane(m.Lane, r.committee.N())
		switch {
		case l.extends(m.Seq, m.Prev):
			l.chain = append(l.chain, h)
			r.laneBook.listed++
		case m.Seq <= l.tip():
			r.laneBook.fork(l, l.at(m.Seq), h)
		}
	}
	r.laneBook.sort()
	return r.laneBook
}

// lane returns the lane, new if need be. Their number is bounded by the nodes
// of the genesis and the classes of each.
func (b *laneBook) lane(id dag.LaneID, members int) *lane {
	l := b.lanes[id]
	if l == nil {
		l = &lane{id: id, acked: make([]dag.Seq, members), chaseAt: Never}
		b.lanes[id] = l
		b.order = append(b.order, l)
		b.sort()
	}
	return l
}

// sort restores the order in which lanes are listed: the same on every member,
// or bounded lists could starve each other for ever.
func (b *laneBook) sort() {
	slices.SortFunc(b.order, func(x, y *lane) int {
		if planted.OwnAckOrder {
			return cmp.Or(cmp.Compare(x.since, y.since), x.id.Compare(y.id))
		}
		return cmp.Or(cmp.Compare(x.moved, y.moved), x.id.Compare(y.id))
	})
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
// mesh and has not opened a higher lane of the class.
func (r *Replica) open(id dag.LaneID) bool {
	return r.gateways[id.Key] && !r.closed(id)
}

// closed reports whether a higher lane of the same node and class has begun.
func (r *Replica) closed(id dag.LaneID) bool {
	_, open := r.ordering.state.Final(id)
	return !open
}

// receiveBatch takes a batch that somebody sent: into its lane, or because it
// was asked for by id.
func (r *Replica) receiveBatch(from PeerID, b *dag.Batch) {
	ref := message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()}
	if r.laneBook.held[ref.ID] != nil {
		return
	}
	wanted := r.laneBook.missing.Wants(ref)
	if !wanted && !r.open(b.Lane) {
		return
	}
	l := r.laneBook.lane(b.Lane, r.committee.N())
	switch {
	case l.extends(b.Seq, b.Prev):
		r.extend(l, b)
	case b.Seq <= l.final || l.forked:
		if wanted { // decided without us, or a branch that others list
			r.hold(b)
		}
	case b.Seq <= l.tip():
		r.conflict(l, l.at(b.Seq), b)
	case b.Seq == l.tip()+1:
		// The fork lies below: the batch that this one follows contradicts ours.
		ref := message.BatchRef{Lane: b.Lane, Seq: b.Seq - 1, ID: b.Prev}
		r.laneBook.missing.Want(ref, from, fetch.Perhaps, int64(r.now))
	default:
		r.keepAhead(from, l, b)
	}
}

// hold stores a batch.
func (r *Replica) hold(b *dag.Batch) *held {
	ref := message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()}
	h := &held{ref: ref, prev: b.Prev, bytes: len(b.Raw())}
	r.laneBook.held[ref.ID] = h
	r.laneBook.missing.Have(ref)
	r.write.Batches = append(r.write.Batches, b)
	r.keepPayload(h, b)
	return h
}

// extend stores the next batch of a lane, and what waited for it.
func (r *Replica) extend(l *lane, b *dag.Batch) {
	for b != nil && l.extends(b.Seq, b.Prev) {
		if len(l.chain) == 0 {
			l.since = r.now
		}
		l.chain = append(l.chain, r.hold(b))
		l.chases = 0
		r.laneBook.listed++
		r.pace.stir()
		delete(l.ahead, b.Seq)
		b = l.ahead[l.tip()+1]
	}
	if l.tip() >= l.target {
		l.chaseAt = Never
	} else {
		l.chaseAt = r.now + laneGrace
	}
}

// keepAhead keeps a batch that does not chain yet, and has the gap asked for.
func (r *Replica) keepAhead(from PeerID, l *lane, b *dag.Batch) {
	if l.ahead == nil {
		l.ahead = map[dag.Seq]*dag.Batch{}
	}
	if len(l.ahead) < maxAheadBatches {
		l.ahead[b.Seq] = b
	}
	r.aim(l, b.Seq, from)
}

// aim notes that from holds the lane up to seq.
func (r *Replica) aim(l *lane, seq dag.Seq, from PeerID) {
	if planted.AcksNotFetched || seq <= l.target && l.chaseAt != Never || seq <= l.tip() || l.forked || l.id.Key == r.self {
		return
	}
	l.target, l.holder = max(seq, l.target), from
	l.chaseAt = min(l.chaseAt, r.now+laneGrace)
}

// chaseAt returns when the next gap is asked for.
func (b *laneBook) chaseAt() Instant {
	at := Never
	for _, l := range b.order {
		at = min(at, l.chaseAt)
	}
	return at
}

// chase asks for the gaps of lanes whose time has come.
func (r *Replica) chase() {
	for _, l := range r.laneBook.order {
		if l.chaseAt > r.now {
			continue
		}
		if l.tip() >= l.target || len(r.peers) == 0 || l.chases == maxChases {
			// Nothing to ask, nobody to ask, or whoever claimed to hold more did
			// not: the next tips begin anew.
			l.target, l.chases, l.chaseAt = 0, 0, Never
			continue
		}
		l.chases++
		l.chaseAt = r.now + Instant(r.cfg.Timing.FetchTimeout)
		to := l.holder
		if _, connected := slices.BinarySearchFunc(r.peers, to, PeerID.Compare); !connected {
			to = r.peers[r.cfg.Rand.IntN(len(r.peers))]
		}
		l.holder = r.peers[r.cfg.Rand.IntN(len(r.peers))] // another one, if this one does not answer
		r.emit(Send{To: to, Message: &message.WantLane{Lane: l.id, From: l.tip() + 1, MaxBytes: maxLaneBytes}})
	}
}

// acks lists what this member holds right after the decided cuts, one batch
// per lane in turn, so that no lane crowds out another.
func (r *Replica) acks() []dag.Ack {
	if r.execBehind() {
		return nil
	}
	counts := make([]int, len(r.laneBook.order))
	total, bytes := 0, 0
	for turn, dealt := 0, true; dealt && turn < dag.MaxAckBatches; turn++ {
		dealt = false
		for i, l := range r.laneBook.order {
			if turn >= len(l.chain) || counts[i] < turn {
				continue
			}
			if total == maxListed() || bytes+l.chain[turn].bytes > maxListedBytes && total > 0 {
				continue
			}
			counts[i]++
			total++
			bytes += l.chain[turn].bytes
			dealt = true
		}
	}
	return r.ackLists(counts)
}

// maxListed bounds the batches that one block acks.
func maxListed() int {
	if planted.ShortLists || planted.OwnAckOrder {
		return 1
	}
	return dag.MaxBlockBatches
}

func (r *Replica) ackLists(counts []int) []dag.Ack {
	var acks []dag.Ack
	for i, l := range r.laneBook.order {
		if counts[i] == 0 {
			continue
		}
		ack := dag.Ack{Lane: l.id, First: l.final + 1, Batches: make([]dag.BatchID, counts[i])}
		for k, h := range l.chain[:counts[i]] {
			ack.Batches[k] = h.ref.ID
		}
		acks = append(acks, ack)
	}
	slices.SortFunc(acks, func(a, b dag.Ack) int { return a.Lane.Compare(b.Lane) })
	return acks
}

// noteAcks learns from a block what its author holds: how far lanes are
// replicated, and which batches exist that are missing here.
func (r *Replica) noteAcks(b *dag.Block) {
	for i := range b.Acks {
		ack := &b.Acks[i]
		if !r.open(ack.Lane) {
			continue
		}
		r.noteAck(r.laneBook.lane(ack.Lane, r.committee.N()), ack, b.Author)
	}
}

func (r *Replica) noteAck(l *lane, ack *dag.Ack, author dag.Author) {
	for k, id := range slices.Backward(ack.Batches) {
		seq := ack.First + dag.Seq(k)
		if seq <= l.final {
			return
		}
		if h := l.at(seq); h != nil && h.ref.ID == id {
			r.noteHolder(l, author, seq)
			return
		}
		if r.laneBook.held[id] == nil && seq <= l.final+dag.MaxAckBatches && !planted.AcksNotFetched {
			ref := message.BatchRef{Lane: l.id, Seq: seq, ID: id}
			r.laneBook.missing.Want(ref, r.authors[author], fetch.Perhaps, int64(r.now+ackFetchDelay))
		}
	}
}

func (r *Replica) noteHolder(l *lane, author dag.Author, seq dag.Seq) {
	if seq <= l.acked[author] {
		return
	}
	l.acked[author] = seq
	if seq <= l.replicated {
		return
	}
	sorted := slices.Sorted(slices.Values(l.acked))
	reached := sorted[len(sorted)-quorum.Validity(len(sorted))]
	if reached > l.replicated {
		l.replicated = reached
		r.emit(Replicated{Lane: l.id, Seq: reached})
	}
}

// moveCuts follows a decided commit: what it finalised leaves the lists, and
// what is not here is asked for.
func (r *Replica) moveCuts(c *dag.Commit) {
	for i := range c.Cut {
		r.moveCut(&c.Cut[i], c.Index)
	}
	if len(c.Cut) > 0 {
		r.laneBook.sort()
	}
}

func (r *Replica) moveCut(change *dag.CutChange, index dag.CommitIndex) {
	b := &r.laneBook
	l := b.lane(change.Lane, r.committee.N())
	agrees := l.at(change.Seq) != nil && l.at(change.Seq).ref.ID == change.Batches[len(change.Batches)-1]
	if agrees {
		n := int(change.Seq - l.final)
		b.listed -= n
		l.chain = l.chain[n:]
	} else {
		b.listed -= len(l.chain)
		l.chain = nil
	}
	l.final, l.finalID, l.moved = change.Seq, change.Batches[len(change.Batches)-1], index
	first := change.Seq - dag.Seq(len(change.Batches)) + 1
	for k, id := range change.Batches {
		if b.held[id] == nil {
			ref := message.BatchRef{Lane: change.Lane, Seq: first + dag.Seq(k), ID: id}
			b.missing.Want(ref, change.Lane.Key, fetch.Certain, int64(r.now))
		}
	}
	if next := l.ahead[l.tip()+1]; next != nil && !agrees {
		r.extend(l, next)
	}
	for seq := range l.ahead {
		if seq <= l.tip() {
			delete(l.ahead, seq)
		}
	}
}

// fetch asks peers for the batches and blocks whose time has come.
func (r *Replica) fetch() {
	for _, q := range r.laneBook.missing.Due(int64(r.now), r.peers) {
		r.emit(Send{To: q.Peer, Message: &message.WantBatches{Refs: q.Keys}})
	}
	for _, q := range r.blocks.missing.Due(int64(r.now), r.peers) {
		r.emit(Send{To: q.Peer, Message: &message.WantBlocks{Refs: q.Keys}})
	}
}
