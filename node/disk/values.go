package disk

import (
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
	prev           dag.BatchID
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

func (f *fates) append(to []byte) []byte {
	to = binary.AppendUvarint(to, uint64(f.commit))
	to = binary.AppendUvarint(to, uint64(f.firstLeaf))
	for _, o := range f.odd {
		to = binary.AppendUvarint(to, uint64(o.item))
		to = append(to, byte(o.fate))
		to = binary.AppendUvarint(to, uint64(o.leaf))
	}
	return to
}

func decodeFates(raw []byte) (*fates, error) {
	r := reader{raw: raw}
	f := &fates{commit: dag.CommitIndex(r.uint()), firstLeaf: dag.LeafIndex(r.uint())}
	for len(r.raw) > 0 {
		f.odd = append(f.odd, oddFate{
			item: uint16(r.uint()), fate: store.Fate(r.byte()), leaf: dag.LeafIndex(r.uint()),
		})
	}
	return f, r.done()
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

// batchFate is one batch's part of an executed commit.
type batchFate struct {
	change int // index into the commit's cut
	seq    dag.Seq
	items  int
	odd    []store.Executable // those not accepted
}

// executed is a commit as it is stored. Of its accepted records only the number
// is in it: what they are stands in the leaves.
type executed struct {
	commit  *dag.Commit
	outcome *dag.Outcome
	hasLeaf bool
	root    dag.Digest
	size    uint64
	records uint64 // accepted since the first commit
	batches []batchFate
}

// group splits a commit's records by batch. The error is for a commit that
// execution cannot have made.
func group(e *store.Executed) (groups []batchFate, accepted []store.Executable, err error) {
	change := 0
	for i, x := range e.Records {
		if i == 0 || x.Item == 0 {
			for change < len(e.Commit.Cut) && e.Commit.Cut[change].Lane != x.Lane {
				change++
			}
			groups = append(groups, batchFate{change: change, seq: x.Seq})
		}
		g := &groups[len(groups)-1]
		if change == len(e.Commit.Cut) || e.Commit.Cut[change].Lane != x.Lane || g.seq != x.Seq || g.items != int(x.Item) {
			return nil, nil, fmt.Errorf("commit %d: record %d out of order", e.Commit.Index, i)
		}
		g.items++
		if x.Fate != store.Accepted {
			g.odd = append(g.odd, x)
			continue
		}
		if x.Leaf != e.Outcome.FirstLeaf+dag.LeafIndex(len(accepted)) {
			return nil, nil, fmt.Errorf("commit %d: record %d has leaf %d", e.Commit.Index, i, x.Leaf)
		}
		accepted = append(accepted, x)
	}
	if int(e.Outcome.Records) != len(accepted) {
		return nil, nil, fmt.Errorf("commit %d: %d records accepted, outcome says %d",
			e.Commit.Index, len(accepted), e.Outcome.Records)
	}
	return groups, accepted, nil
}

// batchID returns the batch that a group is of.
func (g *batchFate) batchID(c *dag.Commit) (dag.BatchID, bool) {
	if g.change >= len(c.Cut) {
		return dag.BatchID{}, false
	}
	cut := &c.Cut[g.change]
	at := int64(len(cut.Batches)) - 1 - int64(cut.Seq-g.seq)
	if g.seq > cut.Seq || at < 0 {
		return dag.BatchID{}, false
	}
	return cut.Batches[at], true
}

func (e *executed) append(to []byte) []byte {
	to = append(to, 0)
	if e.hasLeaf {
		to[len(to)-1] = 1
	}
	to = binary.AppendUvarint(to, e.size)
	to = binary.AppendUvarint(to, e.records)
	to = append(to, e.root[:]...)
	to = appendBlob(to, e.outcome.Encode())
	to = appendBlob(to, e.commit.Raw())
	for _, g := range e.batches {
		to = binary.AppendUvarint(to, uint64(g.change))
		to = binary.AppendUvarint(to, uint64(g.seq))
		to = binary.AppendUvarint(to, uint64(g.items))
		to = binary.AppendUvarint(to, uint64(len(g.odd)))
		for _, x := range g.odd {
			to = binary.AppendUvarint(to, uint64(x.Item))
			to = append(to, byte(x.Fate))
			to = binary.AppendUvarint(to, uint64(x.Leaf))
			to = append(to, x.Statement[:]...)
			to = append(to, x.Record[:]...)
		}
	}
	return to
}

func appendBlob(to, blob []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(blob))), blob...)
}

// decodeExecuted parses what append wrote. The commit aliases raw.
func decodeExecuted(raw []byte) (*executed, error) {
	r := reader{raw: raw}
	e := &executed{hasLeaf: r.byte() == 1, size: r.uint(), records: r.uint(), root: r.digest()}
	outcome, commit := r.bytes(r.count()), r.bytes(r.count())
	if r.err != nil {
		return nil, r.err
	}
	var err error
	if e.outcome, err = dag.DecodeOutcome(outcome); err != nil {
		return nil, err
	}
	if e.commit, err = dag.DecodeCommit(commit); err != nil {
		return nil, err
	}
	for len(r.raw) > 0 {
		e.batches = append(e.batches, r.batchFate())
	}
	return e, r.done()
}

func (r *reader) batchFate() batchFate {
	g := batchFate{change: int(r.uint()), seq: dag.Seq(r.uint()), items: int(r.uint())}
	for range r.count() {
		g.odd = append(g.odd, store.Executable{
			Seq: g.seq, Item: uint16(r.uint()), Fate: store.Fate(r.byte()),
			Leaf: dag.LeafIndex(r.uint()), Statement: r.digest(), Record: dag.RecordID(r.digest()),
		})
	}
	if g.items > dag.MaxBatchRecords || len(g.odd) > g.items {
		r.fail()
	}
	return g
}

// leafRun is the leaves of one commit.
type leafRun struct {
	commit  dag.CommitIndex
	hasLeaf bool   // the commit's own comes after its records'
	records []byte // 64 bytes each
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
	if r.err != nil || len(r.raw)%recordLeafBytes != 0 {
		return l, errValue
	}
	return leafRun{commit: dag.CommitIndex(n >> 1), hasLeaf: n&1 == 1, records: r.raw}, nil
}

// count returns how many leaves the run has.
func (l *leafRun) count() int {
	n := len(l.records) / recordLeafBytes
	if l.hasLeaf {
		n++
	}
	return n
}
