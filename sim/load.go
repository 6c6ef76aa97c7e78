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
	visits  engine.Slab[visit]
	waiting map[replica.Ticket]attempt
	next    replica.Ticket
	made    int                // records so far
	open    int                // of them not acknowledged yet
	numbers map[dag.Digest]int // of a plan's records, by statement
}

// item is a record on its way into a lane, kept by visits and attempts alone.
type item struct {
	number int
	record *dag.Record // nil until it is first submitted
	source *source     // nil: a plan's
	home   int         // of a source's: the gateway that it is handed to
	// unsigned is what a device handed over that cannot sign.
	unsigned []byte
	done     bool // its submitter may forget it
	noted    bool // as stored by an honest node
}

// visit is a device at a gateway's door with some records.
type visit struct{ items []*item }

// attempt is a submission that waits for its answer.
type attempt struct {
	node int
	item *item
}

func newLoad(seed uint64, plan LoadPlan, mesh dag.MeshID, crypto oracle.Crypto) *load {
	l := &load{
		plan: plan, mesh: mesh, rand: newRand(seed, nobody, purposeLoad),
		waiting: make(map[replica.Ticket]attempt),
		numbers: make(map[dag.Digest]int),
		made:    plan.Records, open: plan.Records,
	}
	keys := newStream(seed, nobody, purposeKeys)
	for range plan.Devices {
		l.devices = append(l.devices, newKey(crypto, keys))
	}
	return l
}

// sign makes the record of an item that a node gets, if it has none.
func (l *load) sign(n *node, it *item) error {
	switch {
	case it.unsigned != nil:
		return l.attest(n, it)
	case it.record != nil:
		return nil
	}
	payload := make([]byte, 16+l.rand.IntN(max(1, l.plan.Payload-16)))
	binary.BigEndian.PutUint64(payload, uint64(it.number))
	device := l.devices[it.number%len(l.devices)]
	r, err := dag.SignRecord(l.mesh, device, dag.FormatSenMLCBOR, payload)
	if err != nil {
		return fmt.Errorf("sign record %d: %w", it.number, err)
	}
	it.record = r
	l.numbers[r.Statement()] = it.number
	return nil
}

// schedule lays out every first submission, and the second ones.
func (l *load) schedule(w *World) {
	for first := 0; first < l.plan.Records; {
		size := min(1+l.rand.IntN(l.plan.Group), l.plan.Records-first)
		v := visit{}
		for i := range size {
			v.items = append(v.items, &item{number: first + i})
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
	for _, it := range v.items {
		if err := l.sign(n, it); err != nil {
			return err
		}
		good, errs := dag.Verify(w.verifier, []*dag.Record{it.record})
		if errs[0] != nil {
			return fmt.Errorf("record %d: %w", it.number, errs[0])
		}
		l.next++
		l.waiting[l.next] = attempt{node: n.id, item: it}
		in.Records = append(in.Records, replica.Submission{Ticket: l.next, Record: good[0], Class: it.class()})
		w.checks.Submitted(n.id, it.record)
	}
	n.step(w, in)
	return nil
}

// class says in which lane a record goes.
func (it *item) class() dag.LaneNumber {
	switch {
	case it.source != nil:
		return it.source.class
	case it.number%7 == 3:
		return dag.LaneAlarms
	default:
		return dag.LaneReadings
	}
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
func (l *load) acknowledged(it *item) {
	if !it.done {
		it.done = true
		l.open--
	}
}

// again sends a record's device to another node.
func (l *load) again(w *World, it *item) {
	l.later(w, visit{items: []*item{it}})
}

// later lets a device come again.
func (l *load) later(w *World, v visit) {
	if src := v.items[0].source; src != nil {
		l.comeTo(w, w.now+instant(src.load.Retry), v.items[0].home, v)
		return
	}
	l.come(w, w.now+instant(retryAfter), v)
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
		it := l.waiting[t].item
		delete(l.waiting, t)
		l.again(w, it)
	}
}
