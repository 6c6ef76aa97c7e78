package recording

import (
	"math"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

func appendRaw[T interface{ Raw() []byte }](to []byte, items []T) []byte {
	to = dagcbor.AppendArray(to, len(items))
	for _, item := range items {
		to = dagcbor.AppendBytes(to, item.Raw())
	}
	return to
}

// appendOptional appends null for nil: a state may be empty, or not be there.
func appendOptional(to, v []byte) []byte {
	if v == nil {
		return dagcbor.AppendNull(to)
	}
	return dagcbor.AppendBytes(to, v)
}

func appendCertified(to []byte, c *checkpoint.Certified) []byte {
	if c == nil {
		return dagcbor.AppendNull(to)
	}
	return dagcbor.AppendBytes(to, c.Encode())
}

func appendFlag(to []byte, v bool) []byte {
	if v {
		return dagcbor.AppendUint(to, 1)
	}
	return dagcbor.AppendUint(to, 0)
}

// appendLane appends two items.
func appendLane(to []byte, lane dag.LaneID) []byte {
	to = dagcbor.AppendBytes(to, lane.Key[:])
	return dagcbor.AppendUint(to, uint64(lane.Number))
}

func readLane(r *dagcbor.Reader) (lane dag.LaneID) {
	r.Exactly(lane.Key[:])
	lane.Number = dag.LaneNumber(r.Uint(math.MaxUint32))
	return lane
}

// one reads a byte string and decodes it; zero after an error.
func one[T any](r *dagcbor.Reader, limit int, decode func([]byte) (T, error)) (item T) {
	raw := r.Bytes(limit)
	if r.Err() != nil {
		return item
	}
	item, err := decode(raw)
	if err != nil {
		r.Fail(err)
	}
	return item
}

// list reads an array of byte strings and decodes each. Its length is bounded by
// the bytes that are there.
func list[T any](r *dagcbor.Reader, limit int, decode func([]byte) (T, error)) (items []T) {
	n := r.Array(math.MaxInt32)
	for range n {
		items = append(items, one(r, limit, decode))
		if r.Err() != nil {
			return nil
		}
	}
	return items
}
