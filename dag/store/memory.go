package store

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/index"
)

// Memory is a Store without a disk, for the simulator and for tests. It keeps
// what it is given, encodes nothing and never fails. Unlike other stores it is for one
// goroutine at a time, reads included. The zero value is empty.
//
// It also stands for a disk in a crash: [Memory.Crash] takes back Writes that
// were not synced, newest first, each whole.
type Memory struct {
	batches   index.Table[dag.BatchID, *dag.Batch]
	lanes     index.Table[dag.PublicKey, *lane] // the first of each owner
	all       []*lane                           // in the order in which they came
	blocks    []*dag.Block                      // by (round, author, id)
	executed  []*Executed                       // by index, without gaps, from the first not forgotten
	certified []*checkpoint.Certified           // by commit
	state     []byte
	stateAt   dag.CommitIndex // the commit that state is of, 0 before the first
	scalars
	unsynced  []undo          // one per Write applied since the last Sync
	syncedAt  dag.CommitIndex // stateAt as of the last Sync
	forgotten dag.CommitIndex // up to which batches are gone
}

var _ Store = (*Memory)(nil)

// lane is what there is of a lane.
type lane struct {
	id      dag.LaneID
	batches []*dag.Batch // by (seq, id)
	cut     dag.Seq      // as of the last of executed
	next    *lane        // another of the same owner
}

// ID returns the owner.
func (l *lane) ID() dag.PublicKey { return l.id.Key }

// scalars are the single values that only a crash takes back.
type scalars struct {
	cosigned uint64
	floor    dag.Round
	ownLanes dag.LaneNumber
	retired  string
	diverged string
}

// undo is what one Write changed, to take it back.
type undo struct {
	batches   []*dag.Batch
	blocks    []*dag.Block
	executed  int
	cuts      []cut // of lanes, before it, in the order in which they moved
	certified []dag.CommitIndex
	before    *values // nil: as they were
}

type cut struct {
	lane *lane
	seq  dag.Seq
}

// values are what a Write puts in place of what was there.
type values struct {
	state   []byte
	stateAt dag.CommitIndex
	scalars
	gone []*dag.Block // that fell below the floor
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{}
}

// Unsynced returns how many Writes a crash could take.
func (m *Memory) Unsynced() int { return len(m.unsynced) }

// Crash forgets the last lose Writes that were applied and not synced, all of
// them if there are fewer, and makes the others durable: what a disk holds after power
// returned. A log that is written in order loses its end, never its middle.
func (m *Memory) Crash(lose int) {
	for ; lose > 0 && len(m.unsynced) > 0; lose-- {
		last := len(m.unsynced) - 1
		m.undo(&m.unsynced[last])
		m.unsynced = m.unsynced[:last]
	}
	m.unsynced, m.syncedAt = nil, m.stateAt
}

// undo takes back the newest Write.
func (m *Memory) undo(u *undo) {
	if b := u.before; b != nil {
		m.state, m.stateAt, m.scalars = b.state, b.stateAt, b.scalars
		m.blocks = slices.Concat(b.gone, m.blocks)
	}
	for _, commit := range u.certified {
		at, _ := slices.BinarySearchFunc(m.certified, commit, compareCertified)
		m.certified = slices.Delete(m.certified, at, at+1)
	}
	for _, c := range slices.Backward(u.cuts) {
		c.lane.cut = c.seq
	}
	m.executed = m.executed[:len(m.executed)-u.executed]
	for _, b := range u.blocks {
		at, _ := slices.BinarySearchFunc(m.blocks, b.Ref(), compareBlock)
		m.blocks = slices.Delete(m.blocks, at, at+1)
	}
	for _, b := range u.batches {
		m.batches.Delete(b.ID())
		l := m.lane(b.Lane)
		if at, ok := slices.BinarySearchFunc(l.batches, b, compareBatches); ok {
			l.batches = slices.Delete(l.batches, at, at+1)
		}
	}
}

// Sync implements Store.
func (m *Memory) Sync() error {
	clear(m.unsynced)
	m.unsynced, m.syncedAt = m.unsynced[:0], m.stateAt
	return nil
}

// Apply implements Store. It keeps what w points at.
func (m *Memory) Apply(w *Write) error {
	// Checked first: a Write that is refused must change nothing.
	if err := m.checkOrder(w); err != nil {
		return err
	}
	m.unsynced = append(m.unsynced, undo{})
	u := &m.unsynced[len(m.unsynced)-1]
	u.batches = added(w.Batches, m.addBatch)
	u.blocks = added(w.Blocks, m.addBlock)
	for _, e := range w.Executed {
		m.addExecuted(u, e)
	}
	for _, c := range w.Certified {
		m.addCertified(u, c)
	}
	m.setValues(u, w)
	return nil
}

func (m *Memory) last() dag.CommitIndex {
	if len(m.executed) == 0 {
		return 0
	}
	return m.executed[len(m.executed)-1].Commit.Index
}

