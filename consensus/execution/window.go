package execution

import "github.com/floormesh/floormesh/dag"

// window remembers the statements of the log's last leaves, to find
// duplicates among them. A commit's own leaf takes a place, but is never found.
type window struct {
	ring []dag.Digest // leaf i is at i modulo the capacity
	size uint64       // leaves ever added
	full int          // capacity
	at   map[dag.Digest]dag.LeafIndex
}

func newWindow(capacity uint32) window {
	return window{full: int(capacity), at: map[dag.Digest]dag.LeafIndex{}}
}

// add appends a leaf; the zero statement is a commit's.
func (w *window) add(statement dag.Digest) {
	slot := int(w.size % uint64(w.full))
	if slot == len(w.ring) {
		w.ring = append(w.ring, statement)
	} else {
		delete(w.at, w.ring[slot])
		w.ring[slot] = statement
	}
	if statement != (dag.Digest{}) {
		w.at[statement] = dag.LeafIndex(w.size)
	}
	w.size++
}

// find returns the leaf of a statement.
func (w *window) find(statement dag.Digest) (dag.LeafIndex, bool) {
	leaf, ok := w.at[statement]
	return leaf, ok
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
		w.ring = make([]dag.Digest, w.full)
	}
	for _, s := range recent {
		w.add(s)
	}
}
