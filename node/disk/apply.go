package disk

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

// writer is what the writing goroutine remembers. All of it is read back by
// load: a failed Apply leaves it wrong, but then nothing is written any more.
type writer struct {
	lock     *pebble.Lock
	next     uint64 // arrival number of the next batch
	last     dag.CommitIndex
	records  uint64 // accepted up to last
	log      merkle.Frontier
	floor    dag.Round // as of the last deletion of blocks, at most the stored one
	stored   dag.Round // as stored
	ownLanes dag.LaneNumber
	lanes    map[dag.LaneID]*lane
	recent   recent
	seen     map[deviceTag]struct{}
	group    uint64 // that seen is of
	counts   Counts
	dirty    bool           // something is applied and not synced
	buf      []byte         // for values
	fates    []arrivedFates // of one commit
}

// Apply implements store.Store. It costs one write to the log, without a sync. Its errors are
// store.ErrGap and otherwise final, see Err.
func (s *Store) Apply(w *store.Write) error {
	done, err := s.reading()
	if err != nil {
		return err
	}
	defer done()
	if err := s.get(); err != nil {
		return err
	}
	if err := s.writer.checkOrder(w); err != nil {
		return err
	}
	if w.Empty() {
		return nil
	}
	if len(s.writer.lanes) > maxLanes {
		clear(s.writer.lanes)
	}
	t := &transaction{Store: s, to: s.db.NewBatchWithSize(sizeOf(w))}
	defer func() {
		if s.get() == nil { // else it may be in use for ever
			_ = t.to.Close() // cannot fail
		}
	}()
	if err := t.write(w); err != nil {
		s.fail(err)
		return s.get()
	}
	if t.to.Empty() {
		return nil
	}
	s.writer.dirty = true
	if err := s.guarded(func() error { return t.to.Commit(pebble.NoSync) }); err != nil {
		return err
	}
	s.mu.Lock()
	s.counts = s.writer.counts
	s.mu.Unlock()
	return nil
}

// Sync implements store.Store. It costs one sync of the log, or nothing if nothing
// was applied since the last.
func (s *Store) Sync() error {
	done, err := s.reading()
	if err != nil {
		return err
	}
	defer done()
	if err := s.get(); err != nil || !s.writer.dirty {
		return err
	}
	if err := s.guarded(func() error { return s.db.LogData(nil, pebble.Sync) }); err != nil {
		return err
	}
	s.writer.dirty = false
	return nil
}

func (w *writer) checkOrder(write *store.Write) error {
	last := w.last
	for _, e := range write.Executed {
		if e.Commit.Index > last+1 {
			return fmt.Errorf("%w: commit %d after %d", store.ErrGap, e.Commit.Index, last)
		}
		last = max(last, e.Commit.Index)
	}
	return nil
}

// sizeOf guesses the bytes of a Write, so that its buffer seldom grows.
func sizeOf(w *store.Write) int {
	n := 512 + len(w.State)
	for _, b := range w.Batches {
		n += len(b.Raw()) + 256 + 32*len(b.Items)
	}
	for _, b := range w.Blocks {
		n += len(b.Raw()) + 64
	}
	for _, e := range w.Executed {
		n += len(e.Commit.Raw()) + 512 + (statementBytes+1)*len(e.Records)
	}
	return n
}

// transaction turns one Write into one batch of Pebble's.
type transaction struct {
	*Store

	to *pebble.Batch
}

func (t *transaction) write(w *store.Write) error {
	for _, b := range w.Batches {
		if err := t.batch(b); err != nil {
			return err
		}
	}
	for _, e := range w.Executed {
		if err := t.executed(e); err != nil {
			return err
		}
	}
	for _, b := range w.Blocks {
		if b.Round > t.writer.stored {
			set(t.to, blockKey(b.Ref()), b.Raw())
		}
	}
	for _, c := range w.Certified {
		t.certified(c)
	}
	t.scalars(w)
	return t.stops(w)
}

