package sim

import "github.com/floormesh/floormesh/consensus/replica"

// kind says what an event is.
type kind uint8

const (
	arrival    kind = iota + 1 // a message reaches a node
	tick                       // a node's alarm rings
	synced                     // a disk has made its writes durable
	overdue                    // what nothing waits for is to be made durable
	loaded                     // a disk has read what was asked for
	relink                     // a node notices how its connection to a peer stands
	submission                 // a device hands records to a node
	faultStart                 // a fault of the plan begins
	faultEnd                   // and ends
	act                        // an adversary does something of its own accord
	watch                      // the world looks whether it is done
	opened                     // a node has decoded and checked a message
	stepped                    // a node has done the work of a Step
)

// String returns the word used in traces.
func (k kind) String() string {
	switch k {
	case arrival:
		return "arrival"
	case tick:
		return "tick"
	case synced:
		return "synced"
	case overdue:
		return "overdue"
	case loaded:
		return "loaded"
	case relink:
		return "relink"
	case submission:
		return "submission"
	case faultStart:
		return "fault"
	case faultEnd:
		return "heal"
	case act:
		return "act"
	case watch:
		return "watch"
	case opened:
		return "opened"
	case stepped:
		return "stepped"
	default:
		return "unknown"
	}
}

// event is one thing that will happen. It is 32 bytes and holds no pointer, so
// that a million pending ones cost the garbage collector nothing; what it
// carries lies in a slab under its handle.
type event struct {
	at     replica.Instant
	seq    uint64 // of its source: which of the things it caused
	source int32  // who caused it: a node, or nobody
	node   int32  // where it happens, or nobody
	load   handle
	kind   kind
}

// before is the total order of events: time, then source, then the source's own
// count. No global counter takes part, so that the order does not depend on how
// nodes are spread over workers.
func (e event) before(o event) bool {
	if e.at != o.at {
		return e.at < o.at
	}
	if e.source != o.source {
		return e.source < o.source
	}
	return e.seq < o.seq
}

// queue is a binary heap of events.
type queue struct{ heap []event }

// len returns how many events wait.
func (q *queue) len() int { return len(q.heap) }

// push adds an event.
func (q *queue) push(e event) {
	q.heap = append(q.heap, e)
	i := len(q.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !q.heap[i].before(q.heap[up]) {
			return
		}
		q.heap[i], q.heap[up] = q.heap[up], q.heap[i]
		i = up
	}
}

// pop removes and returns the first event. The queue must not be empty.
func (q *queue) pop() event {
	first := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap = q.heap[:last]
	q.sink(0)
	return first
}

func (q *queue) sink(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(q.heap); child++ {
			if q.heap[child].before(q.heap[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}
