package demo

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/fleet"
)

// book is what this program knows of the readings, from outside the mesh.
type book struct {
	mu       sync.Mutex
	readings map[dag.RecordID]*reading
	pages    []*page // one per gateway
	attests  int     // acknowledged readings of the sensor that cannot sign
}

// reading is one signed reading.
type reading struct {
	published time.Time
	acked     bool
	final     int // gateways that were seen to have it in their log
}

// page is what was seen at one gateway.
type page struct {
	accepted  int             // readings that it acknowledged
	final     int             // signed readings of ours in its log
	attested  int             // readings that a gateway signed for, in its log
	repeated  int             // readings that are in its log twice: must stay 0
	latencies []time.Duration // the newest, in order of arrival
	next      uint64          // leaf to read next
	seen      map[dag.RecordID]bool
}

func newBook(gateways int) *book {
	b := &book{readings: map[dag.RecordID]*reading{}}
	for range gateways {
		b.pages = append(b.pages, &page{seen: map[dag.RecordID]bool{}})
	}
	return b
}

func (b *book) published(id dag.RecordID, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readings[id] = &reading{published: at}
}

func (b *book) acknowledged(id dag.RecordID, gateway int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.readings[id].acked = true
	b.pages[gateway].accepted++
}

func (b *book) attested(gateway int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.attests++
	b.pages[gateway].accepted++
}

// final notes that a gateway has a record in its log.
func (b *book) final(gateway int, e client.Event, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[gateway]
	p.next = e.Leaf + 1
	if p.seen[e.ID] {
		p.repeated++
		return
	}
	p.seen[e.ID] = true
	r := b.readings[e.ID]
	if r == nil {
		p.attested++
		return
	}
	r.final++
	p.final++
	if len(p.latencies) == latencyWindow {
		p.latencies = slices.Delete(p.latencies, 0, 1)
	}
	p.latencies = append(p.latencies, now.Sub(r.published))
}

// follow reads a gateway's log until ctx is done, going on where it was whenever
// the gateway comes back.
func (b *book) follow(ctx context.Context, index int, g *fleet.Gateway) {
	for ctx.Err() == nil {
		c := client.New(g.Ready().HTTP)
		for e, err := range c.Events(ctx, b.next(index), nil) {
			if err != nil {
				break
			}
			b.final(index, e, time.Now())
		}
		c.Close()
		select {
		case <-ctx.Done():
		case <-time.After(publishEvery):
		}
	}
}

func (b *book) next(gateway int) uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pages[gateway].next
}

// tally is the book at an instant.
type tally struct {
	accepted int // readings acknowledged
	missing  int // of these, on any gateway that is asked, not in the log
	repeated int // in a log twice
	gateways []pageTally
}

type pageTally struct {
	accepted, final int
	latency         time.Duration
}

// sum counts; what is acknowledged must be in the logs of all gateways.
func (b *book) sum() tally {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := tally{accepted: b.attests}
	for _, r := range b.readings {
		if r.acked {
			t.accepted++
			if r.final < len(b.pages) {
				t.missing++
			}
		}
	}
	unsigned := b.attests
	for _, p := range b.pages {
		unsigned = min(unsigned, p.attested)
		t.repeated += p.repeated
		t.gateways = append(t.gateways, pageTally{p.accepted, p.final + p.attested, median(p.latencies)})
	}
	t.missing += b.attests - unsigned
	return t
}

func median(latencies []time.Duration) time.Duration {
	if len(latencies) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(latencies))
	return sorted[len(sorted)/2]
}

// anyRecord returns the id of a reading that is final everywhere.
func (b *book) anyRecord() (dag.RecordID, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id, r := range b.readings {
		if r.acked && r.final == len(b.pages) {
			return id, true
		}
	}
	return dag.RecordID{}, false
}
