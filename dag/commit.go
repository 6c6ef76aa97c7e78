package dag

import (
	"crypto/sha256"
	"fmt"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// CutChange says that a lane is now final up to and including Seq.
// Batches lists the digests newly final, ascending by seq, ending at Seq.
type CutChange struct {
	Lane    LaneID
	Seq     Seq
	Batches []BatchID
}

// Commit is a committed leader and what it finalised: a pure function of the
// DAG, the same bytes on every honest node.
//
// Present is a bit set over authors: who had a block in the leader's D-window.
// With it the whole consensus state is a fold over the chain of commits.
//
// Encoding: [1, epoch, index, prev, [round, author, link], time ms, present, [[[key, number], seq, [digest…]]…]].
type Commit struct {
	Epoch   EpochID
	Index   CommitIndex
	Prev    CommitID // zero for index 1
	Leader  BlockRef
	Time    UnixMilli
	Present []byte      // bit i of byte i/8: author i
	Cut     []CutChange // lanes in key order
	raw     []byte
	id      CommitID
}

// Seal encodes the commit and fixes its id; the fields must not change after.
// It returns c.
func (c *Commit) Seal() *Commit {
	c.raw = c.appendTo(nil)
	c.id = sha256.Sum256(c.raw)
	return c
}

// DecodeCommit parses a commit. It keeps raw. Errors: ErrEncoding, ErrLimit, ErrRule.
func DecodeCommit(raw []byte) (*Commit, error) {
	if len(raw) > MaxCommitBytes {
		return nil, fmt.Errorf("commit: %w: %d bytes, at most %d", ErrLimit, len(raw), MaxCommitBytes)
	}
	r := dagcbor.NewReader(raw)
	c := readCommit(r)
	err := r.Done()
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	c.raw, c.id = raw, sha256.Sum256(raw)
	return c, nil
}

// ID returns the commit's id; zero before Seal.
func (c *Commit) ID() CommitID { return c.id }

// Raw returns the commit's bytes; read only. Nil before Seal.
func (c *Commit) Raw() []byte { return c.raw }

// check holds what a well-encoded commit must obey.
func (c *Commit) check() error {
	if c.Index < 1 || c.Leader.Round < 1 {
		return fmt.Errorf("%w: index %d, leader round %d", ErrLimit, c.Index, c.Leader.Round)
	}
	if c.Prev.IsZero() != (c.Index == 1) {
		return fmt.Errorf("%w: index %d with prev %s", ErrRule, c.Index, c.Prev)
	}
	total := 0
	for i, cut := range c.Cut {
		if i > 0 && cut.Lane.Compare(c.Cut[i-1].Lane) <= 0 {
			return fmt.Errorf("%w: lane %s out of order", ErrRule, cut.Lane)
		}
		if len(cut.Batches) == 0 || cut.Seq < Seq(len(cut.Batches)) {
			return fmt.Errorf("%w: %d batches up to seq %d of lane %s", ErrRule, len(cut.Batches), cut.Seq, cut.Lane)
		}
		total += len(cut.Batches)
	}
	if total > MaxCutBatches {
		return fmt.Errorf("%w: %d batches, at most %d", ErrLimit, total, MaxCutBatches)
	}
	return nil
}

func (c *Commit) appendTo(to []byte) []byte {
	to = dagcbor.AppendArray(to, 8)
	to = dagcbor.AppendUint(to, formatVersion)
	to = dagcbor.AppendBytes(to, c.Epoch[:])
	to = dagcbor.AppendUint(to, uint64(c.Index))
	to = appendOptionalLink(to, c.Prev)
	to = c.Leader.appendTo(to)
	to = dagcbor.AppendUint(to, uint64(c.Time))
	to = dagcbor.AppendBytes(to, c.Present)
	to = dagcbor.AppendArray(to, len(c.Cut))
	for _, cut := range c.Cut {
		to = dagcbor.AppendArray(to, 3)
		to = cut.Lane.appendTo(to)
		to = dagcbor.AppendUint(to, uint64(cut.Seq))
		to = appendDigests(to, cut.Batches)
	}
	return to
}

func readCommit(r *dagcbor.Reader) *Commit {
	c := new(Commit)
	r.Tuple(8)
	readVersion(r)
	r.Exactly(c.Epoch[:])
	c.Index = CommitIndex(r.Uint(MaxCounter))
	c.Prev = r.OptionalLink()
	c.Leader = readRef(r)
	c.Time = readTime(r)
	c.Present = r.Bytes(MaxPresentBytes)
	c.Cut = make([]CutChange, r.Array(MaxCutLanes))
	for i := range c.Cut {
		r.Tuple(3)
		c.Cut[i].Lane = readLane(r)
		c.Cut[i].Seq = Seq(r.Uint(MaxCounter))
		c.Cut[i].Batches = readDigests[BatchID](r, MaxAckBatches)
	}
	return c
}
