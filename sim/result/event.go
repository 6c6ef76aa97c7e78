package result

import "slices"

// An Event is one thing that happened at one node. Everything but Label is folded into the fingerprint chain.
type Event struct {
	At      Instant
	Node    Node
	Peer    Node // the other end of a message, else NoNode
	Act     Act
	Kind    Kind    // of the message
	Message Message // joins what was sent with what was received
	Detail  uint64  // a number that tells more: a round, a size, a digest's first bytes
	Label   string  // a few words for people; only asked for when Recorder.Wants says so
}

// Asked says what goes into the event log: what any of its watches sees. None asks for nothing.
type Asked []Watch

// Watch is some nodes for some time.
type Watch struct {
	Nodes []Node  `json:"nodes"` // empty: all nodes
	From  Instant `json:"from_ns"`
	To    Instant `json:"to_ns"`
}

// Nothing reports whether no log was asked for.
func (a Asked) Nothing() bool {
	return !slices.ContainsFunc(a, func(w Watch) bool { return w.To > w.From })
}

// End returns when the last watch ends.
func (a Asked) End() (end Instant) {
	for _, w := range a {
		end = max(end, w.To)
	}
	return end
}

// A Logged event is a row of the event log. Its place in the chain of its
// partition is Index; the first event has index 0.
type Logged struct {
	Partition uint32
	Index     uint64
	Event
}

// eventLog keeps the events that were asked for.
type eventLog struct {
	watches []watch
	rows    []Logged
	dropped uint64
}

// watch is a Watch with a set of its nodes; nil: all.
type watch struct {
	nodes    map[Node]bool
	from, to Instant
}

func newEventLog(asked Asked) (l eventLog) {
	for _, a := range asked {
		w := watch{from: a.From, to: a.To}
		if len(a.Nodes) > 0 {
			w.nodes = make(map[Node]bool, len(a.Nodes))
			for _, n := range a.Nodes {
				w.nodes[n] = true
			}
		}
		l.watches = append(l.watches, w)
	}
	return l
}

func (l *eventLog) wants(at Instant, node Node) bool {
	for i := range l.watches {
		if w := &l.watches[i]; at < w.to && at >= w.from && (w.nodes == nil || w.nodes[node]) {
			return true
		}
	}
	return false
}

func (l *eventLog) add(partition uint32, index uint64, e *Event) {
	if len(l.rows) >= maxEvents {
		l.dropped++
		return
	}
	row := Logged{Partition: partition, Index: index, Event: *e}
	row.Label = row.Label[:min(len(row.Label), maxLabelBytes)]
	l.rows = append(l.rows, row)
}
