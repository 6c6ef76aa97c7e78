package twin

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// journeys is how far each record came, and when, on a number of gateways. It is
// made of the Steps that their replicas took, real ones or simulated: the same code
// looks at both, so that what is compared has one definition.
type journeys struct {
	domain   *dag.Domain // that signatures of messages are counted in; nil: they are not
	gateways []gateway
	records  map[dag.RecordID]*journey
}

// journey is one record's. Instants are of the gateway's clock that they happened at; 0 is never.
type journey struct {
	by     int // the gateway that took it, -1: not seen to be taken
	taken  time.Duration
	stored time.Duration   // durable there
	held   []time.Duration // by gateway: its batch has arrived
	final  []time.Duration // by gateway
}

// gateway is what is remembered of one gateway between two Steps.
type gateway struct {
	persist uint64 // the last one
	waiting []stored
	offset  time.Duration // from its clock to the one that all share
	work    work
	lost    int           // connections lost so far
	final   time.Duration // when something was final last
	broken  int           // connections lost before that
}

// work is what a gateway has done that takes a processor's time.
type work struct {
	messages int // received
	checks   int // signatures of messages and of submitted records
	signed   int
	syncs    int
}

// stored is a record that is stored once a Persist is durable.
type stored struct {
	after  uint64
	record dag.RecordID
}

func newJourneys(gateways int) *journeys {
	return &journeys{gateways: make([]gateway, gateways), records: map[dag.RecordID]*journey{}}
}

func (j *journeys) of(id dag.RecordID) *journey {
	r := j.records[id]
	if r == nil {
		n := len(j.gateways)
		r = &journey{by: -1, held: make([]time.Duration, n), final: make([]time.Duration, n)}
		j.records[id] = r
	}
	return r
}

// step looks at a Step of a gateway.
func (j *journeys) step(gateway int, at time.Duration, in replica.Input, out []replica.Output) {
	j.input(gateway, at, in)
	g := &j.gateways[gateway]
	for _, o := range out {
		switch o := o.(type) {
		case replica.Persist:
			g.persist = o.Seq
		case replica.Stored:
			g.waiting = append(g.waiting, stored{g.persist, o.Record})
		case replica.Final:
			g.final, g.broken = at, g.lost
			for i := range o.Executed.Records {
				if r := &o.Executed.Records[i]; r.Fate == store.Accepted {
					first(&j.of(r.Record).final[gateway], at)
				}
			}
		default:
		}
	}
}

func (j *journeys) input(gateway int, at time.Duration, in replica.Input) {
	g := &j.gateways[gateway]
	switch in := in.(type) {
	case replica.Disconnected:
		g.lost++
	case replica.Submitted:
		g.work.checks += len(in.Records)
		for i := range in.Records {
			r := j.of(in.Records[i].Record.Value().ID())
			if r.by < 0 { // one that is sent again was taken before
				r.by, r.taken = gateway, at
			}
		}
	case replica.Persisted:
		g.work.syncs++
		j.persisted(gateway, at, in.Seq)
	case replica.Received:
		g.work.messages++
		g.work.checks += j.checks(in.Message.Value())
		batches, ok := in.Message.Value().(*message.Batches)
		if !ok {
			return
		}
		for _, b := range batches.Batches {
			for _, r := range b.Items {
				first(&j.of(r.ID()).held[gateway], at)
			}
		}
	default:
	}
}

// checks counts the signatures of a message.
func (j *journeys) checks(m message.Message) int {
	if j.domain == nil {
		return 0
	}
	checks, err := m.Checks(j.domain, nil)
	if err != nil {
		return 0 // of another epoch: nobody checks it
	}
	return len(checks)
}

// persisted notes what is durable by now.
func (j *journeys) persisted(gateway int, at time.Duration, seq uint64) {
	g := &j.gateways[gateway]
	n := 0
	for n < len(g.waiting) && g.waiting[n].after <= seq {
		if r := j.of(g.waiting[n].record); r.by == gateway {
			first(&r.stored, at)
		}
		n++
	}
	g.waiting = g.waiting[n:]
}

// first sets an instant that is not set.
func first(at *time.Duration, now time.Duration) {
	if *at == 0 {
		*at = max(now, 1)
	}
}
