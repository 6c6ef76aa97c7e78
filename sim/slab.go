package sim

// handle names a value in a slab. Zero names nothing.
type handle uint32

// slab keeps what events carry. Freed places are used again.
type slab[T any] struct {
	items []T
	free  []handle
}

// put stores a value and returns its handle.
func (s *slab[T]) put(v T) handle {
	if last := len(s.free) - 1; last >= 0 {
		h := s.free[last]
		s.free = s.free[:last]
		s.items[h-1] = v
		return h
	}
	s.items = append(s.items, v)
	return handle(len(s.items))
}

// take removes and returns a value.
func (s *slab[T]) take(h handle) T {
	var none T
	v := s.items[h-1]
	s.items[h-1] = none
	s.free = append(s.free, h)
	return v
}
