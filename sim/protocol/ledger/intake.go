package ledger

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// intake is the way of own records into own lanes.
type intake struct {
	classes [dag.LaneClasses]queue
	pending map[dag.Digest]*pending // own statements not executed yet
}

// queue is what waits to be sealed into one lane.
type queue struct {
	lane    dag.LaneID
	seq     dag.Seq
	tip     dag.BatchID
	records []*dag.Record
	tickets []replica.Ticket
	last    replica.Instant // when the last batch was sealed
	sealed  uint64          // the Persist that holds it
	claimed dag.UnixMilli   // its clock reading: never falls
}

// pending is a statement on its way into the log.
type pending struct {
	id     dag.RecordID
	sealed bool
	echoes []replica.Ticket // the same statement, submitted again before it was sealed
}

func newIntake(l *Ledger, from *store.Restored) intake {
	in := intake{pending: map[dag.Digest]*pending{}}
	for class := range in.classes {
		q := &in.classes[class]
		q.lane = dag.LaneID{Key: l.self, Number: dag.LaneNumber(class)}
		q.last = -replica.Instant(time.Hour)
	}
	for i := range from.LaneTips {
		tip := &from.LaneTips[i]
		q := &in.classes[tip.Lane.Number.Class()]
		q.lane, q.seq, q.tip = tip.Lane, tip.Seq, tip.ID
	}
	return in
}

// submit queues records, and answers at once those that need no storing.
func (l *Ledger) submit(records []replica.Submission) {
	for i := range records {
		l.submitOne(&records[i])
	}
}

func (l *Ledger) submitOne(s *replica.Submission) {
	record := s.Record.Value()
	q := &l.intake.classes[s.Class.Class()]
	p := l.intake.pending[record.Statement()]
	leaf, final := l.exec.Find(record.Statement())
	switch {
	case p != nil && p.sealed:
		l.emit(replica.Known{Ticket: s.Ticket, First: p.id})
	case p != nil:
		p.echoes = append(p.echoes, s.Ticket)
	case final:
		l.emit(replica.Known{Ticket: s.Ticket, Leaf: leaf})
	case !l.exec.Entitled(record.Signer):
		l.emit(replica.Turned{Ticket: s.Ticket, Reason: replica.ErrNotEntitled})
	case len(q.records) >= maxSubmissions:
		l.emit(replica.Turned{Ticket: s.Ticket, Reason: replica.ErrOverloaded})
	default:
		q.records, q.tickets = append(q.records, record), append(q.tickets, s.Ticket)
		l.intake.pending[record.Statement()] = &pending{id: record.ID()}
	}
}

// executed forgets the own statements that a commit executed. One that is not
// sealed was executed from a batch of another node; it is still to be answered.
func (in *intake) executed(self dag.PublicKey, x *store.Executed) {
	for i := range x.Records {
		r := &x.Records[i]
		if p := in.pending[r.Statement]; p != nil && p.sealed && r.Lane.Key == self {
			delete(in.pending, r.Statement)
		}
	}
}

// ready reports whether a queue has something for a batch, and the batch before is
// durable: what comes meanwhile shares the next one.
func (l *Ledger) ready(q *queue) bool { return len(q.records) > 0 && q.sealed <= l.durable }

func (l *Ledger) sealAt() replica.Instant {
	at := replica.Never
	for i := range l.intake.classes {
		if q := &l.intake.classes[i]; l.ready(q) {
			at = min(at, q.last+replica.Instant(l.cfg.Timing.BatchSpacing))
		}
	}
	return at
}

// seal makes batches of what waits, one lane at a time.
func (l *Ledger) seal() {
	for i := range l.intake.classes {
		if q := &l.intake.classes[i]; l.ready(q) && l.now >= q.last+replica.Instant(l.cfg.Timing.BatchSpacing) {
			l.sealBatch(q)
		}
	}
}

// Seal makes batches of what waits, to go with the proposal that is about to be made.
func (l *Ledger) Seal() {
	for i := range l.intake.classes {
		if q := &l.intake.classes[i]; l.ready(q) {
			l.sealBatch(q)
		}
	}
}

// sealBatch signs and stores the next batch of a lane, answers its submitters
// and sends it to everybody.
func (l *Ledger) sealBatch(q *queue) {
	n := fit(q.records)
	b, err := dag.SignBatch(dag.BatchHeader{
		Ledger: l.domain.Ledger, Lane: q.lane, Seq: q.seq + 1, Prev: q.tip, ClaimedAt: max(l.wall, q.claimed),
	}, q.records[:n], l.cfg.NodeKey)
	if err != nil {
		panic("own batch is refused: " + err.Error())
	}
	q.seq, q.tip, q.claimed, q.last, l.signed = b.Seq, b.ID(), b.ClaimedAt, l.now, true
	l.put(b)
	m := &message.Batches{Batches: []*dag.Batch{b}}
	l.emit(replica.Broadcast{Message: m})
	l.emit(replica.Gossip{Message: m})
	q.sealed = l.persisted
	for i, record := range q.records[:n] {
		l.answer(record, q.tickets[i])
	}
	q.records, q.tickets = q.records[n:], q.tickets[n:]
}

// answer tells the submitters of a sealed record.
func (l *Ledger) answer(record *dag.Record, ticket replica.Ticket) {
	l.emit(replica.Stored{Ticket: ticket, Record: record.ID()})
	p := l.intake.pending[record.Statement()]
	p.sealed = true
	for _, echo := range p.echoes {
		l.emit(replica.Known{Ticket: echo, First: p.id})
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
