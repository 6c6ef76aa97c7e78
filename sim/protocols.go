package sim

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sim/protocol/hotstuff"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sync/message"
)

// What nodes may run.
const (
	Floormesh = "floormesh" // the Replicas of consensus/replica
	HotStuff  = "hotstuff"  // see sim/protocol/hotstuff
)

// Protocols returns the names of all.
func Protocols() []string { return []string{Floormesh, HotStuff} }

// makerOf returns what makes the nodes of a protocol; nil: there is none of this name.
func makerOf(name string) protocol.Maker {
	switch name {
	case "", Floormesh:
		return func(cfg replica.Config, from *store.Restored, _ protocol.Kept) (protocol.Machine, error) {
			return replica.New(cfg, from)
		}
	case HotStuff:
		return hotstuff.New
	default:
		return nil
	}
}

// persistOf tells a write from other outputs.
func persistOf(o replica.Output) (p replica.Persist, kept protocol.Kept, ok bool) {
	switch o := o.(type) {
	case replica.Persist:
		return o, nil, true
	case protocol.Persist:
		return o.Persist, o.Kept, true
	default:
		return p, nil, false
	}
}

// bytesOf returns how long a message is as it travels.
func bytesOf(m message.Message) int {
	if own, ok := m.(protocol.Message); ok {
		return own.Bytes()
	}
	return message.Size(m)
}

// kindOfSort returns as what results count a protocol's own messages.
func kindOfSort(s protocol.Sort) result.Kind {
	switch s {
	case protocol.Block:
		return 0
	case protocol.Vote:
		return votesKind
	case protocol.Status:
		return 3
	case protocol.Request:
		return 4
	default:
		return noiseKind
	}
}

// vertex notes a protocol's own block when its author first says it.
func (t *notes) vertex(w *World, from *node, v protocol.Vertex) {
	ref, _ := v.Vertex()
	if int(ref.Author) != from.id || ref.ID == t.last[from.id] {
		return
	}
	t.last[from.id] = ref.ID
	t.book.Round(result.Instant(w.now), uint64(ref.Round))
	t.event(w, from.id, nobody, result.Made, 0, word(ref.ID), uint64(ref.Round), nil)
	t.draw(w, from.id, v)
}

// draw notes that a node knows a protocol's own block, where it is drawn.
func (t *notes) draw(w *World, node int, v protocol.Vertex) {
	ref, parents := v.Vertex()
	for _, d := range t.drawings {
		if !d.sees(w.now, node) || d.blocks[ref.ID] {
			continue
		}
		d.blocks[ref.ID] = true
		drawn := result.Block{
			Window: d.number, ID: word(ref.ID), Round: uint64(ref.Round), Author: uint32(ref.Author), At: result.Instant(w.now),
		}
		for _, parent := range parents {
			drawn.Parents = append(drawn.Parents, word(parent))
		}
		t.book.Block(drawn)
	}
}

// keeps notes bytes that a protocol keeps beside the ledger.
func (t *notes) keeps(node, bytes int) { t.book.Counters(t.node(node)).BytesSynced += uint64(bytes) }
