package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// errValue says that a value is not what this package writes.
var errValue = errors.New("malformed value")

// reader takes a value apart. After the first error it returns zeroes.
type reader struct {
	raw []byte
	err error
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.raw)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.raw = r.raw[n:]
	return v
}

// count reads how many items follow, each of at least one byte.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.raw)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) bytes(n int) []byte {
	if n > len(r.raw) {
		r.fail()
		return nil
	}
	b := r.raw[:n:n]
	r.raw = r.raw[n:]
	return b
}

func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) digest() (d [32]byte) {
	copy(d[:], r.bytes(32))
	return d
}

func (r *reader) fail() {
	r.err, r.raw = errValue, nil
}

// done returns the first error, which may be that something is left over.
func (r *reader) done() error {
	if r.err == nil && len(r.raw) > 0 {
		return errValue
	}
	return r.err
}

func appendPosition(to []byte, arrival uint64, item int) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(to, arrival), uint64(item))
}

// laneEntry is what the index of lanes says of a batch.
type laneEntry struct {
	arrival        uint64
	bytes, records int
	prev           dag.BatchID // zero if implied, or if there is none
}

func (e *laneEntry) append(to []byte) []byte {
	to = binary.AppendUvarint(to, e.arrival)
	to = binary.AppendUvarint(to, uint64(e.bytes))
	to = binary.AppendUvarint(to, uint64(e.records))
	if e.prev.IsZero() {
		return to
	}
	return append(to, e.prev[:]...)
}

func decodeLaneEntry(raw []byte) (e laneEntry, err error) {
	r := reader{raw: raw}
	e.arrival, e.bytes, e.records = r.uint(), int(r.uint()), int(r.uint())
	if len(r.raw) > 0 {
		e.prev = r.digest()
	}
	return e, r.done()
}

// fates is what execution made of one batch: its records are accepted but for
// the odd ones.
type fates struct {
	commit    dag.CommitIndex
	firstLeaf dag.LeafIndex // of the first accepted record
	odd       []oddFate     // by item
}

type oddFate struct {
	item uint16
	fate store.Fate
	leaf dag.LeafIndex // of the first one, if a duplicate
}

// append adds an entry to the fates of a group of arrival numbers.
func (f *fates) append(to []byte, arrival uint64) []byte {
	place := byte(arrival%fateGroup) << 1
	if len(f.odd) > 0 {
		place |= 1
	}
	to = append(to, place)
	to = binary.AppendUvarint(to, uint64(f.commit))
	to = binary.AppendUvarint(to, uint64(f.firstLeaf))
	return appendOdd(to, f.odd)
}

// appendOdd adds a list of odd fates; of an empty one, nothing.
func appendOdd(to []byte, odd []oddFate) []byte {
	if len(odd) == 0 {
		return to
	}
	to = binary.AppendUvarint(to, uint64(len(odd)))
	for i := range odd {
		to = odd[i].append(to)
	}
	return to
}

func (o *oddFate) append(to []byte) []byte {
	to = binary.AppendUvarint(to, uint64(o.item))
	to = append(to, byte(o.fate))
	return binary.AppendUvarint(to, uint64(o.leaf))
}

func (r *reader) oddFate() oddFate {
	return oddFate{item: uint16(r.uint()), fate: store.Fate(r.byte()), leaf: dag.LeafIndex(r.uint())}
}

func (r *reader) oddFates() (odd []oddFate) {
	for range r.count() {
		odd = append(odd, r.oddFate())
	}
	return odd
}

// decodeFates looks for an arrival number among the fates of its group; nil if it is not there.
func decodeFates(raw []byte, arrival uint64) (found *fates, err error) {
	r := reader{raw: raw}
	for len(r.raw) > 0 {
		place := r.byte()
		f := &fates{commit: dag.CommitIndex(r.uint()), firstLeaf: dag.LeafIndex(r.uint())}
		if place&1 == 1 {
			f.odd = r.oddFates()
		}
		if uint64(place>>1) == arrival%fateGroup {
			found = f
		}
	}
	return found, r.done()
}

// of returns a record's fate, and its leaf or that of the first one.
func (f *fates) of(item uint16) (store.Fate, dag.LeafIndex) {
	leaf := f.firstLeaf + dag.LeafIndex(item)
	for _, o := range f.odd {
		if o.item == item {
			return o.fate, o.leaf
		}
		if o.item > item {
			break
		}
		leaf--
	}
	return store.Accepted, leaf
}

// batchFate is what a commit made of one batch.
type batchFate struct {
	items int
	odd   []oddFate // those not accepted

	arrival uint64 // of the batch, if located
	located bool
}

func (g *batchFate) accepted() dag.LeafIndex { return dag.LeafIndex(g.items - len(g.odd)) }

