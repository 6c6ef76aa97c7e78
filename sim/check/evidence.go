package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// evidence is what honest nodes have against those who sign two things.
//
// Of blocks: an honest node that accepts, within one life, a second block of one
// slot says so in the same Step (AlarmEquivocation, which names the slot). And it
// accepts no block above its floor before every liar's block that it refers to:
// once honest members have referred to both, whoever accepts what they made has
// both, and has the alarm. A block that nobody honest refers to is due to nobody.
//
// Of batches: an honest node that stores, within one life, a second batch with
// one place in a lane and one predecessor says so in the same Step
// (AlarmForkedLane), unless one of the two becomes final: what is decided is
// stored without being listed, and no longer compared. One honest node that said
// so and did not crash since is enough: by the time the mesh rests, a record that
// holds two such batches is final, so that all have frozen the lane, unless 64
// lanes of its owner are frozen. Who made that record has sent both batches to
// everybody.
//
// Nobody honest is accused: no lane of an honest owner is frozen, and what is
// frozen is what records of that kind froze, from the next record on.
type evidence struct {
	liars  bool   // nobody else gives cause for any
	seats  []bool // by author: the member lies
	nodes  []witness
	frozen map[dag.LaneID]bool
	counts map[dag.PublicKey]int // of frozen, by owner
}

// witness is what one node has seen of liars. What lies below its floor or its
// final cuts has left.
type witness struct {
	blocks  map[dag.Round][]seen
	lowest  dag.Round // none of blocks lies below
	batches map[position]seenBatch
	silent  map[position]bool    // two batches and no word of it
	found   map[dag.LaneID]bool  // forks told of in this life
	shown   map[dag.BatchID]bool // sent, of lanes in found
}

// position is a place in a lane.
type position struct {
	lane dag.LaneID
	seq  dag.Seq
}

// seen is a liar's block that a node accepted.
type seen struct {
	ref   dag.BlockRef
	fresh bool // in this life
	told  bool // the node has said that there are two in this slot
}

// seenBatch is a liar's batch that a node stored in this life.
type seenBatch struct{ id, prev dag.BatchID }

func newEvidence(d *disks, honest []bool) evidence {
	e := evidence{
		liars:  slices.Contains(honest, false),
		frozen: map[dag.LaneID]bool{}, counts: map[dag.PublicKey]int{},
	}
	for i := range d.nodes {
		if d.nodes[i].disk.author >= 0 {
			e.seats = append(e.seats, !honest[i])
		}
	}
	if e.liars {
		e.nodes = make([]witness, len(honest))
	}
	for i := range e.nodes {
		e.nodes[i].blocks = map[dag.Round][]seen{}
		e.nodes[i].shown = map[dag.BatchID]bool{}
		e.nodes[i].forget()
	}
	return e
}

// forget begins a new life.
func (w *witness) forget() {
	w.batches, w.silent = map[position]seenBatch{}, map[position]bool{}
	w.found = map[dag.LaneID]bool{}
}

// Did tells what a node put out in one Step.
func (s *Suite) Did(node int, out []replica.Output) {
	if !s.evidence.liars || !s.honest[node] {
		return
	}
	due := due{}
	for _, o := range out {
		switch o := o.(type) {
		case replica.Persist:
			s.wrote(node, o.Write, &due)
		case replica.Alarm:
			s.warned(node, &o, &due)
		default:
		}
	}
	for _, slot := range due.slots {
		s.Failf(Evidence, node, "accepted two blocks of member %d in round %d, and said nothing", slot.Author, slot.Round)
	}
	for _, at := range due.forks {
		s.evidence.nodes[node].silent[at] = true
	}
}

// due is what a Step that is looked at has done, and still has to say.
type due struct {
	slots []dag.BlockRef // their round and author
	lanes []dag.LaneID   // of liars' batches that it stored
	forks []position
}