// batch stores a batch under the next arrival number, and points at it.
func (t *transaction) batch(b *dag.Batch) error {
	id := b.ID()
	w := &t.writer
	lane, err := t.lane(b.Lane)
	if err != nil {
		return err
	}
	var flags byte
	if b.Seq <= lane.tip {
		if _, stored, err := t.locate(b.Lane, b.Seq, id); err != nil || stored {
			return err
		}
		lane.uneven = true
		flags |= batchLate
	}
	prev := b.Prev
	if b.Seq == lane.tip+1 && prev == lane.leader {
		prev = dag.BatchID{}
	}
	if !prev.IsZero() {
		flags |= batchPrev
	}
	arrival := w.next
	w.next++
	w.counts.Batches++
	w.recent.add(id, recentBatch{lane: b.Lane, seq: b.Seq, arrival: arrival})
	if b.Seq > lane.tip {
		lane.tip, lane.leader = b.Seq, id
	}
	if b.Seq > lane.cut {
		w.counts.Pending += uint64(len(b.Items))
	}

	w.buf = appendBatch(w.buf[:0], b, flags)
	set(t.to, numberKey(prefixBatch, arrival), w.buf)
	w.buf = binary.AppendUvarint(w.buf[:0], arrival)
	merge(t.to, batchIDKey(id), w.buf)
	entry := laneEntry{arrival: arrival, bytes: len(b.Raw()), records: len(b.Items), prev: prev}
	w.buf = entry.append(w.buf[:0])
	set(t.to, laneBatchKey(b.Lane, b.Seq, id), w.buf)
	for i, r := range b.Items {
		t.record(arrival, i, r)
	}
	return nil
}

// record points at a record by its id and by its device.
func (t *transaction) record(arrival uint64, item int, r *dag.Record) {
	w := &t.writer
	w.buf = appendPosition(w.buf[:0], arrival, item)
	merge(t.to, recordKey(r.ID()), w.buf)
	group := arrival / deviceGroup
	if group != w.group || len(w.seen) >= maxSeenDevices {
		w.group = group
		clear(w.seen)
	}
	tag := t.tagOf(r)
	if _, ok := w.seen[tag]; ok {
		return
	}
	w.seen[tag] = struct{}{}
	set(t.to, deviceKey(tag, group), nil)
}

// executed stores a commit, what it made of its batches, and its leaves.
func (t *transaction) executed(e *store.Executed) error {
	w := &t.writer
	if e.Commit.Index <= w.last {
		return nil
	}
	changes, err := group(e)
	if err != nil {
		return err
	}
	firstLeaf := e.Outcome.FirstLeaf
	w.fates = w.fates[:0]
	for i := range changes {
		if err := t.change(e.Commit, i, &changes[i], firstLeaf); err != nil {
			return err
		}
		for k := range changes[i].batches {
			firstLeaf += changes[i].batches[k].accepted()
		}
	}
	t.fates()
	if err := t.leaves(e); err != nil {
		return err
	}
	if err := t.cuts(e.Commit, changes); err != nil {
		return err
	}
	w.last = e.Commit.Index
	w.records += uint64(e.Outcome.Records)
	w.counts.Commit, w.counts.Final, w.counts.LogSize = w.last, w.records, e.Size
	stored := executed{
		commit: e.Commit, outcome: e.Outcome, hasLeaf: e.HasLeaf,
		root: e.Root, size: e.Size, records: w.records, changes: changes,
	}
	w.buf = stored.append(w.buf[:0])
	set(t.to, numberKey(prefixCommit, uint64(e.Commit.Index)), w.buf)
	return nil
}

// change stores what a commit made of the batches of a lane. It decides whether their ids are
// implied: they are while each is the only batch of its seq, for then it stays the leader.
func (t *transaction) change(c *dag.Commit, i int, g *change, firstLeaf dag.LeafIndex) error {
	cut := &c.Cut[i]
	lane, err := t.lane(cut.Lane)
	if err != nil {
		return err
	}
	g.implied = !lane.uneven && firstSeq(cut) > lane.cut
	for k, id := range cut.Batches {
		seq := firstSeq(cut) + dag.Seq(k)
		arrival, ok, err := t.locate(cut.Lane, seq, id)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("commit %d: executed without batch %s", c.Index, id)
		}
		w := &t.writer
		w.fates = append(w.fates, arrivedFates{arrival, fates{commit: c.Index, firstLeaf: firstLeaf, odd: g.batches[k].odd}})
		firstLeaf += g.batches[k].accepted()
	}
	return nil
}

// arrivedFates is what execution made of the batch with an arrival number.
type arrivedFates struct {
	arrival uint64
	fates
}

// fates stores what a commit made of its batches: one write for all of a group.
func (t *transaction) fates() {
	w := &t.writer
	slices.SortFunc(w.fates, func(a, b arrivedFates) int { return cmp.Compare(a.arrival, b.arrival) })
	for rest := w.fates; len(rest) > 0; {
		group := rest[0].arrival / fateGroup
		w.buf = w.buf[:0]
		for len(rest) > 0 && rest[0].arrival/fateGroup == group {
			w.buf = rest[0].append(w.buf, rest[0].arrival)
			rest = rest[1:]
		}
		merge(t.to, numberKey(prefixFate, group), w.buf)
	}
}

