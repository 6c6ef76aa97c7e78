package dag

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// Digest is a SHA-256 digest. Its text form is lower-case hex.
type Digest [32]byte

// Each kind of thing has an identity type of its own, so that the compiler
// keeps them apart. All are SHA-256 digests. The text form of the first five is
// a CIDv1 in lower-case base32, of the last two lower-case hex. Each has
// String, IsZero, Compare (bytewise), MarshalText, UnmarshalText and a Parse
// function that accepts exactly what String gives.
type (
	// RecordID is the digest of a record's bytes (CID codec raw).
	RecordID Digest
	// BatchID is the digest of a batch's signed header envelope (CID codec dag-cbor).
	BatchID Digest
	// BlockID is the digest of a block's envelope (CID codec dag-cbor).
	BlockID Digest
	// CommitID is the digest of a commit's bytes (CID codec dag-cbor).
	CommitID Digest
	// MeshID is the digest of the genesis document (CID codec dag-cbor).
	MeshID Digest
	// LedgerID names one site's ledger: SHA-256("floormesh/ledger/v1\x00" ‖ mesh id ‖ site name).
	LedgerID Digest
	// EpochID names an epoch: SHA-256("floormesh/epoch/v1\x00" ‖ previous epoch's last checkpoint or mesh id ‖ committee member keys).
	EpochID Digest
)

// Round numbers the layers of the DAG. Round 0 is the implicit genesis layer:
// no block of round 0 exists, round 1 blocks need no parents.
type Round uint64

// Author is a member's index in its epoch's committee.
type Author uint16

// Seq is a batch's position in its lane, from 1.
type Seq uint64

// CommitIndex numbers commits, from 1.
type CommitIndex uint64

// LeafIndex is a position in the log, from 0.
type LeafIndex uint64

// UnixMilli is somebody's claim of the wall time, in milliseconds since 1970.
// It is untrusted data, never a clock. On the wire it lies in 0…MaxUnixMilli.
type UnixMilli int64

// clamp returns the nearest time that can be encoded: a gateway whose clock
// stands before 1970 must still be able to sign.
func (t UnixMilli) clamp() UnixMilli { return min(max(t, 0), MaxUnixMilli) }

// String returns the CIDv1.
func (d RecordID) String() string { return formatCID(d, cid.Raw) }

// ParseRecordID reads what RecordID.String wrote. Errors: ErrEncoding.
func ParseRecordID(text string) (RecordID, error) {
	d, err := parseCID(text, cid.Raw)
	return RecordID(d), describe("record id", err)
}

// IsZero reports whether d is all zeros, which no digest is.
func (d RecordID) IsZero() bool { return d == RecordID{} }

