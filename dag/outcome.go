package dag

import (
	"fmt"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// Outcome is what execution adds to a commit; with it, the commit's leaf of the log.
//
// Encoding: [1, commit link, first leaf, record count, state digest, next committee or null].
// This version knows no change of committee: the last item is null.
type Outcome struct {
	Commit      CommitID
	FirstLeaf   LeafIndex // of this commit's records
	Records     uint32    // accepted records, leaves FirstLeaf … FirstLeaf+Records-1
	StateDigest Digest
}

// Encode returns the outcome's bytes.
func (o *Outcome) Encode() []byte {
	to := dagcbor.AppendArray(nil, 6)
	to = dagcbor.AppendUint(to, formatVersion)
	to = dagcbor.AppendLink(to, o.Commit)
	to = dagcbor.AppendUint(to, uint64(o.FirstLeaf))
	to = dagcbor.AppendUint(to, uint64(o.Records))
	to = dagcbor.AppendBytes(to, o.StateDigest[:])
	return dagcbor.AppendNull(to)
}

// DecodeOutcome parses an outcome. Errors: ErrEncoding, ErrLimit.
func DecodeOutcome(raw []byte) (*Outcome, error) {
	o := new(Outcome)
	r := dagcbor.NewReader(raw)
	r.Tuple(6)
	readVersion(r)
	o.Commit = r.Link()
	o.FirstLeaf = LeafIndex(r.Uint(MaxCounter))
	o.Records = uint32(r.Uint(1<<32 - 1))
	r.Exactly(o.StateDigest[:])
	if !r.Null() {
		r.Fail(fmt.Errorf("%w: no null for the next committee", ErrEncoding))
	}
	if err := r.Done(); err != nil {
		return nil, fmt.Errorf("outcome: %w", err)
	}
	return o, nil
}
