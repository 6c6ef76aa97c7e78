package checkpoint

import (
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/merkle"
)

// version is the first item of every encoding here.
const version = 1

func (c *Checkpoint) appendTo(to []byte) []byte {
	to = dagcbor.AppendArray(to, 8)
	to = dagcbor.AppendText(to, c.Origin)
	to = dagcbor.AppendUint(to, c.Size)
	to = dagcbor.AppendBytes(to, c.Root[:])
	to = dagcbor.AppendBytes(to, c.Epoch[:])
	to = dagcbor.AppendUint(to, uint64(c.Commit))
	to = dagcbor.AppendLink(to, c.CommitID)
	to = dagcbor.AppendUint(to, uint64(c.LeaderRound))
	return dagcbor.AppendUint(to, uint64(c.Time))
}

func readCheckpoint(r *dagcbor.Reader) (c Checkpoint) {
	r.Tuple(8)
	if c.Origin = r.Text(MaxOriginBytes); !validOrigin(c.Origin) {
		r.Fail(fmt.Errorf("%w: origin %.40q", dag.ErrEncoding, c.Origin))
	}
	c.Size = r.Uint(merkle.MaxSize)
	r.Exactly(c.Root[:])
	r.Exactly(c.Epoch[:])
	c.Commit = dag.CommitIndex(r.Uint(dag.MaxCounter))
	c.CommitID = r.Link()
	c.LeaderRound = dag.Round(r.Uint(dag.MaxCounter))
	c.Time = dag.UnixMilli(r.Uint(uint64(dag.MaxUnixMilli)))
	return c
}

func (e *Endorsement) appendTo(to []byte) []byte {
	to = dagcbor.AppendUint(to, uint64(e.Author))
	to = dagcbor.AppendUint(to, e.Seconds)
	return dagcbor.AppendBytes(to, e.Signature[:])
}

func readEndorsement(r *dagcbor.Reader) (e Endorsement) {
	e.Author = dag.Author(r.Uint(dag.MaxCommittee - 1))
	e.Seconds = r.Uint(MaxSeconds)
	r.Exactly(e.Signature[:])
	return e
}

func readVersion(r *dagcbor.Reader) {
	if v := r.Uint(1<<64 - 1); v != version {
		r.Fail(fmt.Errorf("%w: version %d", dag.ErrEncoding, v))
	}
}

// Encode returns the cosignature's bytes.
func (c *Cosignature) Encode() []byte {
	to := dagcbor.AppendArray(make([]byte, 0, 384), 5)
	to = dagcbor.AppendUint(to, version)
	return c.endorsement().appendTo(c.appendTo(to))
}

// DecodeCosignature parses what Encode returns, and nothing else. It keeps nothing of
// raw. Its errors are dag.ErrEncoding and dag.ErrLimit.
func DecodeCosignature(raw []byte) (*Cosignature, error) {
	r := dagcbor.NewReader(raw)
	r.Tuple(5)
	readVersion(r)
	c := cosignature(readCheckpoint(r), readEndorsement(r))
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("cosignature: %w", err)
	}
	return c, nil
}

// Encode returns the certified checkpoint's bytes.
func (c *Certified) Encode() []byte {
	to := dagcbor.AppendArray(make([]byte, 0, 384+96*len(c.Endorsements)), 3)
	to = dagcbor.AppendUint(to, version)
	to = c.appendTo(to)
	to = dagcbor.AppendArray(to, len(c.Endorsements))
	for i := range c.Endorsements {
		to = c.Endorsements[i].appendTo(dagcbor.AppendArray(to, 3))
	}
	return to
}

// DecodeCertified parses what Encode returns, and nothing else: the endorsements
// are of distinct authors, in ascending order. It keeps nothing of raw. Its errors are
// dag.ErrEncoding, dag.ErrLimit and dag.ErrRule.
func DecodeCertified(raw []byte) (*Certified, error) {
	if len(raw) > MaxEncodedBytes {
		return nil, fmt.Errorf("certified checkpoint: %w: %d bytes", dag.ErrLimit, len(raw))
	}
	r := dagcbor.NewReader(raw)
	r.Tuple(3)
	readVersion(r)
	c := &Certified{Checkpoint: readCheckpoint(r)}
	c.Endorsements = make([]Endorsement, r.Array(dag.MaxCommittee))
	for i := range c.Endorsements {
		r.Tuple(3)
		c.Endorsements[i] = readEndorsement(r)
	}
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("certified checkpoint: %w", err)
	}
	return c, c.checkOrder()
}