// wrote notes what a node accepted.
func (s *Suite) wrote(node int, w *store.Write, due *due) {
	for _, b := range w.Blocks {
		s.rooted(node, b)
		if s.evidence.seats[b.Author] && s.evidence.nodes[node].accept(b.Ref(), true) {
			due.slots = append(due.slots, dag.BlockRef{Round: b.Round, Author: b.Author})
		}
	}
	for _, b := range w.Batches {
		if owner := s.nodeOf(b.Lane.Key); owner < 0 || s.honest[owner] {
			continue
		}
		due.lanes = append(due.lanes, b.Lane)
		if at := (position{b.Lane, b.Seq}); s.evidence.nodes[node].store(at, b) {
			due.forks = append(due.forks, at)
		}
	}
}

// rooted checks that a node has the liars' blocks to which one that it accepts refers.
func (s *Suite) rooted(node int, b *dag.Block) {
	// What lies at or below the floor counts as present. No floor is higher than this.
	floor := s.calm.highest - min(s.calm.highest, dag.Round(s.genesis.WindowRounds))
	for _, p := range b.Parents {
		if p.Round > floor && s.evidence.seats[p.Author] && !s.evidence.nodes[node].has(p) {
			s.Failf(Evidence, node, "accepts a block of round %d that refers to one of member %d in round %d, which it has not",
				b.Round, p.Author, p.Round)
		}
	}
}

// accept adds a block, and reports whether it is another one in a slot of which
// nothing was said.
func (w *witness) accept(ref dag.BlockRef, fresh bool) (second bool) {
	added := seen{ref: ref, fresh: fresh}
	for _, s := range w.blocks[ref.Round] {
		if s.ref == ref {
			return false
		}
		if s.ref.Author == ref.Author {
			added.told = added.told || s.told
			second = second || s.fresh && fresh
		}
	}
	w.blocks[ref.Round] = append(w.blocks[ref.Round], added)
	return second && !added.told
}

func (w *witness) has(ref dag.BlockRef) bool {
	return slices.ContainsFunc(w.blocks[ref.Round], func(s seen) bool { return s.ref == ref })
}

// store adds a batch, and reports whether it is another one in its place, of
// which nothing was said.
func (w *witness) store(at position, b *dag.Batch) (second bool) {
	first, ok := w.batches[at]
	if !ok {
		w.batches[at] = seenBatch{b.ID(), b.Prev}
	}
	return ok && !w.found[at.lane] && first.id != b.ID() && first.prev == b.Prev
}

// warned notes what a node says of those who sign two things.
func (s *Suite) warned(node int, a *replica.Alarm, due *due) {
	w := &s.evidence.nodes[node]
	switch a.Kind {
	case replica.AlarmEquivocation:
		var slot dag.BlockRef
		if n, _ := fmt.Sscanf(a.Detail, "member %d in round %d", &slot.Author, &slot.Round); n != 2 {
			s.Failf(Evidence, node, "says of somebody, and not of whom, that it made two blocks: %q", a.Detail)
		}
		for i := range w.blocks[slot.Round] {
			if b := &w.blocks[slot.Round][i]; b.ref.Author == slot.Author {
				b.told = true
			}
		}
		due.slots = slices.DeleteFunc(due.slots, func(d dag.BlockRef) bool { return d == slot })
	case replica.AlarmForkedLane:
		at := slices.IndexFunc(due.lanes, func(l dag.LaneID) bool { return l.String() == a.Detail })
		if at < 0 {
			s.Failf(Evidence, node, "says that lane %s is forked, and has no second batch of a liar", a.Detail)
			return
		}
		w.found[due.lanes[at]] = true
		due.forks = slices.DeleteFunc(due.forks, func(p position) bool { return p.lane == due.lanes[at] })
	default:
	}
}

// shows notes that a node sends a batch of a lane that it found forked.
func (s *Suite) shows(node int, b *dag.Batch) {
	if !s.evidence.liars {
		return
	}
	if w := &s.evidence.nodes[node]; w.found[b.Lane] && len(w.shown) < maxShown {
		w.shown[b.ID()] = true
	}
}

// maxShown bounds what is remembered as sent; a lane is found forked once.
const maxShown = 1 << 16

