package sim

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/scenario"
)

// source is one node's part of a load: it signs records and hands them to its
// gateway, again and again. It is all that there is of a device.
type source struct {
	load   *scenario.Load
	node   int // who submits
	home   int // its gateway, or itself
	key    dag.PrivateKey
	name   string // of a device that cannot sign
	rand   engine.Stream
	period time.Duration // at 100% of the rate
	first  time.Duration // after the load's start
	burst  bool
	class  dag.LaneNumber
}

// supply makes the sources of a site.
func (x *site) supply(w *World) {
	s := x.scenario
	for i := range s.Load {
		l := &s.Load[i]
		all := x.roster.Submitters(i)
		own := x.local(all)
		shared := len(own)
		if l.Per == scenario.PerAll {
			shared = len(all)
		}
		common := engine.NewStream(s.Seed, engine.Nobody, engine.Purpose(purposeFlow))
		common.Jump(uint64(i))
		for k, node := range own {
			src := source{load: l, node: node, home: node, class: classOf(l), rand: *newStream(w.plan.Seed, node, purposeFlow)}
			src.rand.Jump(uint64(i) << 40)
			if node >= len(w.nodes) {
				src.home = x.roster.Gateway(node+x.first) - x.first
			}
			src.key = newKey(w.crypto, &src.rand)
			if l.Attested {
				src.name = x.roster.Name(node + x.first)
			}
			if l.Rate.Count > 0 {
				src.period = l.Rate.Per / time.Duration(l.Rate.Count)
				turn := k
				if l.Per == scenario.PerAll {
					turn = place(all, node+x.first)
				}
				x.phase(&src, turn, shared, common)
				x.sources = append(x.sources, src)
			}
			if l.Burst != nil {
				src.burst, src.period, src.first = true, l.Burst.Every, l.Burst.Every
				x.sources = append(x.sources, src)
			}
		}
	}
}

func place(all []int, node int) int {
	for i, n := range all {
		if n == node {
			return i
		}
	}
	return 0
}

// phase says when a source begins and, if its rate is shared, how seldom its turn comes.
func (x *site) phase(src *source, turn, shared int, common engine.Stream) {
	own := &src.rand
	if src.load.Per != scenario.PerNode {
		src.first = time.Duration(turn) * src.period
		own = &common // all begin at one random place of the first turn
	}
	if src.load.Phase == scenario.PhaseSpread && src.period > 0 {
		src.first += time.Duration(own.Below(uint64(src.period)))
	}
	if src.load.Per != scenario.PerNode {
		src.period *= time.Duration(shared)
	}
}

// flow lets all sources begin.
func (x *site) flow(w *World) {
	for i := range x.sources {
		src := &x.sources[i]
		x.next(w, i, instant(src.load.Start+src.first))
	}
}

// next schedules a source's turn, if the load lasts so long.
func (x *site) next(w *World, i int, at replica.Instant) {
	src := &x.sources[i]
	if at < instant(src.load.Stop) {
		w.schedule(event{at: max(at, w.now), node: src.node, load: engine.Handle(i), kind: emission})
	}
}

// emit is a source's turn.
func (x *site) emit(w *World, i int) error {
	src := &x.sources[i]
	rate := rateAt(src.load.Ramp, time.Duration(w.now))
	count, wait := 1, src.period
	switch {
	case src.burst:
		count = src.load.Burst.Count
	case rate == 0:
		count, wait = 0, min(src.period, rampEvery)
	default:
		wait = time.Duration(scale(replica.Instant(wait), int64(scenario.Whole), int64(rate)))
		if src.load.Arrival == scenario.ArrivalPoisson {
			wait = time.Duration(engine.Exponential(int64(wait)).Draw(&src.rand))
		}
	}
	if x.downs[src.node] == 0 {
		for range count {
			if err := x.submit(w, src); err != nil {
				return err
			}
		}
	}
	x.next(w, i, w.now+instant(max(wait, 1)))
	return nil
}

// submit signs records and brings them to the source's gateway.
func (x *site) submit(w *World, src *source) error {
	v := visit{}
	bytes := 0
	for range src.load.Records {
		it, err := w.load.make(w, src)
		if err != nil {
			return err
		}
		v.items = append(v.items, it)
		bytes += it.size()
	}
	at := w.now
	if src.node != src.home {
		x.notes.sent(w, src.node, devicesKind, bytes)
		arrived := x.wire.send(nil, w.now, src.node, src.home, bytes)
		if len(arrived) == 0 {
			at += instant(src.load.Retry) // not heard: it comes again
		} else {
			at = arrived[0]
		}
	}
	w.load.comeTo(w, at, src.home, v)
	if src.load.Again > 0 && src.rand.Chance(uint32(src.load.Again)) {
		other := int(src.rand.Below(uint64(len(w.nodes))))
		w.load.comeTo(w, at+instant(time.Duration(src.rand.Below(uint64(time.Second)))), other, w.load.copied(src, v, other))
	}
	return nil
}

// make makes one more record, signed if its device can.
func (l *load) make(w *World, src *source) (*item, error) {
	size := int64(src.load.Size)
	if wide := src.load.SizeSpread.Of(size); wide > 0 {
		size += int64(src.rand.Below(uint64(2*wide+1))) - wide
	}
	if src.load.Attested {
		return l.hold(w, src, int(size))
	}
	payload := make([]byte, max(16, size))
	binary.BigEndian.PutUint64(payload, uint64(l.made))
	r, err := dag.SignRecord(w.mesh, src.key, dag.FormatSenMLCBOR, payload)
	if err != nil {
		return nil, fmt.Errorf("sign a record of %d bytes: %w", len(payload), err)
	}
	l.made++
	l.open++
	return &item{number: l.made - 1, record: r, source: src, home: src.home}, nil
}

// classOf says in which lane a load's records go.
func classOf(l *scenario.Load) dag.LaneNumber {
	if l.Lane == scenario.LaneAlarms {
		return dag.LaneAlarms
	}
	return dag.LaneReadings
}

// comeTo sends records to a node.
func (l *load) comeTo(w *World, at replica.Instant, node int, v visit) {
	w.schedule(event{at: at, node: node, load: l.visits.Put(v), kind: submission})
}

// rateAt returns the share of a ramp at a time.
func rateAt(ramp []scenario.Step, at time.Duration) scenario.Share {
	if len(ramp) == 0 {
		return scenario.Whole
	}
	if at <= ramp[0].At {
		return ramp[0].Rate
	}
	for i := 1; i < len(ramp); i++ {
		a, b := ramp[i-1], ramp[i]
		if at < b.At {
			grown := scale(replica.Instant(at-a.At), int64(b.Rate-a.Rate), int64(b.At-a.At))
			return a.Rate + scenario.Share(grown)
		}
	}
	return ramp[len(ramp)-1].Rate
}

// rampEvery is how often a source whose rate is zero looks again.
const rampEvery = 100 * time.Millisecond
