package engine

// Instant is a moment of virtual time: nanoseconds since the start of the run.
type Instant int64

// Never is later than anything that happens.
const Never Instant = 1<<63 - 1

// Node numbers a node of the run, from 0.
type Node int32

// Nobody stands where no node does: its events belong to the world as a whole.
const Nobody Node = -1

// Kind says what an event is. The meaning is its handlers'.
type Kind uint8

// Handle names a value in a [Slab] or [Shared]. Zero names nothing.
type Handle uint32

// What is the part of an event that belongs to its handlers.
type What struct {
	Load Handle // what it carries, if anything
	Tag  uint16 // free
	Kind Kind
}

// Event is one thing that happens. It is 32 bytes and holds no pointer, so that
// a million pending ones cost the garbage collector nothing.
type Event struct {
	At     Instant
	Seq    uint64 // of its source: which of the things it caused
	Source Node   // who caused it: a node, or Nobody
	Node   Node   // where it happens, or Nobody
	What
}

// Before is the total order of events: time, then source, then the source's own
// count. No global counter takes part, so that the order does not depend on how
// nodes are spread over workers. The world, being node -1, comes first.
func (e Event) Before(o Event) bool {
	if e.At != o.At {
		return e.At < o.At
	}
	if e.Source != o.Source {
		return e.Source < o.Source
	}
	return e.Seq < o.Seq
}
