package replica

import (
	"time"

	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// intake is the way of own records into own lanes.
type intake struct {
	classes [dag.LaneClasses]queue
	pending map[dag.Digest]*pending // own statements not executed yet, at most maxOwnPending
	order   []dag.Digest            // of pending, oldest first
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
	in := intake{pending: map[dag.Digest]*pending{}}
	for class := range in.classes {
		q := &in.classes[class]
		q.lane = dag.LaneID{Key: r.self, Number: from.OwnLanes + dag.LaneNumber(class)}
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
		r.echo(p, s.Ticket)
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

// echo answers a statement submitted again, at the latest when it is stored.
func (r *Replica) echo(p *pending, ticket Ticket) {
	switch {
	case p.sealed:
		r.emit(Known{Ticket: ticket, First: p.id})
	case len(p.echoes) == maxEchoes:
		r.emit(Turned{Ticket: ticket, Reason: ErrOverloaded})
	default:
		p.echoes = append(p.echoes, ticket)
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

// executed forgets the own statements that a commit executed. One that is not
// sealed was executed from a batch of before a restart; it is still to be answered.
func (in *intake) executed(self PeerID, x *store.Executed) {
	if len(in.order) == 0 {
		return
	}
	for i := range x.Records {
		if x.Records[i].Lane.Key != self {
			continue
		}
		if p := in.pending[x.Records[i].Statement]; p != nil && p.sealed && !planted.OwnKept {
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
			at = min(at, r.sealQueueAt(q))
		}
	}
	return at
}

// batchSpacing is the least time between own batches: small batches are quick,
// but a lane that only piles up is better off with few large ones.
func (r *Replica) batchSpacing(q *queue) Instant {
	if l := r.laneBook.lane(q.lane); l != nil && len(l.chain) >= dag.MaxAckBatches {
		return backlogBatchSpacing
	}
	return Instant(r.cfg.Timing.BatchSpacing)
}

// sealQueueAt returns when what waits in a queue is sealed. While rounds follow
// each other quickly it waits for the own next block, which then takes it
// along: one sync and one message for both, and the block acks it.
func (r *Replica) sealQueueAt(q *queue) Instant {
	at := q.last + r.batchSpacing(q)
	if r.member && !r.pace.asleep && q.bytes < largeBatchBytes {
		at = max(at, r.pace.last+sealPatience*Instant(r.cfg.Timing.RoundSpacing))
	}
	return at
}

// seal makes batches of what waits, one lane at a time, once the batch before
// is durable: what comes meanwhile shares the next one.
func (r *Replica) seal() {
	for i := range r.intake.classes {
		q := &r.intake.classes[i]
		for len(q.records) > 0 && q.sealed <= r.durable && r.now >= r.sealQueueAt(q) {
			r.sealBatch(q)
		}
	}
}

// sealWithBlock makes batches of what waits for the own next block.
func (r *Replica) sealWithBlock() {
	for i := range r.intake.classes {
		if q := &r.intake.classes[i]; len(q.records) > 0 && q.sealed <= r.durable {
			r.sealBatch(q)
		}
	}
}

// sealBatch signs and stores the next batch of a lane, answers its submitters
// and sends it to everybody.
func (r *Replica) sealBatch(q *queue) {
	l := r.ownLane(q)
	n := fit(q.records)
	b, err := dag.SignBatch(dag.BatchHeader{
		Ledger: r.domain.Ledger, Lane: q.lane, Seq: l.tip() + 1, Prev: l.tipID(), ClaimedAt: max(r.wall, l.claimed),
	}, q.records[:n], r.cfg.NodeKey)
	if err != nil {
		panic("own batch is refused: " + err.Error())
	}
	l.claimed, r.signed = b.ClaimedAt, true
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

// ownLane returns the lane that a queue goes on in. In one that is forked or
// closed nothing can become final: then somebody else has, or this node had
// before it lost its store, batches there signed with this key.
func (r *Replica) ownLane(q *queue) *lane {
	if l := r.laneBook.highest(q.lane); l != nil && (l.forked || l.id.Number > q.lane.Number) {
		q.lane.Number = l.id.Number + dag.LaneClasses
	}
	return r.laneOf(q.lane)
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

// administrable reports whether all of this node's administration lane is
// executed: only then is the next number sure.
func (r *Replica) administrable() bool {
	q := &r.intake.classes[dag.LaneAdministration]
	if len(q.records) > 0 {
		return false
	}
	l := r.laneBook.lane(q.lane)
	if l == nil || len(l.chain) == 0 && l.final == 0 {
		return true
	}
	executed, _ := r.exec.State().Final(l.id)
	return len(l.chain) == 0 && executed.Seq == l.final
}

// administer signs an administrative record of this node and queues it for its
// administration lane.
func (r *Replica) administer(kind string, body []byte) {
	number := r.exec.NextNumber(r.self)
	payload := (&dag.Admin{Ledger: r.domain.Ledger, Number: number, Kind: kind, Body: body}).Encode()
	record, err := dag.SignRecord(r.domain.Mesh, r.cfg.NodeKey, dag.FormatAdmin, payload)
	if err != nil {
		panic("own administrative record is refused: " + err.Error())
	}
	r.enqueue(&r.intake.classes[dag.LaneAdministration], record, 0)
}
