package node

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/dag/store"
)

// intake bounds the records that callers of Submit wait for.
type intake struct {
	records atomic.Int64
	bytes   atomic.Int64
}

// enter takes room for records, if there is any, and returns how to give it back.
func (in *intake) enter(records, bytes int) (leave func(), ok bool) {
	leave = func() {
		in.records.Add(-int64(records))
		in.bytes.Add(-int64(bytes))
	}
	if in.records.Add(int64(records)) > maxWaitingRecords || in.bytes.Add(int64(bytes)) > maxWaitingBytes {
		leave()
		return nil, false
	}
	return leave, true
}

// submission is one call of Submit on its way: the receipts it will return, and
// the records that have none yet.
type submission struct {
	receipts []Receipt
	records  []*dag.Record
	places   []int // of records in receipts
}

// Submit implements Gateway.
func (n *Node) Submit(ctx context.Context, class dag.LaneNumber, raw [][]byte) []Receipt {
	s := &submission{receipts: make([]Receipt, len(raw))}
	leave, err := n.admit(raw)
	if err != nil {
		return s.refuse(err)
	}
	defer leave()
	s.records, s.places = make([]*dag.Record, 0, len(raw)), make([]int, 0, len(raw))
	for i, bytes := range raw {
		r, err := dag.DecodeRecord(n.domain.Mesh, bytes)
		if err == nil && !n.entitled(r.Signer) {
			err = ErrNotEntitled
		}
		s.add(i, r, err)
	}
	return n.submit(ctx, class, s)
}

// Attest implements Gateway.
func (n *Node) Attest(ctx context.Context, class dag.LaneNumber, packs []senml.Pack) []Receipt {
	s := &submission{receipts: make([]Receipt, len(packs))}
	payloads := make([][]byte, len(packs))
	for i, p := range packs {
		payloads[i], s.receipts[i].Err = p.EncodeCBOR()
	}
	leave, err := n.admit(payloads)
	if err != nil {
		return s.refuse(err)
	}
	defer leave()
	for i, payload := range payloads {
		if s.receipts[i].Err == nil {
			r, err := dag.SignRecord(n.domain.Mesh, n.home.node, dag.FormatSenMLCBOR, payload)
			s.add(i, r, err)
		}
	}
	return n.submit(ctx, class, s)
}

// admit takes room for a call's records. Errors: ErrStopped, ErrOverloaded, dag.ErrLimit.
func (n *Node) admit(raw [][]byte) (leave func(), err error) {
	if err := n.stopped(); err != nil {
		return nil, err
	}
	if len(raw) > MaxSubmit {
		return nil, fmt.Errorf("%w: %d records at once, at most %d", dag.ErrLimit, len(raw), MaxSubmit)
	}
	bytes := 0
	for _, r := range raw {
		bytes += len(r)
	}
	leave, ok := n.intake.enter(len(raw), bytes)
	if !ok {
		return nil, ErrOverloaded
	}
	return leave, nil
}

func (n *Node) entitled(signer dag.PublicKey) bool {
	if n.devices == nil || n.devices[signer] {
		return true
	}
	_, gateway := n.names[signer]
	return gateway
}

func (s *submission) refuse(err error) []Receipt {
	for i := range s.receipts {
		s.receipts[i] = Receipt{Err: err}
	}
	return s.receipts
}

// add takes a record that goes on, or why it does not.
func (s *submission) add(place int, r *dag.Record, err error) {
	if err != nil {
		s.receipts[place].Err = err
		return
	}
	s.records, s.places = append(s.records, r), append(s.places, place)
}

// submit carries a call's records through to their receipts.
func (n *Node) submit(ctx context.Context, class dag.LaneNumber, s *submission) []Receipt {
	n.dropKnown(s)
	if len(s.records) > 0 {
		n.store(ctx, class, s)
	}
	n.count.tally(s.receipts)
	return s.receipts
}

// dropKnown answers the records that are stored here already, durably and not in vain.
//
// The replica knows what is under way here and what the log's last leaves hold
// (Genesis.DuplicateLeaves). This finds the same bytes in the older log. A
// look-up costs some 8 µs, so it is left out while the replica knows the whole
// log: what slips through, such as a record that waits in another gateway's
// lane, is found out at execution.
func (n *Node) dropKnown(s *submission) {
	if size, _ := n.progress.log(); size <= uint64(n.home.genesis.DuplicateLeaves) {
		return
	}
	kept := 0
	for i, r := range s.records {
		if id, ok := n.known(r.ID()); ok {
			s.receipts[s.places[i]] = Receipt{ID: id, Known: true}
			continue
		}
		s.records[kept], s.places[kept] = r, s.places[i]
		kept++
	}
	s.records, s.places = s.records[:kept], s.places[:kept]
}

// known returns the id under which a record is stored: its own, or the first
// one's that has the same signed bytes.
func (n *Node) known(id dag.RecordID) (dag.RecordID, bool) {
	e, err := n.entry(id)
	if err != nil {
		return id, false // a disk that cannot be read will say so when it is written
	}
	if !e.Executed || e.Fate == store.Accepted {
		return id, true
	}
	if e.Fate != store.Duplicate {
		return id, false // refused then; the state may be another now
	}
	first, err := n.idAt(e.Leaf)
	return first, err == nil
}

// store verifies records, hands them to the replica and waits.
func (n *Node) store(ctx context.Context, class dag.LaneNumber, s *submission) {
	good, errs := n.pool.Records(ctx, s.records)
	kept := 0
	for i, err := range errs {
		if err != nil {
			s.receipts[s.places[i]].Err = err
			continue
		}
		s.places[kept] = s.places[i]
		kept++
	}
	s.places = s.places[:kept]
	if kept == 0 {
		return
	}
	r, err := n.tickets.issue(kept)
	if err != nil {
		for _, place := range s.places {
			s.receipts[place].Err = err
		}
		return
	}
	n.hand(ctx, class, r, good)
	n.tickets.wait(ctx, r)
	for i, place := range s.places {
		s.receipts[place] = n.finish(r, i)
	}
}

// hand gives verified records to the replica.
func (n *Node) hand(ctx context.Context, class dag.LaneNumber, r *request, records []dag.Verified[*dag.Record]) {
	submissions := make([]replica.Submission, len(records))
	for i := range records {
		submissions[i] = replica.Submission{Ticket: r.ticket(i), Record: records[i], Class: class.Class()}
	}
	select {
	case n.loop.submits <- submissions:
	case <-ctx.Done(): // wait answers
	case <-n.ended:
	}
}

// finish returns record i's receipt, with its id if that stands only in the log.
func (n *Node) finish(r *request, i int) Receipt {
	receipt := r.receipts[i]
	if receipt.Known && receipt.ID.IsZero() {
		first, err := n.idAt(r.leaves[i])
		if err != nil {
			return Receipt{Err: err}
		}
		receipt.ID = first
	}
	if errors.Is(receipt.Err, context.DeadlineExceeded) || errors.Is(receipt.Err, context.Canceled) {
		receipt.Err = fmt.Errorf("not known to be stored: %w", receipt.Err)
	}
	return receipt
}