// change is what a commit made of the batches of one lane, ascending by seq.
type change struct {
	implied bool // the batches are the leaders of their seqs, and their ids not written out
	batches []batchFate
}

// executed is a commit as it is stored. Its records are in its batches.
type executed struct {
	commit  *dag.Commit
	outcome *dag.Outcome
	hasLeaf bool
	root    dag.Digest
	size    uint64
	records uint64   // accepted since the first commit
	changes []change // as the commit's cut

	check [checkBytes]byte // of the commit's id, while reading
}

// firstSeq returns the seq of the first batch of a change.
func firstSeq(cut *dag.CutChange) dag.Seq { return cut.Seq + 1 - dag.Seq(len(cut.Batches)) }

// group splits a commit's records by batch. The error is for a commit that
// execution cannot have made.
func group(e *store.Executed) ([]change, error) {
	changes := make([]change, len(e.Commit.Cut))
	for i := range changes {
		changes[i].batches = make([]batchFate, 0, len(e.Commit.Cut[i].Batches))
	}
	at, accepted := 0, 0
	for i := range e.Records {
		x := &e.Records[i]
		if x.Item == 0 {
			for at < len(changes) && len(changes[at].batches) == len(e.Commit.Cut[at].Batches) {
				at++
			}
			if at < len(changes) {
				changes[at].batches = append(changes[at].batches, batchFate{})
			}
		}
		if !changeHas(changes, at, e.Commit, x) {
			return nil, fmt.Errorf("commit %d: record %d out of order", e.Commit.Index, i)
		}
		g := &changes[at].batches[len(changes[at].batches)-1]
		g.items++
		if x.Fate != store.Accepted {
			g.odd = append(g.odd, oddFate{item: x.Item, fate: x.Fate, leaf: x.Leaf})
			continue
		}
		if x.Leaf != e.Outcome.FirstLeaf+dag.LeafIndex(accepted) {
			return nil, fmt.Errorf("commit %d: record %d has leaf %d", e.Commit.Index, i, x.Leaf)
		}
		accepted++
	}
	return changes, checkOutcome(e, changes, accepted)
}

// changeHas reports whether x is the next record of the last batch of a change.
func changeHas(changes []change, at int, c *dag.Commit, x *store.Executable) bool {
	if at == len(changes) {
		return false
	}
	cut, n := &c.Cut[at], len(changes[at].batches)
	return n > 0 && x.Lane == cut.Lane && x.Seq == firstSeq(cut)+dag.Seq(n-1) &&
		int(x.Item) == changes[at].batches[n-1].items
}

// checkOutcome holds what is not stored since it follows from the rest.
func checkOutcome(e *store.Executed, changes []change, accepted int) error {
	for i, cut := range e.Commit.Cut {
		if len(changes[i].batches) != len(cut.Batches) {
			return fmt.Errorf("commit %d: %d batches of lane %s executed, its cut has %d",
				e.Commit.Index, len(changes[i].batches), cut.Lane, len(cut.Batches))
		}
	}
	if int(e.Outcome.Records) != accepted {
		return fmt.Errorf("commit %d: %d records accepted, outcome says %d", e.Commit.Index, accepted, e.Outcome.Records)
	}
	if e.Outcome.Commit != e.Commit.ID() {
		return fmt.Errorf("commit %d: outcome of commit %s", e.Commit.Index, e.Outcome.Commit)
	}
	return nil
}

func (e *executed) append(to []byte) []byte {
	c := e.commit
	id := c.ID()
	var flags byte
	if e.hasLeaf {
		flags = 1
	}
	to = append(to, flags)
	to = append(to, id[:checkBytes]...)
	to = append(to, e.root[:]...)
	to = append(to, e.outcome.StateDigest[:]...)
	to = append(to, c.Prev[:]...)
	to = append(to, c.Leader.ID[:]...)
	to = append(to, c.Epoch[:]...)
	to = binary.AppendUvarint(to, uint64(c.Leader.Round))
	to = binary.AppendUvarint(to, uint64(c.Leader.Author))
	to = binary.AppendUvarint(to, uint64(c.Time))
	to = binary.AppendUvarint(to, e.size)
	to = binary.AppendUvarint(to, e.records)
	to = appendBlob(to, c.Present)
	to = binary.AppendUvarint(to, uint64(len(c.Cut)))
	for i := range c.Cut {
		to = e.changes[i].append(to, &c.Cut[i])
	}
	return to
}

