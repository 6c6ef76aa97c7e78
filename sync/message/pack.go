package message

import "github.com/floormesh/floormesh/dag"

// envelopeBytes is the most that a message with one list adds to its items:
// its own header and the list's.
const envelopeBytes = 16

// itemBytes is the most that one item's length adds to it.
const itemBytes = 5

// PackBlocks puts blocks into as few messages as their bounds allow, in order;
// none if there are no blocks.
func PackBlocks(blocks []*dag.Block) []Message {
	return pack(blocks, MaxBlocks, MaxBlocksBytes, func(run []*dag.Block) Message { return &Blocks{Blocks: run} })
}

// PackBatches puts batches into as few messages as their bounds allow, in
// order; none if there are no batches.
func PackBatches(batches []*dag.Batch) []Message {
	return pack(batches, MaxBatches, MaxBatchesBytes, func(run []*dag.Batch) Message { return &Batches{Batches: run} })
}

// pack cuts items into runs. Each item alone is within the bounds, since its
// own bound is smaller. The runs share the items' array.
func pack[T interface{ Raw() []byte }](items []T, count, size int, wrap func([]T) Message) (out []Message) {
	start, held := 0, envelopeBytes
	for i, item := range items {
		more := itemBytes + len(item.Raw())
		if i > start && (i-start == count || held+more > size) {
			out = append(out, wrap(items[start:i:i]))
			start, held = i, envelopeBytes
		}
		held += more
	}
	if start < len(items) {
		out = append(out, wrap(items[start:]))
	}
	return out
}

// Split returns m as messages that are within their bounds: m alone if it is
// one, or its blocks or batches over several. What cannot be split (no
// protocol rule makes such a message) comes back as it is.
func Split(m Message) []Message {
	switch m := m.(type) {
	case *Blocks:
		return PackBlocks(m.Blocks)
	case *Batches:
		return PackBatches(m.Batches)
	case *Cosign, *Tips, *WantBlocks, *WantBatches, *WantLane, *WantCommits, *Commits:
		return []Message{m}
	}
	return nil
}

// Fits reports whether an encoding of m has no more bytes than its kind may have.
func Fits(m Message, encoded []byte) bool { return len(encoded) <= maxBytes(kindOf(m)) }
