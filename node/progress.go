package node

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
)

// progress is how far everything is, as far as people may be told: the store
// shows a write as soon as it is applied, a moment before it is durable. The
// writer moves it, anybody reads it.
type progress struct {
	mu sync.RWMutex

	undurable map[dag.LaneID]dag.Seq // lowest seq applied and not yet durable
	lanes     map[dag.LaneID]*laneProgress
	rounds    []dag.Round // by author: the highest of a durable block
	size      uint64      // of the log
	records   uint64      // in the log
	commit    dag.CommitIndex
	certified *checkpoint.Certified // the newest that the log here reaches, nil before the first
	ahead     *checkpoint.Certified // a newer one, certified by others before it is executed here
	halts     []string              // why this member has stopped signing: shown for good
	alarms    []string

	moved   bool          // size or certified have changed since the last publish
	changed chan struct{} // closed then, and replaced
}

// laneProgress is what a lane holds beyond its final cut.
type laneProgress struct {
	cut        dag.Seq          // final up to here
	replicated dag.Seq          // f+1 members hold it up to here
	pending    []pendingRecords // beyond the cut, ascending by seq; twice the same for a forked lane
}

type pendingRecords struct {
	seq     dag.Seq
	records int
}

func newProgress(members int, from *store.Restored, c counts) *progress {
	p := &progress{
		undurable: map[dag.LaneID]dag.Seq{},
		lanes:     map[dag.LaneID]*laneProgress{},
		rounds:    make([]dag.Round, members),
		size:      c.size, records: c.records, commit: c.commit,
		changed: make(chan struct{}),
	}
	if from.Certified != nil {
		p.ahead = from.Certified
		p.reach()
	}
	for _, b := range from.Blocks {
		p.noteRound(b)
	}
	for i := range from.Batches {
		m := &from.Batches[i]
		p.lane(m.Lane).add(m.Seq, m.Records)
	}
	return p
}

// counts is what a store says of its log.
type counts struct {
	size, records uint64
	commit        dag.CommitIndex
}

func (p *progress) lane(id dag.LaneID) *laneProgress {
	l := p.lanes[id]
	if l == nil {
		l = &laneProgress{}
		p.lanes[id] = l
	}
	return l
}

func (l *laneProgress) add(seq dag.Seq, records int) {
	if seq <= l.cut {
		return // fetched for execution, or the branch of a fork that lost
	}
	at, _ := slices.BinarySearchFunc(l.pending, seq+1, comparePending)
	l.pending = slices.Insert(l.pending, at, pendingRecords{seq, records})
}

func comparePending(r pendingRecords, seq dag.Seq) int { return cmp.Compare(r.seq, seq) }

// final forgets what lies at or below a cut.
func (l *laneProgress) final(cut dag.Seq) {
	n, _ := slices.BinarySearchFunc(l.pending, cut+1, comparePending)
	l.pending = l.pending[n:]
	l.cut, l.replicated = max(l.cut, cut), max(l.replicated, cut)
}

// applying notes what is about to be applied.
func (p *progress) applying(w *store.Write) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range w.Batches {
		if low, ok := p.undurable[b.Lane]; !ok || b.Seq < low {
			p.undurable[b.Lane] = b.Seq
		}
	}
}

// durable notes that everything applied so far is durable.
func (p *progress) durable(writes []*store.Write) {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.undurable)
	for _, w := range writes {
		for _, b := range w.Batches {
			p.lane(b.Lane).add(b.Seq, len(b.Items))
		}
		for _, b := range w.Blocks {
			p.noteRound(b)
		}
	}
}

func (p *progress) noteRound(b *dag.Block) {
	if int(b.Author) < len(p.rounds) {
		p.rounds[b.Author] = max(p.rounds[b.Author], b.Round)
	}
}

func (p *progress) replicate(id dag.LaneID, seq dag.Seq) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lane(id)
	l.replicated = max(l.replicated, seq)
}

