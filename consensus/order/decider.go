package order

import (
	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
)

// Status is what the commit rule says of a leader slot.
type Status uint8

// Statuses. Commit and Skip never change, except by another schedule.
const (
	Undecided Status = iota
	Commit
	Skip
)

// String returns "undecided", "commit" or "skip".
func (s Status) String() string {
	switch s {
	case Commit:
		return "commit"
	case Skip:
		return "skip"
	default:
		return "undecided"
	}
}

// Decision is the status of one leader slot.
type Decision struct {
	Round  dag.Round
	Leader dag.Author
	Status Status
	Block  *Vertex // the one that commits, else nil
}

// Schedule says who leads. The same schedule gives the same answer every time.
type Schedule interface {
	// Leader returns the leader of a round, or false if the round has no leader slot.
	Leader(r dag.Round) (dag.Author, bool)
}

// Decider applies the commit rule to the leader slots after a cursor.
type Decider struct {
	graph    *Graph
	schedule Schedule
	last     dag.Round // every slot up to here has been yielded
	slots    []slot    // of rounds last+1, …; what is decided stays
	version  uint64    // of the graph when all slots were evaluated
}

// slot is a Decision being made.
type slot struct {
	Decision
	vacant bool // the round has no leader slot: nothing to decide or to wait for
	at     *vertex
}

// NewDecider returns a Decider over g whose first slot is that of round last+1.
// Any round at or above g's floor will do.
func NewDecider(g *Graph, s Schedule, last dag.Round) *Decider {
	return &Decider{graph: g, schedule: s, last: last}
}

// Next yields the next slot if it is decided, Commit or Skip, and moves past it.
func (d *Decider) Next() (Decision, bool) {
	for d.top() > d.last {
		d.extend()
		s := &d.slots[0]
		if s.Status == Undecided && !s.vacant {
			// Nearly always the direct rule settles the first slot, whatever lies above.
			d.direct(s)
		}
		if s.Status == Undecided && !s.vacant && d.version != d.graph.version {
			d.evaluate()
		}
		if s.Status == Undecided && !s.vacant {
			return Decision{}, false
		}
		decision, vacant := s.Decision, s.vacant
		d.last++
		d.slots[0] = slot{}
		d.slots = d.slots[1:]
		if !vacant {
			return decision, true
		}
	}
	return Decision{}, false
}

// Pending returns every slot from the cursor to two rounds below the highest,
// ascending, decided or not. It moves nothing.
func (d *Decider) Pending() []Decision {
	var pending []Decision
	d.evaluate()
	for i := range d.slots {
		if !d.slots[i].vacant {
			pending = append(pending, d.slots[i].Decision)
		}
	}
	return pending
}

// Last returns the cursor: the round of the last slot yielded.
func (d *Decider) Last() dag.Round { return d.last }

// Leader returns the leader of a round under the schedule in force.
func (d *Decider) Leader(r dag.Round) (dag.Author, bool) { return d.schedule.Leader(r) }

// Settled reports whether a member need not wait for more votes on the leader
// of round r: the slot lies at or before the cursor, has no leader, has a block
// with a quorum of votes, or is skipped.
func (d *Decider) Settled(r dag.Round) bool {
	if r <= d.last {
		return true
	}
	leader, ok := d.schedule.Leader(r)
	if !ok || d.graph.Supported(r, leader) || d.graph.Skippable(r, leader) {
		return true
	}
	i := r - d.last - 1
	return i < dag.Round(len(d.slots)) && d.slots[i].Status != Undecided
}

// Reschedule sets the schedule for the slots that have not been yielded. They
// are decided anew, unless s is the schedule in force.
func (d *Decider) Reschedule(s Schedule) {
	if s == d.schedule {
		return
	}
	d.schedule = s
	d.slots = nil
}

// top returns the highest round whose slot may be evaluated: certificates for
// it would lie two rounds on.
func (d *Decider) top() dag.Round {
	if h := d.graph.Highest(); h > 2 {
		return h - 2
	}
	return 0
}

// extend makes room for every slot that may be evaluated.
func (d *Decider) extend() {
	for r := d.last + dag.Round(len(d.slots)) + 1; r <= d.top(); r++ {
		leader, ok := d.schedule.Leader(r)
		d.slots = append(d.slots, slot{Decision: Decision{Round: r, Leader: leader}, vacant: !ok})
		d.version = 0 // a new slot has not been evaluated
	}
}

// evaluate decides what can be decided, from the highest slot down.
func (d *Decider) evaluate() {
	d.extend()
	distance := 3
	if planted.AnchorTooNear {
		distance = 2
	}
	var anchor *slot // the lowest slot at least three rounds above that is not skipped
	var past *history
	for i := len(d.slots) - 1; i >= 0; i-- {
		if i+distance < len(d.slots) {
			if s := &d.slots[i+distance]; !s.vacant && s.Status != Skip {
				anchor, past = s, nil
			}
		}
		s := &d.slots[i]
		if s.vacant || s.Status != Undecided {
			continue
		}
		if d.direct(s); s.Status != Undecided || anchor == nil || anchor.Status != Commit {
			continue
		}
		if past == nil {
			past = d.graph.historyOf(anchor.at)
		}
		d.indirect(s, past)
	}
	d.version = d.graph.version
}

// direct applies the direct rule.
func (d *Decider) direct(s *slot) {
	for x := d.graph.slot(s.Round, s.Leader); x != nil; x = x.next {
		votes := d.graph.supportOf(x).votes
		if votes.Count() < d.graph.quorum {
			continue // nor has anybody a certificate
		}
		certified := d.graph.certified(x)
		if certified.Count() >= d.graph.quorum || planted.VotesSuffice {
			s.commit(x)
			return
		}
	}
	if d.graph.Skippable(s.Round, s.Leader) {
		s.Status = Skip
	}
}

// indirect decides by the history of a committed anchor: a certificate in it
// commits the block it is for, none skips the slot.
func (d *Decider) indirect(s *slot, past *history) {
	past.descend(s.Round + 2)
	certifiers := d.graph.layer(s.Round + 2)
	s.Status = Skip
	for x := d.graph.slot(s.Round, s.Leader); x != nil; x = x.next {
		for c := range certifiers.all() {
			if (past.has(c) || planted.CertificateInStore) && d.graph.certifies(c, x) {
				s.commit(x)
				return
			}
		}
	}
}

func (s *slot) commit(x *vertex) {
	s.Status, s.Block, s.at = Commit, x.Vertex, x
}
