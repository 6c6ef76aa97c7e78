// Package index finds things by their digests or keys.
//
// A [Table] does what a map does, but is flat: it takes one look at memory where a
// map takes five, one behind the other. That matters where thousands of
// nodes share a process, each with tables of its own, and the tables of the one
// at work are never in any cache. Where there is one node it is no slower.
package index

import "hash/maphash"

// ID is a digest or a key.
type ID interface{ ~[32]byte }

// Identified is what a Table holds: mostly pointers. An id must not change.
type Identified[K ID] interface {
	comparable
	ID() K
}

// Table finds values by id. The zero value is an empty table; the zero value of V cannot be
// in it. Where an id stands is drawn anew for each table, so that nobody can
// choose ids that crowd each other; nothing that a table says depends on it.
type Table[K ID, V Identified[K]] struct {
	seed  maphash.Seed
	slots []slot[K, V] // a power of two, at most half of them taken
	count int
}

// slot holds a value in its place, or behind others that took it.
type slot[K ID, V Identified[K]] struct {
	hash  uint64 // of the value's id
	value V
}

// Len returns how many values there are.
func (t *Table[K, V]) Len() int { return t.count }

// Get returns the value with an id, the zero value if there is none.
func (t *Table[K, V]) Get(id K) (v V) {
	if t.count == 0 {
		return v
	}
	return t.slots[t.find(t.hash(&id), &id)].value
}

// Put puts v in, in the place of one with the same id, and reports whether there
// was none.
func (t *Table[K, V]) Put(v V) bool {
	if 2*(t.count+1) > len(t.slots) {
		t.grow()
	}
	id := v.ID()
	s := slot[K, V]{t.hash(&id), v}
	at := t.find(s.hash, &id)
	added := t.empty(at)
	if added {
		t.count++
	}
	t.slots[at] = s
	return added
}

// Delete takes out the value with an id, if there is one.
func (t *Table[K, V]) Delete(id K) {
	if t.count == 0 {
		return
	}
	hole := t.find(t.hash(&id), &id)
	if t.empty(hole) {
		return
	}
	t.count--
	// Who stands behind the hole because it was taken moves up.
	for at := t.after(hole); !t.empty(at); at = t.after(at) {
		if t.distance(t.slots[at].hash, at) >= t.distance(uint64(hole), at) {
			t.slots[hole], hole = t.slots[at], at
		}
	}
	t.slots[hole] = slot[K, V]{}
}

// find returns the slot of an id, or the empty one where it would be put.
func (t *Table[K, V]) find(hash uint64, id *K) int {
	at := int(hash) & (len(t.slots) - 1)
	for !t.empty(at) && (t.slots[at].hash != hash || t.slots[at].value.ID() != *id) {
		at = t.after(at)
	}
	return at
}

func (t *Table[K, V]) grow() {
	before := t.slots
	if before == nil {
		t.seed = maphash.MakeSeed()
	}
	t.slots = make([]slot[K, V], max(minSlots, 2*len(before)))
	for _, s := range before {
		var none V
		if s.value == none {
			continue
		}
		at := int(s.hash) & (len(t.slots) - 1)
		for !t.empty(at) {
			at = t.after(at)
		}
		t.slots[at] = s
	}
}

func (t *Table[K, V]) hash(id *K) uint64 { return maphash.Bytes(t.seed, (*id)[:]) }

func (t *Table[K, V]) empty(at int) bool {
	var none V
	return t.slots[at].value == none
}

func (t *Table[K, V]) after(at int) int { return (at + 1) & (len(t.slots) - 1) }

// distance returns how far at lies behind a hash's own slot.
func (t *Table[K, V]) distance(hash uint64, at int) int { return (at - int(hash)) & (len(t.slots) - 1) }