// added adds items, and returns those that were not here: mostly all.
func added[T any](items []T, add func(T) bool) []T {
	for i, item := range items {
		if add(item) {
			continue
		}
		fresh := slices.Clone(items[:i])
		for _, item := range items[i+1:] {
			if add(item) {
				fresh = append(fresh, item)
			}
		}
		return fresh
	}
	return items
}

// checkOrder refuses commits that do not follow each other and the last one.
func (m *Memory) checkOrder(w *Write) error {
	if len(w.Executed) == 0 {
		return nil
	}
	last := m.last()
	for _, e := range w.Executed {
		if e.Commit.Index > last+1 {
			return fmt.Errorf("%w: commit %d after %d", ErrGap, e.Commit.Index, last)
		}
		last = max(last, e.Commit.Index)
	}
	return nil
}

func compareBatches(a, b *dag.Batch) int {
	return cmp.Or(cmp.Compare(a.Seq, b.Seq), a.ID().Compare(b.ID()))
}

func (m *Memory) addBatch(b *dag.Batch) bool {
	if !m.batches.Put(b) {
		return false
	}
	l := m.lane(b.Lane)
	if n := len(l.batches); n == 0 || compareBatches(l.batches[n-1], b) < 0 {
		l.batches = append(l.batches, b)
	} else {
		at, _ := slices.BinarySearchFunc(l.batches, b, compareBatches)
		l.batches = slices.Insert(l.batches, at, b)
	}
	return true
}

// find returns what there is of a lane, nil if there is nothing.
func (m *Memory) find(id dag.LaneID) *lane {
	l := m.lanes.Get(id.Key)
	for l != nil && l.id.Number != id.Number {
		l = l.next
	}
	return l
}

// lane does the same, and makes room for it if there is nothing.
func (m *Memory) lane(id dag.LaneID) *lane {
	if l := m.find(id); l != nil {
		return l
	}
	l := &lane{id: id, next: m.lanes.Get(id.Key)}
	m.lanes.Put(l)
	m.all = append(m.all, l)
	return l
}

func compareRefs(a, b dag.BlockRef) int {
	return cmp.Or(cmp.Compare(a.Round, b.Round), cmp.Compare(a.Author, b.Author), a.ID.Compare(b.ID))
}

func compareBlock(b *dag.Block, ref dag.BlockRef) int { return compareRefs(b.Ref(), ref) }

func (m *Memory) addBlock(b *dag.Block) bool {
	if b.Round <= m.floor {
		return false
	}
	// Most blocks are newer than all others.
	if last := len(m.blocks) - 1; last < 0 || compareBlock(m.blocks[last], b.Ref()) < 0 {
		m.blocks = append(m.blocks, b)
	} else if at, ok := slices.BinarySearchFunc(m.blocks, b.Ref(), compareBlock); ok {
		return false
	} else {
		m.blocks = slices.Insert(m.blocks, at, b)
	}
	return true
}

func (m *Memory) addExecuted(u *undo, e *Executed) {
	if e.Commit.Index <= m.last() {
		return
	}
	m.executed = append(m.executed, e)
	u.executed++
	u.cuts = slices.Grow(u.cuts, len(e.Commit.Cut))
	for i := range e.Commit.Cut {
		change := &e.Commit.Cut[i]
		l := m.lane(change.Lane)
		u.cuts = append(u.cuts, cut{l, l.cut})
		l.cut = max(l.cut, change.Seq)
	}
}

func compareCertified(c *checkpoint.Certified, commit dag.CommitIndex) int {
	return cmp.Compare(c.Commit, commit)
}

func (m *Memory) addCertified(u *undo, c *checkpoint.Certified) {
	at, ok := slices.BinarySearchFunc(m.certified, c.Commit, compareCertified)
	if ok {
		return
	}
	m.certified = slices.Insert(m.certified, at, c)
	u.certified = append(u.certified, c.Commit)
}

func (m *Memory) setValues(u *undo, w *Write) {
	if w.State == nil && w.Cosigned <= m.cosigned && w.Floor <= m.floor && w.OwnLanes <= m.ownLanes &&
		w.Retired == "" && w.Diverged == "" {
		return
	}
	u.before = &values{state: m.state, stateAt: m.stateAt, scalars: m.scalars}
	if w.State != nil {
		m.state, m.stateAt = w.State, m.last()
		if n := len(w.Executed); n > 0 {
			m.stateAt = w.Executed[n-1].Commit.Index
		}
	}
	m.cosigned = max(m.cosigned, w.Cosigned)
	m.ownLanes = max(m.ownLanes, w.OwnLanes)
	m.retired = cmp.Or(m.retired, w.Retired)
	m.diverged = cmp.Or(m.diverged, w.Diverged)
	if w.Floor <= m.floor {
		return
	}
	m.floor = w.Floor
	if n, _ := slices.BinarySearchFunc(m.blocks, dag.BlockRef{Round: m.floor + 1}, compareBlock); n > 0 {
		u.before.gone = m.blocks[:n:n]
		m.blocks = slices.Clone(m.blocks[n:])
	}
}