// Compare orders bytewise: -1, 0 or 1.
func (d RecordID) Compare(o RecordID) int { return bytes.Compare(d[:], o[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d RecordID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; d is untouched on error.
func (d *RecordID) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseRecordID) }

// String returns the CIDv1.
func (d BatchID) String() string { return formatCID(d, cid.DagCBOR) }

// ParseBatchID reads what BatchID.String wrote. Errors: ErrEncoding.
func ParseBatchID(text string) (BatchID, error) {
	d, err := parseCID(text, cid.DagCBOR)
	return BatchID(d), describe("batch id", err)
}

// IsZero reports whether d is all zeros, which no digest is.
func (d BatchID) IsZero() bool { return d == BatchID{} }

// Compare orders bytewise: -1, 0 or 1.
func (d BatchID) Compare(o BatchID) int { return bytes.Compare(d[:], o[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d BatchID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; d is untouched on error.
func (d *BatchID) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseBatchID) }

// String returns the CIDv1.
func (d BlockID) String() string { return formatCID(d, cid.DagCBOR) }

// ParseBlockID reads what BlockID.String wrote. Errors: ErrEncoding.
func ParseBlockID(text string) (BlockID, error) {
	d, err := parseCID(text, cid.DagCBOR)
	return BlockID(d), describe("block id", err)
}

// IsZero reports whether d is all zeros, which no digest is.
func (d BlockID) IsZero() bool { return d == BlockID{} }

// Compare orders bytewise: -1, 0 or 1.
func (d BlockID) Compare(o BlockID) int { return bytes.Compare(d[:], o[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d BlockID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; d is untouched on error.
func (d *BlockID) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseBlockID) }

// String returns the CIDv1.
func (d CommitID) String() string { return formatCID(d, cid.DagCBOR) }

// ParseCommitID reads what CommitID.String wrote. Errors: ErrEncoding.
func ParseCommitID(text string) (CommitID, error) {
	d, err := parseCID(text, cid.DagCBOR)
	return CommitID(d), describe("commit id", err)
}

// IsZero reports whether d is all zeros, which no digest is.
func (d CommitID) IsZero() bool { return d == CommitID{} }

// Compare orders bytewise: -1, 0 or 1.
func (d CommitID) Compare(o CommitID) int { return bytes.Compare(d[:], o[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d CommitID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; d is untouched on error.
func (d *CommitID) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseCommitID) }

// String returns the CIDv1.
func (d MeshID) String() string { return formatCID(d, cid.DagCBOR) }

// ParseMeshID reads what MeshID.String wrote. Errors: ErrEncoding.
func ParseMeshID(text string) (MeshID, error) {
	d, err := parseCID(text, cid.DagCBOR)
	return MeshID(d), describe("mesh id", err)
}

// IsZero reports whether d is all zeros, which no digest is.
func (d MeshID) IsZero() bool { return d == MeshID{} }

// Compare orders bytewise: -1, 0 or 1.
func (d MeshID) Compare(o MeshID) int { return bytes.Compare(d[:], o[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d MeshID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; d is untouched on error.
func (d *MeshID) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseMeshID) }

// String returns lower-case hex.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads what Digest.String wrote. Errors: ErrEncoding.
func ParseDigest(text string) (Digest, error) {
	d, err := parseHex(text)
	return Digest(d), describe("digest", err)
}

// IsZero reports whether d is all zeros, which no digest is.
func (d Digest) IsZero() bool { return d == Digest{} }

// Compare orders bytewise: -1, 0 or 1.
func (d Digest) Compare(o Digest) int { return bytes.Compare(d[:], o[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; d is untouched on error.
func (d *Digest) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseDigest) }

// String returns lower-case hex.
func (d LedgerID) String() string { return hex.EncodeToString(d[:]) }

// ParseLedgerID reads what LedgerID.String wrote. Errors: ErrEncoding.
func ParseLedgerID(text string) (LedgerID, error) {
	d, err := parseHex(text)
	return LedgerID(d), describe("ledger id", err)
}

// IsZero reports whether d is all zeros, which no digest is.
func (d LedgerID) IsZero() bool { return d == LedgerID{} }

// Compare orders bytewise: -1, 0 or 1.
func (d LedgerID) Compare(o LedgerID) int { return bytes.Compare(d[:], o[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d LedgerID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; d is untouched on error.
func (d *LedgerID) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseLedgerID) }

// String returns lower-case hex.
func (d EpochID) String() string { return hex.EncodeToString(d[:]) }

// ParseEpochID reads what EpochID.String wrote. Errors: ErrEncoding.
func ParseEpochID(text string) (EpochID, error) {
	d, err := parseHex(text)
	return EpochID(d), describe("epoch id", err)
}

// IsZero reports whether d is all zeros, which no digest is.
func (d EpochID) IsZero() bool { return d == EpochID{} }

// Compare orders bytewise: -1, 0 or 1.
func (d EpochID) Compare(o EpochID) int { return bytes.Compare(d[:], o[:]) }

// MarshalText implements encoding.TextMarshaler.
func (d EpochID) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; d is untouched on error.
func (d *EpochID) UnmarshalText(text []byte) error { return unmarshalText(d, text, ParseEpochID) }

// hashOf returns the digest of parts in sequence.
func hashOf(parts ...[]byte) (d Digest) {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(d[:0])
	return d
}

func formatCID(d [32]byte, codec uint64) string {
	var hash [34]byte
	hash[0], hash[1] = multihash.SHA2_256, 32
	copy(hash[2:], d[:])
	return cid.NewCidV1(codec, hash[:]).String()
}

// parseCID accepts one text per digest: other multibases name the same CID, but
// an id that has two texts cannot be compared as text.
func parseCID(text string, codec uint64) (d [32]byte, err error) {
	const maxTextBytes = 64 // ours have 59
	if len(text) > maxTextBytes {
		return d, fmt.Errorf("%w: %d characters", ErrEncoding, len(text))
	}
	c, err := cid.Decode(text)
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	prefix := c.Prefix()
	if prefix.Version != 1 || prefix.Codec != codec || prefix.MhType != multihash.SHA2_256 || prefix.MhLength != 32 {
		return d, fmt.Errorf("%w: not a CIDv1 with codec %#x and sha2-256", ErrEncoding, codec)
	}
	copy(d[:], c.Hash()[2:])
	if formatCID(d, codec) != text {
		return [32]byte{}, fmt.Errorf("%w: not in lower-case base32", ErrEncoding)
	}
	return d, nil
}

func parseHex(text string) (d [32]byte, err error) {
	if len(text) != 2*len(d) {
		return d, fmt.Errorf("%w: %d characters, want %d", ErrEncoding, len(text), 2*len(d))
	}
	if _, err := hex.Decode(d[:], []byte(text)); err != nil {
		return [32]byte{}, fmt.Errorf("%w: %w", ErrEncoding, err)
	}
	if hex.EncodeToString(d[:]) != text {
		return [32]byte{}, fmt.Errorf("%w: hex is not lower-case", ErrEncoding)
	}
	return d, nil
}

func describe(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func unmarshalText[T any](into *T, text []byte, parse func(string) (T, error)) error {
	v, err := parse(string(text))
	if err == nil {
		*into = v
	}
	return err
}