// leaves stores the leaves of a commit and the roots of the tiles they fill. It
// refuses leaves that do not give the commit's root: a log that is wrong here would
// show only in a proof, years later.
func (t *transaction) leaves(e *store.Executed) error {
	w := &t.writer
	if uint64(e.Outcome.FirstLeaf) != w.log.Size() {
		return fmt.Errorf("commit %d: first leaf %d of a log of %d", e.Commit.Index, e.Outcome.FirstLeaf, w.log.Size())
	}
	full := func(tile merkle.Tile, root dag.Digest) {
		set(t.to, hashKey(tile.Level+1, tile.Index), root[:])
	}
	w.buf = appendLeafRun(w.buf[:0], e.Commit.Index, e.HasLeaf)
	for i := range e.Records {
		x := &e.Records[i]
		if x.Fate != store.Accepted {
			continue
		}
		leaf := merkle.RecordLeaf(x.Statement, x.Record)
		w.log.Append(merkle.LeafHash(leaf[:]), full)
		w.buf = append(w.buf, x.Statement[:]...)
	}
	if e.HasLeaf {
		w.log.Append(merkle.LeafHash(e.Outcome.Encode()), full)
	}
	if w.log.Size() != e.Size || w.log.Root() != e.Root {
		return fmt.Errorf("commit %d: its leaves give size %d and root %s, not %d and %s",
			e.Commit.Index, w.log.Size(), w.log.Root(), e.Size, e.Root)
	}
	if e.HasLeaf || e.Outcome.Records > 0 {
		set(t.to, numberKey(prefixLeaves, uint64(e.Outcome.FirstLeaf)), w.buf)
	}
	return nil
}

// cuts moves the cut of lanes, and counts no longer as pending what it passes.
func (t *transaction) cuts(c *dag.Commit, changes []change) error {
	w := &t.writer
	for i, change := range c.Cut {
		lane, err := t.lane(change.Lane)
		if err != nil {
			return err
		}
		n := uint64(0)
		for _, g := range changes[i].batches {
			n += uint64(g.items)
		}
		if lane.uneven {
			if n, err = t.passedBetween(change.Lane, lane.cut+1, change.Seq, n); err != nil {
				return err
			}
		}
		w.counts.Pending -= min(n, w.counts.Pending)
		lane.cut = change.Seq
		lane.uneven = lane.uneven && lane.tip > lane.cut
		w.buf = binary.AppendUvarint(w.buf[:0], uint64(change.Seq))
		set(t.to, laneKey(prefixCut, change.Lane), w.buf)
	}
	return nil
}

func (t *transaction) certified(c *checkpoint.Certified) {
	set(t.to, numberKey(prefixCheckpoint, c.Size), c.Encode())
	t.writer.counts.CertifiedSize = max(t.writer.counts.CertifiedSize, c.Size)
}

func (t *transaction) scalars(write *store.Write) {
	w := &t.writer
	if write.State != nil {
		at := w.last
		if n := len(write.Executed); n > 0 {
			at = write.Executed[n-1].Commit.Index
		}
		w.buf = binary.AppendUvarint(w.buf[:0], uint64(at))
		set(t.to, []byte(keyState), append(w.buf, write.State...))
	}
	if write.Cosigned > w.counts.Cosigned {
		w.counts.Cosigned = write.Cosigned
		w.buf = binary.AppendUvarint(w.buf[:0], write.Cosigned)
		set(t.to, []byte(keyCosigned), w.buf)
	}
	if write.OwnLanes > w.ownLanes {
		w.ownLanes = write.OwnLanes
		w.buf = binary.AppendUvarint(w.buf[:0], uint64(write.OwnLanes))
		set(t.to, []byte(keyOwnLanes), w.buf)
	}
	if write.Floor <= w.stored {
		return
	}
	w.stored = write.Floor
	w.buf = binary.AppendUvarint(w.buf[:0], uint64(write.Floor))
	set(t.to, []byte(keyFloor), w.buf)
	if w.stored-w.floor < floorStride {
		return
	}
	t.dropBlocks()
}

// dropBlocks deletes the blocks that the floor has passed.
func (t *transaction) dropBlocks() {
	w := &t.writer
	if w.stored == w.floor {
		return
	}
	from := numberKey(prefixBlock, 0)
	to := numberKey(prefixBlock, uint64(w.stored)+1)
	if err := t.to.DeleteRange(from, to, nil); err != nil {
		panic(fmt.Sprintf("disk: delete blocks: %v", err))
	}
	w.floor = w.stored
}

// stops stores why the member has stopped signing. The first reason stays.
func (t *transaction) stops(write *store.Write) error {
	for _, stop := range []struct{ key, why string }{{keyRetired, write.Retired}, {keyDiverged, write.Diverged}} {
		if stop.why == "" {
			continue
		}
		first, err := t.get1([]byte(stop.key))
		if err != nil {
			return err
		}
		if first == nil {
			set(t.to, []byte(stop.key), []byte(stop.why))
		}
	}
	return nil
}
