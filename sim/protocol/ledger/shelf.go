package ledger

import (
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/fetch"
	"github.com/floormesh/floormesh/sync/message"
)

// shelf is the batches that are held and not executed. All of them are in memory:
// a simulation's nodes share them anyway.
type shelf struct {
	lanes   map[dag.LaneID]*lane
	order   []*lane // by id
	held    map[dag.BatchID]*held
	missing *fetch.Tracker[message.BatchRef, dag.PublicKey]
	reload  []dag.BatchID // to be read back from the own store, after a restart
}

// lane is what is held of one lane beyond its decided cut. Of a forked lane it may
// be several batches of one seq; the chain decides which one becomes final.
type lane struct {
	id    dag.LaneID
	final dag.Seq
	tip   dag.BatchID // the final one
	items map[dag.Seq][]*held
}

// held is a batch that is stored here, or decided and not here yet.
type held struct {
	ref    message.BatchRef
	prev   dag.BatchID
	bytes  int
	stored bool
	batch  *dag.Batch // nil until it is read back, or here
}

func newShelf(l *Ledger, from *store.Restored) shelf {
	s := shelf{
		lanes: map[dag.LaneID]*lane{}, held: map[dag.BatchID]*held{},
		missing: fetch.New[message.BatchRef, dag.PublicKey](l.cfg.Timing.FetchTimeout, l.cfg.Rand),
	}
	for i := range from.Batches {
		m := &from.Batches[i]
		h := &held{ref: message.BatchRef{Lane: m.Lane, Seq: m.Seq, ID: m.ID}, prev: m.Prev, bytes: m.Bytes, stored: true}
		s.held[m.ID] = h
		s.reload = append(s.reload, m.ID)
		x := s.lane(m.Lane, l.state)
		x.items[m.Seq] = append(x.items[m.Seq], h)
	}
	return s
}

// lane returns a lane, new if need be.
func (s *shelf) lane(id dag.LaneID, state *order.State) *lane {
	x := s.lanes[id]
	if x == nil {
		final, _ := state.Final(id)
		x = &lane{id: id, final: final.Seq, tip: final.Digest, items: map[dag.Seq][]*held{}}
		s.lanes[id] = x
		at, _ := slices.BinarySearchFunc(s.order, id, func(x *lane, id dag.LaneID) int { return x.id.Compare(id) })
		s.order = slices.Insert(s.order, at, x)
	}
	return x
}

// after returns what follows a batch of the lane, nil if nothing held does; of
// rivals the one that came first.
func (x *lane) after(seq dag.Seq, id dag.BatchID) *held {
	for _, h := range x.items[seq+1] {
		if h.prev == id {
			return h
		}
	}
	return nil
}

// reload has the own store read what was held before a restart.
func (l *Ledger) reload() {
	for ids := range slices.Chunk(l.shelf.reload, maxLoad) {
		l.emit(replica.Load{IDs: ids})
	}
	l.shelf.reload = nil
}

func (l *Ledger) loaded(batches []*dag.Batch) {
	for _, b := range batches {
		if h := l.shelf.held[b.ID()]; h != nil {
			h.batch = b
		}
	}
}

// takes reports whether a lane is one of a member's. Each has one of each class:
// here no store is ever lost, so that nobody begins a higher one.
func (l *Ledger) takes(id dag.LaneID) bool {
	_, member := l.seats[id.Key]
	return member && id.Number < dag.LaneClasses
}

// receiveBatch stores a batch that is decided, was asked for, or may yet be wanted.
func (l *Ledger) receiveBatch(b *dag.Batch) {
	s := &l.shelf
	wanted := s.missing.Wants(message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()})
	if !l.takes(b.Lane) {
		return
	}
	if h := s.held[b.ID()]; h != nil {
		if !h.stored && h.ref.Lane == b.Lane && h.ref.Seq == b.Seq {
			l.put(b)
		}
		return
	}
	x := s.lane(b.Lane, l.state)
	if b.Seq <= x.final || b.Seq > x.final+maxAhead || len(x.items[b.Seq]) >= maxRivals && !wanted {
		return
	}
	l.put(b)
}