func (p *progress) finalize(x *store.Executed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range x.Commit.Cut {
		p.lane(x.Commit.Cut[i].Lane).final(x.Commit.Cut[i].Seq)
	}
	p.moved = p.moved || x.Size > p.size
	p.size, p.commit = x.Size, x.Commit.Index
	p.records += uint64(x.Outcome.Records)
	p.reach()
}

func (p *progress) certify(c *checkpoint.Certified) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead = c
	p.reach()
}

// reach makes a certified checkpoint the newest one if the log reaches it: only
// then are there tiles and proofs to go with it.
func (p *progress) reach() {
	if p.ahead != nil && p.ahead.Size <= p.size {
		p.certified, p.ahead, p.moved = p.ahead, nil, true
	}
}

// alarm keeps an alarm for people, unless it is shown already.
func (p *progress) alarm(a replica.Alarm) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%s: %s; %s", a.Kind, a.Detail, remedy(a.Kind))
	switch {
	case slices.Contains(p.alarms, text), slices.Contains(p.halts, text):
		return
	case a.Kind == replica.AlarmRetired || a.Kind == replica.AlarmDivergence:
		// There is one of each kind. No flood of others pushes them out.
		p.halts = append(p.halts, text)
		return
	}
	if len(p.alarms) == maxAlarms {
		p.alarms = slices.Delete(p.alarms, 0, 1)
	}
	p.alarms = append(p.alarms, text)
}

// remedy says what to do about an alarm.
func remedy(k replica.AlarmKind) string {
	switch k {
	case replica.AlarmRetired:
		return "this gateway signs no blocks and no checkpoints any more, also after a restart; it stores records and follows the others. " +
			"Make sure that no other machine runs with its keys; its place in the mesh needs new keys"
	case replica.AlarmDivergence:
		return "this gateway cosigns no checkpoints any more, also after a restart. Keep its data, compare its records and " +
			"/checkpoint with the other gateways', and do not trust either until it is known who is wrong"
	case replica.AlarmForkedLane:
		return "that gateway's key signs in two places, or its data was put back from an older copy: look for a second machine with its keys"
	case replica.AlarmEquivocation:
		return "that gateway lies, or its keys are used in two places: look for a second machine with its keys"
	}
	return "look at this gateway's log"
}

// publish wakes who waits for the log to grow or to be certified, if it was.
func (p *progress) publish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moved {
		close(p.changed)
		p.changed, p.moved = make(chan struct{}), false
	}
}

// isDurable reports whether a batch that the store shows is durable.
func (p *progress) isDurable(lane dag.LaneID, seq dag.Seq) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	low, ok := p.undurable[lane]
	return !ok || seq < low
}

// isReplicated reports whether f+1 members hold a lane up to seq.
func (p *progress) isReplicated(lane dag.LaneID, seq dag.Seq) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	l := p.lanes[lane]
	return l != nil && seq <= l.replicated
}

// log returns the log's size and what is closed when it grows or is certified.
func (p *progress) log() (size uint64, changed <-chan struct{}) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.size, p.changed
}

// executed returns the last commit that may be told of.
func (p *progress) executed() dag.CommitIndex {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.commit
}

func (p *progress) certifiedCheckpoint() *checkpoint.Certified {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.certified
}

// fill copies everything into a status.
func (p *progress) fill(s *Status) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, l := range p.lanes {
		for _, b := range l.pending {
			s.Stored += uint64(b.records)
			if b.seq <= l.replicated {
				s.Replicated += uint64(b.records)
			}
		}
	}
	s.LogSize, s.Final, s.Commit = p.size, p.records, p.commit
	s.Round = slices.Max(p.rounds)
	s.Alarms = slices.Concat(p.halts, p.alarms)
	if p.certified != nil {
		s.CertifiedSize = p.certified.Size
	}
}

// round returns the highest round of a member's blocks.
func (p *progress) round(a dag.Author) dag.Round {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.rounds[a]
}
