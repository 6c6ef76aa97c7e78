package message

import "math"

// Size returns how many bytes Encode appends. Of blocks and batches, which are
// most of what is sent, it encodes nothing.
func Size(m Message) int {
	switch m := m.(type) {
	case *Blocks:
		return sizeOf(m.Blocks)
	case *Batches:
		return sizeOf(m.Batches)
	default:
		return len(Encode(nil, m))
	}
}

// sizeOf is the size of a message that is one list: its three heads, the list's,
// and the items.
func sizeOf[T interface{ Raw() []byte }](items []T) int {
	size := 3 + headSize(len(items))
	for _, item := range items {
		size += headSize(len(item.Raw())) + len(item.Raw())
	}
	return size
}

// headSize is how many bytes say a length.
func headSize(n int) int {
	switch {
	case n < 24:
		return 1
	case n <= math.MaxUint8:
		return 2
	case n <= math.MaxUint16:
		return 3
	default:
		return 5
	}
}
