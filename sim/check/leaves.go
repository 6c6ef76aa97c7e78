package check

import (
	"encoding/binary"

	"github.com/floormesh/floormesh/dag"
)

// leaves finds statements among the log's last leaves. It knows them by their
// first eight bytes: of a million in reach two share them once in 10⁷ runs.
type leaves struct {
	at    map[uint64]dag.LeafIndex
	ring  []uint64 // by leaf, modulo reach; 0 for a commit's
	reach uint64   // how many of the last are found
	size  uint64   // leaves ever added
}

func newLeaves(reach uint64) leaves {
	return leaves{at: map[uint64]dag.LeafIndex{}, reach: reach}
}

// add appends the leaf of a record.
func (l *leaves) add(statement dag.Digest) {
	w := word(statement)
	l.put(w)
	l.at[w] = dag.LeafIndex(l.size - 1)
}

// commit appends a commit's own leaf.
func (l *leaves) commit() { l.put(0) }

func (l *leaves) put(w uint64) {
	if slot := l.size % l.reach; slot == uint64(len(l.ring)) {
		l.ring = append(l.ring, w)
	} else {
		old := l.ring[slot]
		if first, ok := l.at[old]; ok && uint64(first)+l.reach == l.size {
			delete(l.at, old)
		}
		l.ring[slot] = w
	}
	l.size++
}

// find returns the leaf of a statement, if it is among the last so many of a log
// of a size.
func (l *leaves) find(statement dag.Digest, size, last uint64) (dag.LeafIndex, bool) {
	leaf, ok := l.at[word(statement)]
	return leaf, ok && uint64(leaf)+last >= size
}

// word returns the first eight bytes of a digest as a number.
func word[T ~[32]byte](id T) uint64 { return binary.BigEndian.Uint64(id[:]) }
