package bench

import (
	"bufio"
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/fleet"
)

// watch observes every gateway through its public API.
type watch struct {
	clock    func() time.Duration
	load     *load
	gateways []*watched
	every    time.Duration
	wake     func()
}

// watched is what was seen at one gateway.
type watched struct {
	gateway *fleet.Gateway

	mu    sync.Mutex
	sizes []size // in order of time
	// seen is when each record was seen final here, in ns, 0 if it was not; nil
	// where events are not read.
	seen []atomic.Int64

	reborn bool // killed and started again: it does not count for latency
}

// size is one poll of a gateway's status.
type size struct {
	at                  time.Duration
	final, leaves, held uint64 // held: stored and not final
	round               uint64
}

func newWatch(clock func() time.Duration, l *load, gateways []*fleet.Gateway, streamed bool, wake func()) *watch {
	w := &watch{clock: clock, load: l, every: pollFast, wake: wake}
	if streamed {
		w.every = pollSlow
	}
	for _, g := range gateways {
		wd := &watched{gateway: g}
		if streamed {
			wd.seen = make([]atomic.Int64, l.count())
		}
		w.gateways = append(w.gateways, wd)
	}
	return w
}

// run observes until ctx is done. opened is called for every event stream that
// listens.
func (w *watch) run(ctx context.Context, group *sync.WaitGroup, opened func()) {
	for _, g := range w.gateways {
		group.Go(func() { w.poll(ctx, g) })
		if g.seen != nil {
			group.Go(func() { w.follow(ctx, g, opened) })
		}
	}
}

// poll sizes one gateway's log.
func (w *watch) poll(ctx context.Context, g *watched) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	var (
		c   *client.Client
		url string
	)
	for {
		if now := g.gateway.Ready().HTTP; now != url { // it was started again
			c, url = client.New(now), now
			defer c.Close()
		}
		if g.gateway.State() == fleet.Running {
			if st, err := c.Status(ctx); err == nil {
				g.add(size{w.clock(), st.Final, st.LogSize, st.Stored, st.Round})
				w.wake()
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (g *watched) add(s size) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sizes = append(g.sizes, s)
}

// last returns the newest poll.
func (g *watched) last() size {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.sizes) == 0 {
		return size{}
	}
	return g.sizes[len(g.sizes)-1]
}

// final returns how many records are final on all gateways that run.
func (w *watch) final() int {
	return w.finalOf(func(g *watched) bool { return g.gateway.State() == fleet.Running })
}

// finalOf returns how many records are final on all of some gateways.
func (w *watch) finalOf(which func(*watched) bool) int {
	least := ^uint64(0)
	for _, g := range w.gateways {
		if which(g) {
			least = min(least, g.last().final)
		}
	}
	if least == ^uint64(0) {
		return 0
	}
	return int(least) //nolint:gosec // no more than were sent
}

// follow notes when each record is final at one gateway, until ctx is done or
// the gateway is killed.
func (w *watch) follow(ctx context.Context, g *watched, opened func()) {
	c := client.New(g.gateway.Ready().HTTP)
	defer c.Close()
	body, err := c.OpenEvents(ctx, client.FromEnd)
	opened()
	if err != nil {
		return // then no record is seen final here, and that shows
	}
	defer body.Close() //nolint:errcheck // read only
	in := bufio.NewReaderSize(body, streamBufferBytes)
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		key, ok := eventOf(line)
		if !ok {
			continue
		}
		if i, ours := w.load.index[key]; ours {
			g.seen[i].CompareAndSwap(0, int64(w.clock()))
		}
	}
}

// eventOf finds a record's key in a line of an event stream.
func eventOf(line []byte) (eventKey, bool) {
	const before = `data: {"id":"`
	if !bytes.HasPrefix(line, []byte(before)) || len(line) < len(before)+idPrefixLetters+keyLetters {
		return 0, false
	}
	return keyOf(line[len(before):]), true
}