// put stores a batch.
func (l *Ledger) put(b *dag.Batch) {
	ref := message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()}
	h := l.shelf.held[ref.ID]
	if h == nil {
		h = &held{ref: ref}
		l.shelf.held[ref.ID] = h
		x := l.shelf.lane(b.Lane, l.state)
		x.items[b.Seq] = append(x.items[b.Seq], h)
	}
	h.prev, h.bytes, h.batch, h.stored = b.Prev, len(b.Raw()), b, true
	l.write.Batches = append(l.write.Batches, b)
	l.shelf.missing.Have(ref)
}

// moveCut follows a decided commit: what it finalised leaves the lanes and is
// held until it is executed, its rivals are dropped.
func (l *Ledger) moveCut(change *dag.CutChange) {
	s := &l.shelf
	x := s.lane(change.Lane, l.state)
	first := change.Seq - dag.Seq(len(change.Batches)) + 1
	for k, id := range change.Batches {
		seq := first + dag.Seq(k)
		for _, h := range x.items[seq] {
			if h.ref.ID != id {
				delete(s.held, h.ref.ID)
			}
		}
		delete(x.items, seq)
		if s.held[id] == nil {
			s.held[id] = &held{ref: message.BatchRef{Lane: change.Lane, Seq: seq, ID: id}}
		}
	}
	x.final, x.tip = change.Seq, change.Batches[len(change.Batches)-1]
}

// Undecided reports whether a batch is held that a proposal could list and no
// decided commit has.
func (l *Ledger) Undecided() bool {
	for _, x := range l.shelf.order {
		if x.after(x.final, x.tip) != nil {
			return true
		}
	}
	return false
}

// Holds reports whether every batch of a cut that follows a state is stored here.
// What is not is asked for, of from first, unless it comes by itself within
// grace. An error: one of them is signed for another place than it is listed in.
func (l *Ledger) Holds(state *order.State, cut []dag.CutChange, from dag.PublicKey, grace replica.Instant) (bool, error) {
	all := true
	for i := range cut {
		c := &cut[i]
		final, _ := state.Final(c.Lane)
		prev := final.Digest
		for k, id := range c.Batches {
			ref := message.BatchRef{Lane: c.Lane, Seq: final.Seq + 1 + dag.Seq(k), ID: id}
			switch h := l.shelf.held[id]; {
			case h == nil || !h.stored:
				if all = false; !l.shelf.missing.Wants(ref) {
					l.shelf.missing.Want(ref, from, fetch.Perhaps, int64(l.now+grace))
				}
			case h.ref != ref || h.prev != prev:
				return false, fmt.Errorf("batch %v is listed as seq %d of lane %v and does not follow there", id, ref.Seq, c.Lane)
			}
			prev = id
		}
	}
	return all, nil
}

// Own names the first of the own batches that are not decided yet, for peers that
// may have missed them.
func (l *Ledger) Own() (refs []message.BatchRef) {
	for i := range l.intake.classes {
		x := l.shelf.lanes[l.intake.classes[i].lane]
		if x == nil {
			continue
		}
		for h := x.after(x.final, x.tip); h != nil && len(refs) < maxPendingOwn; h = x.after(h.ref.Seq, h.ref.ID) {
			refs = append(refs, h.ref)
		}
	}
	return refs
}

// Want asks a peer for batches that it says it holds.
func (l *Ledger) Want(from dag.PublicKey, refs []message.BatchRef) {
	for _, ref := range refs {
		if l.takes(ref.Lane) && l.shelf.held[ref.ID] == nil && ref.Seq > l.shelf.lane(ref.Lane, l.state).final {
			l.shelf.missing.Want(ref, from, fetch.Perhaps, int64(l.now))
		}
	}
}

// fetch asks peers for the batches whose time has come.
func (l *Ledger) fetch() {
	for _, q := range l.shelf.missing.Due(int64(l.now), l.peers) {
		refs := slices.DeleteFunc(q.Keys, func(ref message.BatchRef) bool {
			x := l.shelf.lanes[ref.Lane]
			past := x != nil && ref.Seq <= x.final && l.shelf.held[ref.ID] == nil
			if past {
				l.shelf.missing.Have(ref)
			}
			return past
		})
		if len(refs) > 0 {
			l.Send(q.Peer, &message.WantBatches{Refs: refs})
		}
	}
}
