package result

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

// Asked says what goes into the event log. The zero value asks for nothing.
type Asked struct {
	Nodes    []Node // none: all nodes
	From, To Instant
}

// Nothing reports whether no log was asked for.
func (a *Asked) Nothing() bool { return a.To <= a.From }

// A Logged event is a row of the event log. Its place in the chain of its
// partition is Index; the first event has index 0.
type Logged struct {
	Partition uint32
	Index     uint64
	Event
}

// eventLog keeps the events that were asked for.
type eventLog struct {
	asked   Asked
	nodes   map[Node]bool // nil: all
	rows    []Logged
	dropped uint64
}

func newEventLog(asked Asked) eventLog {
	l := eventLog{asked: asked}
	if len(asked.Nodes) > 0 {
		l.nodes = make(map[Node]bool, len(asked.Nodes))
		for _, n := range asked.Nodes {
			l.nodes[n] = true
		}
	}
	return l
}

func (l *eventLog) wants(at Instant, node Node) bool {
	return at < l.asked.To && at >= l.asked.From && (l.nodes == nil || l.nodes[node])
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
