package merkle

import (
	"crypto/sha256"

	"github.com/floormesh/floormesh/dag"
)

// RecordLeafBytes is the length of a record's leaf data. Commits' are longer.
const RecordLeafBytes = 64

// RecordLeaf returns a record's leaf data: statement ‖ id.
func RecordLeaf(statement dag.Digest, id dag.RecordID) [RecordLeafBytes]byte {
	var leaf [RecordLeafBytes]byte
	copy(leaf[:32], statement[:])
	copy(leaf[32:], id[:])
	return leaf
}

// ParseRecordLeaf takes a record's leaf data apart. It reports false for
// anything that is not 64 bytes long, such as a commit's leaf.
func ParseRecordLeaf(data []byte) (statement dag.Digest, id dag.RecordID, ok bool) {
	if len(data) != RecordLeafBytes {
		return statement, id, false
	}
	return dag.Digest(data[:32]), dag.RecordID(data[32:]), true
}

// LeafHash returns SHA-256(0x00 ‖ data), RFC 6962 section 2.1. It does not
// allocate for leaves as short as ours.
func LeafHash(data []byte) dag.Digest {
	if len(data) <= maxStackLeafBytes {
		var buf [1 + maxStackLeafBytes]byte
		n := copy(buf[1:], data)
		return sha256.Sum256(buf[:1+n])
	}
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(data)
	return dag.Digest(h.Sum(nil))
}

// nodeHash returns SHA-256(0x01 ‖ left ‖ right), RFC 6962 section 2.1.
func nodeHash(left, right *dag.Digest) dag.Digest {
	var buf [65]byte
	buf[0] = 1
	copy(buf[1:33], left[:])
	copy(buf[33:], right[:])
	return sha256.Sum256(buf[:])
}
