package replica

import (
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// intake is the way of own records into own lanes.
type intake struct {
	classes [dag.LaneClasses]queue
	pending map[dag.Digest]*pending // own statements not executed yet, at most maxOwnPending
	order   []dag.Digest            // of pending, oldest first
	number  uint64                  // last own administrative number signed
}

// queue is what waits to be sealed into one lane.
type queue struct {
	lane    dag.LaneID
	records []*dag.Record
	tickets []Ticket // by record, 0 for an own administrative one
	bytes   int
	last    Instant // when the last batch was sealed
	sealed  uint64  // the Persist that holds it
}

// pending is a statement on its way into the log.
type pending struct {
	id     dag.RecordID
	sealed bool
	echoes []Ticket // the same statement, submitted again before it was sealed
}

func newIntake(r *Replica, from *store.Restored) intake {
	in := intake{pending: map[dag.Digest]*pending{}, number: r.exec.NextNumber(r.self) - 1}
	for class := range in.classes {
		q := &in.classes[class]
		q.lane = dag.LaneID{Key: r.self, Number: dag.LaneNumber(class)}
		q.last = -Instant(time.Hour)
	}
	for _, tip := range from.LaneTips {
		q := &in.classes[tip.Lane.Number.Class()]
		if tip.Lane.Number > q.lane.Number {
			q.lane = tip.Lane
		}
	}
	return in
}

// submit queues records, and answers at once those that need no storing.
func (r *Replica) submit(records []Submission) {
	for i := range records {
		r.submitOne(&records[i])
	}
}

func (r *Replica) submitOne(s *Submission) {
	record := s.Record.Value()
	statement := record.Statement()
	if p := r.intake.pending[statement]; p != nil {
		if p.sealed {
			r.emit(Known{Ticket: s.Ticket, First: p.id})
		} else {
			p.echoes = append(p.echoes, s.Ticket)
		}
		return
	}
	if leaf, ok := r.exec.Find(statement); ok {
		r.emit(Known{Ticket: s.Ticket, Leaf: leaf})
		return
	}
	q := &r.intake.classes[s.Class.Class()]
	switch {
	case !r.exec.Entitled(record.Signer):
		r.emit(Turned{Ticket: s.Ticket, Reason: ErrNotEntitled})
	case len(q.records) >= maxSubmissions || q.bytes+len(record.Raw()) > maxSubmissionBytes:
		r.emit(Turned{Ticket: s.Ticket, Reason: ErrOverloaded})
	default:
		r.enqueue(q, record, s.Ticket)
	}
}

func (r *Replica) enqueue(q *queue, record *dag.Record, ticket Ticket) {
	q.records = append(q.records, record)
	q.tickets = append(q.tickets, ticket)
	q.bytes += record.BatchBytes()
	r.intake.remember(record)
}

// remember notes a statement as pending. The oldest are forgotten beyond the
// bound; then execution alone tells a duplicate.
func (in *intake) remember(record *dag.Record) {
	if len(in.order) >= maxOwnPending {
		if oldest := in.order[0]; in.pending[oldest] == nil || in.pending[oldest].sealed {
			delete(in.pending, oldest)
			in.order = in.order[1:]
		}
	}
	in.pending[record.Statement()] = &pending{id: record.ID()}
	in.order = append(in.order, record.Statement())
}

// executed forgets the own statements that a commit executed.
func (in *intake) executed(self PeerID, x *store.Executed) {
	for i := range x.Records {
		if x.Records[i].Lane.Key == self {
			delete(in.pending, x.Records[i].Statement)
		}
	}
	for len(in.order) > 0 && in.pending[in.order[0]] == nil {
		in.order = in.order[1:]
	}
}

// sealAt returns when the next own batch may be sealed.
func (r *Replica) sealAt() Instant {
	at := Never
	for i := range r.intake.classes {
		q := &r.intake.classes[i]
		if len(q.records) > 0 && q.sealed <= r.durable {
			at = min(at, q.last+r.batchSpacing(q))
		}
	}
	return at
}

// batchSpacing is the least time between own batches: small batches are quick,
// but a lane that only piles up is better off with few large ones.
func (r *Replica) batchSpacing(q *queue) Instant {
	if l := r.laneBook.lanes[q.lane]; l != nil && len(l.chain) >= dag.MaxAckBatches {
		return backlogBatchSpacing
	}
	return Instant(r.cfg.Timing.BatchSpacing)
}

// seal makes batches of what waits, one lane at a time, once the batch before
// is durable: what comes meanwhile shares the next one.
func (r *Replica) seal() {
	for i := range r.intake.classes {
		q := &r.intake.classes[i]
		for len(q.records) > 0 && q.sealed <= r.durable && r.now >= q.last+r.batchSpacing(q) {
			r.sealBatch(q)
		}
	}
}

// sealBatch signs and stores the next batch of a lane, answers its submitters
// and sends it to everybody.
func (r *Replica) sealBatch(q *queue) {
	l := r.laneBook.lane(q.lane, r.committee.N())
	if l.forked {
		// Somebody holds another batch of this lane signed with this key. Nothing
		// that is put there can become final: go on in a new lane.
		q.lane.Number += dag.LaneClasses
		l = r.laneBook.lane(q.lane, r.committee.N())
	}
	n := fit(q.records)
	b, err := dag.SignBatch(dag.BatchHeader{
		Ledger: r.domain.Ledger, Lane: q.lane, Seq: l.tip() + 1, Prev: l.tipID(), ClaimedAt: max(r.wall, l.claimed),
	}, q.records[:n], r.cfg.NodeKey)
	if err != nil {
		panic("own batch is refused: " + err.Error())
	}
	l.claimed = b.ClaimedAt
	r.extend(l, b)
	m := &message.Batches{Batches: []*dag.Batch{b}}
	r.emit(Broadcast{Message: m})
	r.emit(Gossip{Message: m})
	for i, record := range q.records[:n] {
		r.answer(record, q.tickets[i])
	}
	q.last, q.sealed = r.now, r.persisted
	for _, record := range q.records[:n] {
		q.bytes -= record.BatchBytes()
	}
	q.records, q.tickets = q.records[n:], q.tickets[n:]
}

// answer tells the submitters of a sealed record.
func (r *Replica) answer(record *dag.Record, ticket Ticket) {
	if ticket != 0 {
		r.emit(Stored{Ticket: ticket, Record: record.ID()})
	}
	p := r.intake.pending[record.Statement()]
	if p == nil {
		return
	}
	p.sealed = true
	for _, echo := range p.echoes {
		r.emit(Known{Ticket: echo, First: p.id})
	}
	p.echoes = nil
}

// fit returns how many of the first records one batch holds.
func fit(records []*dag.Record) int {
	room := dag.MaxBatchBytes - dag.MaxSignedHeaderBytes
	for i, record := range records[:min(len(records), dag.MaxBatchRecords)] {
		if room -= record.BatchBytes(); room < 0 {
			return i
		}
	}
	return min(len(records), dag.MaxBatchRecords)
}

// administer signs an administrative record of this node and queues it for its
// administration lane.
func (r *Replica) administer(kind string, body []byte) {
	r.intake.number = max(r.intake.number+1, r.exec.NextNumber(r.self))
	payload := (&dag.Admin{Ledger: r.domain.Ledger, Number: r.intake.number, Kind: kind, Body: body}).Encode()
	record, err := dag.SignRecord(r.domain.Mesh, r.cfg.NodeKey, dag.FormatAdmin, payload)
	if err != nil {
		panic("own administrative record is refused: " + err.Error())
	}
	r.enqueue(&r.intake.classes[dag.LaneAdministration], record, 0)
}