func (g *change) append(to []byte, cut *dag.CutChange) []byte {
	to = append(to, cut.Lane.Key[:]...)
	to = binary.AppendUvarint(to, uint64(cut.Lane.Number))
	to = binary.AppendUvarint(to, uint64(cut.Seq))
	n := uint64(len(g.batches)) << 1
	if g.implied {
		n |= 1
	}
	to = binary.AppendUvarint(to, n)
	for i := range g.batches {
		if !g.implied {
			to = append(to, cut.Batches[i][:]...)
		}
		to = g.batches[i].append(to)
	}
	return to
}

func (g *batchFate) append(to []byte) []byte {
	n := uint64(g.items) << 1
	if len(g.odd) > 0 {
		n |= 1
	}
	return appendOdd(binary.AppendUvarint(to, n), g.odd)
}

func appendBlob(to, blob []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(blob))), blob...)
}

// decodeExecuted parses what append wrote. The cut's implied batches are still
// missing, and so are the commit's and the outcome's ids; see seal.
func decodeExecuted(index dag.CommitIndex, raw []byte) (*executed, error) {
	r := reader{raw: raw}
	e := &executed{hasLeaf: r.byte() == 1}
	copy(e.check[:], r.bytes(checkBytes))
	e.root = r.digest()
	e.outcome = &dag.Outcome{StateDigest: r.digest()}
	c := &dag.Commit{Index: index, Prev: r.digest()}
	c.Leader.ID = r.digest()
	c.Epoch = r.digest()
	c.Leader.Round, c.Leader.Author = dag.Round(r.uint()), dag.Author(r.uint())
	c.Time = dag.UnixMilli(r.uint())
	e.size, e.records = r.uint(), r.uint()
	c.Present = bytes.Clone(r.bytes(r.count()))
	n := r.count()
	c.Cut, e.changes = make([]dag.CutChange, n), make([]change, n)
	e.commit = c
	for i := range e.changes {
		e.changes[i] = r.change(&c.Cut[i])
	}
	return e, r.done()
}

func (r *reader) change(cut *dag.CutChange) (g change) {
	cut.Lane = dag.LaneID{Key: r.digest(), Number: dag.LaneNumber(r.uint())}
	cut.Seq = dag.Seq(r.uint())
	n := r.uint()
	g.implied = n&1 == 1
	if n >>= 1; n > uint64(len(r.raw)) || n > uint64(cut.Seq) {
		r.fail()
		return g
	}
	g.batches = make([]batchFate, n)
	for i := range g.batches {
		if !g.implied {
			cut.Batches = append(cut.Batches, r.digest())
		}
		g.batches[i] = r.batchFate()
	}
	return g
}

func (r *reader) batchFate() (g batchFate) {
	n := r.uint()
	g.items = int(n >> 1)
	if n&1 == 1 {
		g.odd = r.oddFates()
	}
	if n>>1 > dag.MaxBatchRecords || len(g.odd) > g.items {
		r.fail()
	}
	return g
}

// seal completes a commit whose cut is complete.
func (e *executed) seal() error {
	c, o := e.commit.Seal(), e.outcome
	if id := c.ID(); [checkBytes]byte(id[:]) != e.check {
		return errValue
	}
	o.Commit = c.ID()
	records := uint64(0)
	for _, g := range e.changes {
		for i := range g.batches {
			records += uint64(g.batches[i].accepted())
		}
	}
	before := records
	if e.hasLeaf {
		before++
	}
	if before > e.size {
		return errValue
	}
	o.Records, o.FirstLeaf = uint32(records), dag.LeafIndex(e.size-before)
	return nil
}

// statementBytes is what a run of leaves holds of each record's.
const statementBytes = 32

// leafRun is the leaves of one commit.
type leafRun struct {
	commit     dag.CommitIndex
	hasLeaf    bool   // the commit's own comes after its records'
	statements []byte // of the records, 32 bytes each
}

func appendLeafRun(to []byte, commit dag.CommitIndex, hasLeaf bool) []byte {
	n := uint64(commit) << 1
	if hasLeaf {
		n |= 1
	}
	return binary.AppendUvarint(to, n)
}

// decodeLeafRun parses a run. It aliases raw.
func decodeLeafRun(raw []byte) (l leafRun, err error) {
	r := reader{raw: raw}
	n := r.uint()
	if r.err != nil || len(r.raw)%statementBytes != 0 {
		return l, errValue
	}
	return leafRun{commit: dag.CommitIndex(n >> 1), hasLeaf: n&1 == 1, statements: r.raw}, nil
}

// records returns how many leaves are records'.
func (l *leafRun) records() int { return len(l.statements) / statementBytes }

// statement returns that of a record's leaf.
func (l *leafRun) statement(i int) dag.Digest {
	return dag.Digest(l.statements[i*statementBytes:][:statementBytes])
}

// count returns how many leaves the run has.
func (l *leafRun) count() int {
	n := l.records()
	if l.hasLeaf {
		n++
	}
	return n
}