// Restore implements Store.
func (m *Memory) Restore(owner dag.PublicKey, recent uint64) (*Restored, error) {
	r := &Restored{
		State:    m.state,
		Executed: slices.Clone(m.after(m.stateAt)),
		Recent:   m.recent(recent),
		Blocks:   slices.Clone(m.blocks),
		Cosigned: m.cosigned,
		OwnLanes: m.ownLanes,
		Retired:  m.retired,
		Diverged: m.diverged,
	}
	lanes := slices.Clone(m.all)
	slices.SortFunc(lanes, func(a, b *lane) int { return a.id.Compare(b.id) })
	for _, l := range lanes {
		for _, b := range l.from(l.cut + 1) {
			r.Batches = append(r.Batches, metaOf(b))
		}
		if l.id.Key == owner && len(l.batches) > 0 {
			tip := l.batches[len(l.batches)-1].Seq
			r.LaneTips = append(r.LaneTips, metaOf(l.from(tip)[0]))
		}
	}
	if n := len(m.certified); n > 0 {
		r.Certified = m.certified[n-1]
	}
	return r, nil
}

// after returns the executed commits after one.
func (m *Memory) after(commit dag.CommitIndex) []*Executed {
	at, _ := slices.BinarySearchFunc(m.executed, commit+1, func(e *Executed, i dag.CommitIndex) int {
		return cmp.Compare(e.Commit.Index, i)
	})
	return m.executed[at:]
}

// recent returns the statements of the last limit leaves as of the state.
func (m *Memory) recent(limit uint64) []dag.Digest {
	var newest []dag.Digest
	upTo := len(m.executed) - len(m.after(m.stateAt))
	for _, e := range slices.Backward(m.executed[:upTo]) {
		if e.HasLeaf {
			newest = append(newest, dag.Digest{})
		}
		for _, x := range slices.Backward(e.Records) {
			if x.Fate == Accepted {
				newest = append(newest, x.Statement)
			}
		}
		if uint64(len(newest)) >= limit {
			newest = newest[:limit]
			break
		}
	}
	slices.Reverse(newest)
	return newest
}

// from returns a lane's batches from a seq on.
func (l *lane) from(seq dag.Seq) []*dag.Batch {
	at, _ := slices.BinarySearchFunc(l.batches, seq, func(b *dag.Batch, seq dag.Seq) int {
		return cmp.Compare(b.Seq, seq)
	})
	return l.batches[at:]
}

func metaOf(b *dag.Batch) BatchMeta {
	return BatchMeta{
		Lane: b.Lane, Seq: b.Seq, ID: b.ID(), Prev: b.Prev,
		Bytes: len(b.Raw()), Records: len(b.Items),
	}
}

// Batches implements Reader.
func (m *Memory) Batches(ids []dag.BatchID) ([]*dag.Batch, error) {
	var found []*dag.Batch
	for _, id := range ids {
		if b := m.batches.Get(id); b != nil {
			found = append(found, b)
		}
	}
	return found, nil
}

// Lane implements Reader.
func (m *Memory) Lane(id dag.LaneID, seq dag.Seq, maxBytes int) ([]*dag.Batch, error) {
	l := m.find(id)
	if l == nil {
		return nil, nil
	}
	batches := l.from(seq)
	n, bytes := 0, 0
	for _, b := range batches {
		if bytes += len(b.Raw()); n > 0 && bytes > maxBytes {
			break
		}
		n++
	}
	return slices.Clone(batches[:n]), nil
}

// Blocks implements Reader.
func (m *Memory) Blocks(refs []dag.BlockRef) ([]*dag.Block, error) {
	var found []*dag.Block
	for _, ref := range refs {
		if at, ok := slices.BinarySearchFunc(m.blocks, ref, compareBlock); ok {
			found = append(found, m.blocks[at])
		}
	}
	return found, nil
}

// Commits implements Reader.
func (m *Memory) Commits(after dag.CommitIndex, maxBytes int) (*checkpoint.Certified, []*dag.Commit, error) {
	at, _ := slices.BinarySearchFunc(m.certified, after+1, compareCertified)
	var (
		best    *checkpoint.Certified
		commits []*dag.Commit
		upTo    int
		bytes   int
	)
	later := m.after(after)
	if len(later) > 0 && later[0].Commit.Index != after+1 {
		return nil, nil, nil // forgotten
	}
	for _, e := range later {
		if bytes += len(e.Commit.Raw()); bytes > maxBytes && best != nil {
			break
		}
		commits = append(commits, e.Commit)
		if at < len(m.certified) && m.certified[at].Commit == e.Commit.Index {
			best, upTo = m.certified[at], len(commits)
			at++
		}
	}
	if best == nil {
		return nil, nil, nil
	}
	return best, commits[:upTo:upTo], nil
}
