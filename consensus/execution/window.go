package execution

import (
	"math"

	"github.com/floormesh/floormesh/dag"
)

// window remembers the statements of the log's last leaves, to find
// duplicates among them. A commit's own leaf takes a place, but is never found.
type window struct {
	ring   []leaf // leaf i is at i modulo the capacity
	size   uint64 // leaves ever added
	full   int    // capacity: the horizon, or all that ever comes
	behind uint64 // how far back a statement is sought
	at     map[dag.Digest]dag.LeafIndex
}

// leaf is a statement in the log, and the leaf before it of the same one plus 1, 0 if it is not here.
type leaf struct {
	statement dag.Digest
	before    uint64
}

// newWindow returns a window that sees and keeps the last capacity leaves.
func newWindow(capacity uint32) *window {
	return &window{full: int(capacity), behind: uint64(capacity), at: map[dag.Digest]dag.LeafIndex{}}
}

// newPanorama returns a window that sees as far, from wherever in the log one
// looks: it keeps everything.
func newPanorama(horizon uint32) *window {
	w := newWindow(horizon)
	w.full = math.MaxInt
	return w
}

// add appends a leaf; the zero statement is a commit's.
func (w *window) add(statement dag.Digest) {
	slot := int(w.size % uint64(w.full))
	if slot == len(w.ring) {
		w.ring = append(w.ring, leaf{})
	} else {
		delete(w.at, w.ring[slot].statement)
	}
	w.ring[slot] = leaf{statement: statement}
	if statement != (dag.Digest{}) {
		if earlier, ok := w.at[statement]; ok {
			w.ring[slot].before = uint64(earlier) + 1
		}
		w.at[statement] = dag.LeafIndex(w.size)
	}
	w.size++
}

// find returns the leaf of a statement as seen from a log of size.
func (w *window) find(statement dag.Digest, size uint64) (dag.LeafIndex, bool) {
	found, ok := w.at[statement]
	for ok && uint64(found) >= size {
		before := w.ring[uint64(found)%uint64(w.full)].before
		found, ok = dag.LeafIndex(before-1), before > 0
	}
	return found, ok && uint64(found)+w.behind >= size
}

// from returns the window of a log of size alone.
func (w *window) from(size uint64) *window {
	recent := make([]dag.Digest, 0, min(size, w.behind))
	for i := size - min(size, w.behind); i < size; i++ {
		recent = append(recent, w.ring[i%uint64(w.full)].statement)
	}
	own := newWindow(uint32(w.behind))
	own.restore(size, recent)
	return own
}

// restore fills the window of a log of size with its last statements.
func (w *window) restore(size uint64, recent []dag.Digest) {
	if len(recent) > w.full {
		recent = recent[len(recent)-w.full:]
	}
	w.size = size - uint64(len(recent))
	// The ring's slots are positions modulo the capacity, so a log longer than
	// what is given starts in its middle.
	if w.size > 0 {
		w.ring = make([]leaf, w.full)
	}
	for _, s := range recent {
		w.add(s)
	}
}
