package engine

import "fmt"

// Slab keeps what events of one partition carry, one event for each value. Freed
// places are used again, so that handles are the same in every run. The zero
// value is empty and ready.
type Slab[T any] struct {
	items []T
	free  []Handle
}

// Put stores a value and returns its handle.
func (s *Slab[T]) Put(v T) Handle {
	if last := len(s.free) - 1; last >= 0 {
		h := s.free[last]
		s.free = s.free[:last]
		s.items[h-1] = v
		return h
	}
	s.items = append(s.items, v)
	return Handle(len(s.items))
}

// Get returns where a value lies, until the next Put.
func (s *Slab[T]) Get(h Handle) *T { return &s.items[h-1] }

// Take removes and returns a value.
func (s *Slab[T]) Take(h Handle) T {
	var none T
	v := s.items[h-1]
	s.items[h-1] = none
	s.free = append(s.free, h)
	return v
}

// Len returns how many values are stored.
func (s *Slab[T]) Len() int { return len(s.items) - len(s.free) }

// Shared keeps immutable values that many events carry, of any partition. Each
// value belongs to the partition that put it there, which alone writes: others
// learn of a handle through an event, thus after a barrier, and what they release
// goes back to the owner at the next window ([Shared.Collect]).
type Shared[T any] struct {
	bits  int // of a handle that say the partition
	first int // partition
	parts []share[T]
}

type share[T any] struct {
	chunks   []*[shareChunk]shared[T] // of full length from the start: it is read while it fills
	used     int                      // places ever used
	free     []uint32
	live     int
	returned [2][][]Handle // by parity of the window, then owner: released here
}

type shared[T any] struct {
	value T
	refs  int32
}

// NewShared returns an empty store for a number of partitions.
func NewShared[T any](partitions int) *Shared[T] { return NewSharedOf[T](0, partitions) }

// NewSharedOf returns an empty store for some of an engine's partitions: so many, from the first on.
func NewSharedOf[T any](first, partitions int) *Shared[T] {
	s := &Shared[T]{first: first, parts: make([]share[T], partitions)}
	for 1<<s.bits < partitions {
		s.bits++
	}
	for i := range s.parts {
		p := &s.parts[i]
		p.chunks = make([]*[shareChunk]shared[T], min(maxShareChunks, 1<<(32-s.bits)/shareChunk))
		for parity := range p.returned {
			p.returned[parity] = make([][]Handle, partitions)
		}
	}
	return s
}

// Put stores a value that will be released refs times. Only what runs in the
// partition may call it.
func (s *Shared[T]) Put(c *Partition, v T, refs int) Handle {
	owner := c.index - s.first
	p := &s.parts[owner]
	var place uint32
	if last := len(p.free) - 1; last >= 0 {
		place = p.free[last]
		p.free = p.free[:last]
	} else {
		p.used++ // place 0 of a partition names nothing
		place = uint32(p.used)
		if p.used/shareChunk >= len(p.chunks) {
			panic(fmt.Sprintf("engine: partition %d shares %d values and has no room for more: release what is no longer needed", c.index, p.live))
		}
		if p.chunks[place/shareChunk] == nil {
			p.chunks[place/shareChunk] = new([shareChunk]shared[T])
		}
	}
	p.chunks[place/shareChunk][place%shareChunk] = shared[T]{v, int32(refs)}
	p.live++
	return Handle(place<<s.bits) | Handle(owner)
}

// Get returns a value, from any partition.
func (s *Shared[T]) Get(h Handle) T {
	owner, place := s.split(h)
	return s.parts[owner].chunks[place/shareChunk][place%shareChunk].value
}

// Retain adds references to a value of the partition.
func (s *Shared[T]) Retain(c *Partition, h Handle, refs int) {
	owner, place := s.split(h)
	if owner != c.index-s.first {
		panic(fmt.Sprintf("engine: partition %d retains a value of partition %d, which alone may", c.index, owner+s.first))
	}
	s.parts[owner].chunks[place/shareChunk][place%shareChunk].refs += int32(refs)
}

// Release gives one reference back, from what runs in any partition.
func (s *Shared[T]) Release(c *Partition, h Handle) {
	owner, _ := s.split(h)
	if owner == c.index-s.first {
		s.drop(h)
		return
	}
	back := &s.parts[c.index-s.first].returned[c.window%2][owner]
	*back = append(*back, h)
}

// Collect takes back what other partitions released in the window before. Call
// it at the start of every window ([Windower]); with one partition there is
// nothing to take back.
func (s *Shared[T]) Collect(c *Partition) {
	for i := range s.parts {
		back := &s.parts[i].returned[(c.window+1)%2][c.index-s.first]
		for _, h := range *back {
			s.drop(h)
		}
		*back = (*back)[:0]
	}
}

// Len returns how many values are stored. Call it while nothing runs.
func (s *Shared[T]) Len() (n int) {
	for i := range s.parts {
		n += s.parts[i].live
	}
	return n
}

func (s *Shared[T]) split(h Handle) (owner int, place uint32) {
	return int(h & (1<<s.bits - 1)), uint32(h) >> s.bits
}

func (s *Shared[T]) drop(h Handle) {
	owner, place := s.split(h)
	p := &s.parts[owner]
	v := &p.chunks[place/shareChunk][place%shareChunk]
	switch v.refs--; {
	case v.refs < 0:
		panic(fmt.Sprintf("engine: value %d of partition %d is released more often than it was retained", place, owner))
	case v.refs == 0:
		*v = shared[T]{}
		p.free = append(p.free, place)
		p.live--
	}
}
