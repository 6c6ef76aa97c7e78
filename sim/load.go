package sim

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/oracle"
)

// retryAfter is how long a device waits before it tries again, at another node.
const retryAfter = 150 * time.Millisecond

// load is the devices of a world and what they want stored. A device that gets
// no answer, because its gateway died, or is turned away tries again until a
// gateway acknowledges.
type load struct {
	plan    LoadPlan
	mesh    dag.MeshID
	rand    *rand.Rand
	devices []dag.PrivateKey
	records []*dag.Record // by number, signed when first submitted
	visits  engine.Slab[visit]
	waiting map[replica.Ticket]attempt
	next    replica.Ticket
	open    int // records not acknowledged yet
	done    []bool
	numbers map[dag.Digest]int // of records, by statement

	// Of the records of a scenario: where they are handed over, in which lane, and
	// after how long again.
	homes    []int32
	classes  []dag.LaneNumber
	retries  []time.Duration
	unsigned unsigned
}

// visit is a device at a gateway's door with some records.
type visit struct{ records []int }

// attempt is a submission that waits for its answer.
type attempt struct {
	node   int
	record int
}

func newLoad(seed uint64, plan LoadPlan, mesh dag.MeshID, crypto oracle.Crypto) *load {
	l := &load{
		plan: plan, mesh: mesh, rand: newRand(seed, nobody, purposeLoad),
		records: make([]*dag.Record, plan.Records),
		done:    make([]bool, plan.Records),
		waiting: make(map[replica.Ticket]attempt),
		numbers: make(map[dag.Digest]int), unsigned: make(unsigned),
		open: plan.Records,
	}
	keys := newStream(seed, nobody, purposeKeys)
	for range plan.Devices {
		l.devices = append(l.devices, newKey(crypto, keys))
	}
	return l
}

// record returns record number i, which it signs the first time.
func (l *load) record(i int) (*dag.Record, error) {
	if l.records[i] == nil {
		payload := make([]byte, 16+l.rand.IntN(max(1, l.plan.Payload-16)))
		binary.BigEndian.PutUint64(payload, uint64(i))
		device := l.devices[i%len(l.devices)]
		r, err := dag.SignRecord(l.mesh, device, dag.FormatSenMLCBOR, payload)
		if err != nil {
			return nil, fmt.Errorf("sign record %d: %w", i, err)
		}
		l.records[i] = r
		l.numbers[r.Statement()] = i
	}
	return l.records[i], nil
}

// schedule lays out every first submission, and the second ones.
func (l *load) schedule(w *World) {
	for first := 0; first < l.plan.Records; {
		size := min(1+l.rand.IntN(l.plan.Group), l.plan.Records-first)
		v := visit{}
		for i := range size {
			v.records = append(v.records, first+i)
		}
		at := l.plan.Start + instant(time.Duration(l.rand.Int64N(int64(l.plan.Spread)+1)))
		l.come(w, at, v)
		if l.rand.IntN(1000) < l.plan.Again {
			l.come(w, at+instant(time.Duration(l.rand.Int64N(int64(time.Second)))), v)
		}
		first += size
	}
}

// come sends a device to a random node.
func (l *load) come(w *World, at replica.Instant, v visit) {
	w.schedule(event{at: at, node: l.rand.IntN(len(w.nodes)), load: l.visits.Put(v), kind: submission})
}

// submit hands a visit's records to a node, or comes again if it is down.
func (l *load) submit(w *World, n *node, v visit) error {
	if !n.up {
		l.later(w, v)
		return nil
	}
	in := replica.Submitted{}
	for _, i := range v.records {
		r, err := l.at(n, i)
		if err != nil {
			return err
		}
		good, errs := dag.Verify(w.verifier, []*dag.Record{r})
		if errs[0] != nil {
			return fmt.Errorf("record %d: %w", i, errs[0])
		}
		l.next++
		l.waiting[l.next] = attempt{node: n.id, record: i}
		class := dag.LaneReadings
		if i%7 == 3 {
			class = dag.LaneAlarms
		}
		if l.homes != nil {
			class = l.classes[i]
		}
		in.Records = append(in.Records, replica.Submission{Ticket: l.next, Record: good[0], Class: class})
		w.checks.Submitted(n.id, r)
	}
	n.step(w, in)
	return nil
}

// answered takes a ticket off the list. ok is false for one that does not wait
// for an answer of this node.
func (l *load) answered(node int, t replica.Ticket) (a attempt, ok bool) {
	a, ok = l.waiting[t]
	if !ok || a.node != node {
		return a, false
	}
	delete(l.waiting, t)
	return a, true
}

// acknowledged notes that a record's submitter may forget it.
func (l *load) acknowledged(record int) {
	if !l.done[record] {
		l.done[record] = true
		l.open--
		delete(l.unsigned, record)
	}
}

// again sends a record's device to another node.
func (l *load) again(w *World, record int) {
	l.later(w, visit{records: []int{record}})
}

// later lets a device come again.
func (l *load) later(w *World, v visit) {
	if l.homes == nil {
		l.come(w, w.now+instant(retryAfter), v)
		return
	}
	first := v.records[0]
	l.comeTo(w, w.now+instant(l.retries[first]), int(l.homes[first]), v)
}

// orphaned sends every device that waits for an answer of a node that died to
// another one.
func (l *load) orphaned(w *World, node int) {
	var tickets []replica.Ticket
	for t, a := range l.waiting { // any order: sorted below
		if a.node == node {
			tickets = append(tickets, t)
		}
	}
	slices.Sort(tickets)
	for _, t := range tickets {
		record := l.waiting[t].record
		delete(l.waiting, t)
		l.again(w, record)
	}
}