// moved forgets what lies below a node's floor and cuts.
func (s *Suite) moved(node int, e *store.Executed) {
	if !s.evidence.liars {
		return
	}
	w := &s.evidence.nodes[node]
	window := dag.Round(s.genesis.WindowRounds)
	for ; w.lowest+window < e.Commit.Leader.Round; w.lowest++ {
		delete(w.blocks, w.lowest)
	}
	for i := range e.Commit.Cut {
		change := &e.Commit.Cut[i]
		for k := range change.Batches {
			at := position{change.Lane, change.Seq - dag.Seq(k)}
			delete(w.batches, at)
			delete(w.silent, at)
		}
	}
}

// reborn begins a node's life with what its disk kept.
func (s *Suite) reborn(node int, r *store.Restored) {
	if !s.evidence.liars {
		return
	}
	w := &s.evidence.nodes[node]
	before := w.blocks
	w.blocks, w.lowest = map[dag.Round][]seen{}, 0
	w.forget()
	for _, b := range r.Blocks {
		if !s.evidence.seats[b.Author] {
			continue
		}
		w.accept(b.Ref(), false)
		told := slices.ContainsFunc(before[b.Round], func(s seen) bool { return s.ref.Author == b.Author && s.told })
		round := w.blocks[b.Round]
		round[len(round)-1].told = told
	}
}

// judged checks the fate of a record against the lanes that are frozen, and
// takes it for evidence if it is.
func (s *Suite) judged(b *dag.Batch, r *dag.Record, fate store.Fate) {
	e := &s.evidence
	frozen := len(e.frozen) > 0 && e.frozen[b.Lane]
	switch {
	case frozen != (fate == store.Frozen):
		s.Failf(Evidence, -1, "record %v of lane %v has fate %d, and is the lane frozen by evidence: %v", r.ID(), b.Lane, fate, frozen)
	case r.Format != dag.FormatAdmin || fate != store.Accepted:
	default:
		if a, err := dag.DecodeAdmin(r.Payload); err == nil && a.Kind == dag.KindLaneFork {
			s.accuse(r, a)
		}
	}
}

// accuse takes a record of a fork that is final.
func (s *Suite) accuse(r *dag.Record, a *dag.Admin) {
	proof, err := dag.DecodeForkEvidence(a.Body)
	if err != nil {
		s.Failf(Evidence, -1, "record %v freezes a lane, and proves nothing: %v", r.ID(), err)
		return
	}
	s.freeze(r.Signer, proof)
}

// freeze takes evidence that is final.
func (s *Suite) freeze(by dag.PublicKey, proof *dag.ForkEvidence) {
	e := &s.evidence
	lane := proof.A.Lane
	if owner := s.nodeOf(lane.Key); owner >= 0 && s.honest[owner] {
		s.Failf(Evidence, owner, "is honest, and lane %v of it is frozen", lane)
	}
	if !e.frozen[lane] {
		e.frozen[lane] = true
		e.counts[lane.Key]++
	}
	author := s.nodeOf(by)
	if !e.liars || author < 0 || !s.honest[author] {
		return
	}
	w := &e.nodes[author]
	if w.found[lane] && (!w.shown[proof.A.ID()] || !w.shown[proof.B.ID()]) {
		s.Failf(Evidence, author, "made a record of the fork of lane %v, and did not send both batches to everybody", lane)
	}
}

// maxFrozenLanes is how many lanes of one owner freeze; who forks more is past being trusted.
const maxFrozenLanes = 64

// Owed says for people which evidence is due and not final, "" if none is.
func (s *Suite) Owed() string {
	if !s.evidence.liars {
		return ""
	}
	var owed []string
	for node := range s.evidence.nodes {
		if !s.honest[node] {
			continue
		}
		w := &s.evidence.nodes[node]
		for lane := range w.found { // any order: sorted below
			if !s.evidence.frozen[lane] && s.evidence.counts[lane.Key] < maxFrozenLanes {
				owed = append(owed, fmt.Sprintf("n%d found lane %v forked, and no final record proves it", node, lane))
			}
		}
		for at := range w.silent { // any order: sorted below
			if !s.evidence.frozen[at.lane] {
				owed = append(owed, fmt.Sprintf("n%d stored two batches %d of lane %v, and said nothing", node, at.seq, at.lane))
			}
		}
	}
	slices.Sort(owed)
	return strings.Join(owed, "; ")
}
