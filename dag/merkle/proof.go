package merkle

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/floormesh/floormesh/dag"
)

var (
	// ErrProof means that a proof does not show what it claims.
	ErrProof = errors.New("merkle proof does not hold")
	// ErrSize means that sizes or positions are beyond the log or MaxSize, or in the wrong order.
	ErrSize = errors.New("no such position or size of the log")
)

// InclusionProof returns the audit path of leaf index in the log of size leaves
// (RFC 6962 section 2.1.1): the sibling of the leaf first, the root's child last. It
// asks r once, for at most 2·48 hashes.
func InclusionProof(r tlog.HashReader, size uint64, index dag.LeafIndex) ([]dag.Digest, error) {
	if size > MaxSize || uint64(index) >= size {
		return nil, fmt.Errorf("%w: leaf %d of %d", ErrSize, index, size)
	}
	path, err := tlog.ProveRecord(int64(size), int64(index), r)
	if err != nil {
		return nil, fmt.Errorf("prove leaf %d of %d: %w", index, size, err)
	}
	return digests(path), nil
}

// VerifyInclusion checks that path shows leaf, a leaf's hash, to be leaf index of the
// log with this size and root. Its error is ErrProof or ErrSize.
func VerifyInclusion(path []dag.Digest, size uint64, root dag.Digest, index dag.LeafIndex, leaf dag.Digest) error {
	if size > MaxSize || uint64(index) >= size {
		return fmt.Errorf("%w: leaf %d of %d", ErrSize, index, size)
	}
	if len(path) > MaxProofHashes {
		return fmt.Errorf("%w: path of %d hashes", ErrProof, len(path))
	}
	if tlog.CheckRecord(hashes(path), int64(size), tlog.Hash(root), int64(index), tlog.Hash(leaf)) != nil {
		return fmt.Errorf("%w: leaf %d of %d", ErrProof, index, size)
	}
	return nil
}

// ConsistencyProof returns the proof that the log of size before is a prefix of the
// log of size after (RFC 6962 section 2.1.2). It is empty if before is 0 or after. It
// asks r once.
func ConsistencyProof(r tlog.HashReader, before, after uint64) ([]dag.Digest, error) {
	if after > MaxSize || before > after {
		return nil, fmt.Errorf("%w: from %d to %d", ErrSize, before, after)
	}
	if before == 0 { // RFC 6962 leaves this open: nothing needs to be shown
		return nil, nil
	}
	proof, err := tlog.ProveTree(int64(after), int64(before), r)
	if err != nil {
		return nil, fmt.Errorf("prove growth from %d to %d: %w", before, after, err)
	}
	return digests(proof), nil
}

// VerifyConsistency checks that proof shows the log with the first size and root to
// be a prefix of the one with the second. Its error is ErrProof or ErrSize.
func VerifyConsistency(
	proof []dag.Digest, before uint64, beforeRoot dag.Digest, after uint64, afterRoot dag.Digest,
) error {
	if after > MaxSize || before > after {
		return fmt.Errorf("%w: from %d to %d", ErrSize, before, after)
	}
	if len(proof) > MaxProofHashes {
		return fmt.Errorf("%w: %d hashes", ErrProof, len(proof))
	}
	if !consistent(proof, before, beforeRoot, after, afterRoot) {
		return fmt.Errorf("%w: from %d to %d", ErrProof, before, after)
	}
	return nil
}

func consistent(proof []dag.Digest, before uint64, beforeRoot dag.Digest, after uint64, afterRoot dag.Digest) bool {
	if before == 0 {
		empty := dag.Digest(sha256.Sum256(nil))
		return len(proof) == 0 && beforeRoot == empty && (after > 0 || afterRoot == empty)
	}
	return tlog.CheckTree(hashes(proof),
		int64(after), tlog.Hash(afterRoot), int64(before), tlog.Hash(beforeRoot)) == nil
}

func digests(from []tlog.Hash) []dag.Digest {
	to := make([]dag.Digest, len(from))
	for i, h := range from {
		to[i] = dag.Digest(h)
	}
	return to
}

func hashes(from []dag.Digest) []tlog.Hash {
	to := make([]tlog.Hash, len(from))
	for i, h := range from {
		to[i] = tlog.Hash(h)
	}
	return to
}
