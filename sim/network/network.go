package network

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
)

// Rate is a bandwidth in bits per second. Zero means without limit.
type Rate int64

// Units of bandwidth.
const (
	Kbit Rate = 1000
	Mbit      = 1000 * Kbit
	Gbit      = 1000 * Mbit
)

// Config describes a network.
type Config struct {
	// Seed and Purpose name the streams of randomness: one per sending node.
	Seed    uint64
	Purpose engine.Purpose

	// Sites holds the site of every node, from 0.
	Sites []uint16

	// Delay is the one-way delay from site to site: Delay[from][to].
	Delay [][]engine.Distribution

	// Loss is how many of a million messages from site to site are lost; nil: none.
	Loss [][]uint32

	// Reliable says that a transport sends again what was lost: nothing is lost, but
	// late by the retransmission timeout, which doubles (RFC 6298; 200 ms at least, as Linux has it).
	Reliable bool

	// Up and Down are the bandwidths of a node, by site; nil: without limit.
	Up, Down []Rate

	// Window is what a connection sends before it hears back, StreamWindow what it
	// sends at most; 0: without limit. Linux begins with 10 segments (RFC 6928), yamux
	// with 256 KiB.
	Window, StreamWindow int

	// Idle is after how long without traffic a connection's window is Window again;
	// 0: it is so for each message.
	Idle engine.Instant
}

// Flow is what a connection has come to, one way. Its owner keeps it; the zero
// value is a connection that has carried nothing.
type Flow struct {
	used   engine.Instant // when something was sent last
	window int32          // 0: as it is at first
}

// Network is a network with what is under way in it.
type Network struct {
	sites     []uint16
	count     int // of sites
	delay     []engine.Distribution
	loss      []uint32
	reliable  bool
	up, down  []pace // by site
	window    int
	stream    int
	idle      engine.Instant
	streams   []engine.Stream  // by sender
	upFree    []engine.Instant // by node
	downFree  []engine.Instant // by node
	faults    []*Fault
	nextFault FaultID
}

// pace is nanoseconds per byte, in units of 2^-20.
type pace uint64

func (r Rate) pace() pace {
	if r == 0 {
		return 0
	}
	return pace(8_000_000_000 << 20 / uint64(r))
}

// of returns how long bytes take.
func (p pace) of(bytes int) engine.Instant {
	hi, lo := bits.Mul64(uint64(bytes), uint64(p))
	return engine.Instant(hi<<44 | lo>>20)
}

// New returns a network at rest.
func New(c Config) (*Network, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	n := &Network{
		sites: c.Sites, count: len(c.Delay), reliable: c.Reliable, window: c.Window, stream: c.StreamWindow, idle: c.Idle,
		streams:  make([]engine.Stream, len(c.Sites)),
		upFree:   make([]engine.Instant, len(c.Sites)),
		downFree: make([]engine.Instant, len(c.Sites)),
	}
	for _, row := range c.Delay {
		n.delay = append(n.delay, row...)
	}
	for _, row := range c.Loss {
		n.loss = append(n.loss, row...)
	}
	for site := range n.count {
		n.up = append(n.up, at(c.Up, site).pace())
		n.down = append(n.down, at(c.Down, site).pace())
	}
	for i := range n.streams {
		n.streams[i] = engine.NewStream(c.Seed, engine.Node(i), c.Purpose)
	}
	return n, nil
}

// at returns an element, zero if there are none.
func at[T any](all []T, i int) (v T) {
	if all != nil {
		v = all[i]
	}
	return v
}

func (c *Config) check() error {
	sites := len(c.Delay)
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if sites == 0 {
		fail("no delays given: at least those within one site are needed")
	}
	for i, row := range c.Delay {
		if len(row) != sites {
			fail("row %d of the delays has %d columns, but there are %d sites", i, len(row), sites)
		}
	}
	for i, row := range c.Loss {
		if len(row) != sites || len(c.Loss) != sites {
			fail("row %d of the losses has %d columns of %d rows, but there are %d sites", i, len(row), len(c.Loss), sites)
		}
	}
	if c.Up != nil && len(c.Up) != sites || c.Down != nil && len(c.Down) != sites {
		fail("%d uplinks and %d downlinks for %d sites: give one of each per site, or none", len(c.Up), len(c.Down), sites)
	}
	for node, site := range c.Sites {
		if int(site) >= sites {
			fail("node %d lies in site %d, but there are %d sites, from 0", node, site, sites)
			break
		}
	}
	for _, r := range append(append([]Rate{}, c.Up...), c.Down...) {
		if r < 0 || r > maxRate {
			fail("a bandwidth of %d bit/s: 0 (no limit) to %d can be used", r, maxRate)
		}
	}
	return errors.Join(errs...)
}

// Send puts a message on its way and returns when its last bit reaches the
// receiver's downlink, or false if it never does. Last is the arrival before on
// this connection, which this one does not overtake; nil: there is no order. Flow is the
// connection's; nil: one that has carried nothing. A message
// of 0 bytes is urgent and small: it waits for nothing that is before it in the uplink.
func (n *Network) Send(now engine.Instant, from, to engine.Node, bytes int, last *engine.Instant, flow *Flow) (engine.Instant, bool) {
	pair := int(n.sites[from])*n.count + int(n.sites[to])
	s := &n.streams[from]
	left := now
	if up := n.up[n.sites[from]]; up != 0 && bytes > 0 {
		left = max(now, n.upFree[from]) + up.of(bytes)
		n.upFree[from] = left
	}
	delay := engine.Instant(n.delay[pair].Draw(s))
	if n.window != 0 && bytes > n.window {
		delay += n.stalls(bytes, delay+engine.Instant(n.delay[int(n.sites[to])*n.count+int(n.sites[from])].Least()), n.up[n.sites[from]], n.grown(now, flow))
	}
	if flow != nil && bytes > 0 {
		flow.used = now
	}
	if n.loss != nil {
		late, ok := n.lose(s, n.loss[pair], 2*delay)
		if !ok {
			return 0, false
		}
		delay += late
	}
	if len(n.faults) > 0 {
		extra, open := n.suffer(now, from, to, s)
		if !open {
			return 0, false
		}
		delay += extra
	}
	arrival := left + delay
	if last != nil {
		arrival = max(arrival, *last)
		*last = arrival
	}
	return arrival, true
}

// Receive takes a message in whose last bit arrives now, and returns when all of
// it is through the downlink. Call it in the order of arrivals.
func (n *Network) Receive(now engine.Instant, node engine.Node, bytes int) engine.Instant {
	down := n.down[n.sites[node]]
	if down == 0 {
		return now
	}
	in := max(now, n.downFree[node]+down.of(bytes))
	n.downFree[node] = in
	return in
}

// Downlink reports whether Receive can make anything wait at a node.
func (n *Network) Downlink(node engine.Node) bool { return n.down[n.sites[node]] != 0 }

// Windows reports whether a connection's Flow makes a difference.
func (n *Network) Windows() bool { return n.window != 0 }

// Leaves returns when all that a node has sent so far is on its way.
func (n *Network) Leaves(node engine.Node) engine.Instant { return n.upFree[node] }

// grown returns a flow whose window is what it can send now.
func (n *Network) grown(now engine.Instant, flow *Flow) *Flow {
	if flow == nil {
		flow = &Flow{}
	}
	if flow.window == 0 || now-flow.used >= n.idle {
		flow.window = int32(n.window)
	}
	return flow
}

// stalls returns how long a message waits for its window to open. The window stays as
// large as it has become.
func (n *Network) stalls(bytes int, roundTrip engine.Instant, up pace, flow *Flow) (waited engine.Instant) {
	window := int(flow.window)
	for left := bytes - window; left > 0; left -= window {
		waited += max(0, roundTrip-up.of(window))
		window *= 2
		if n.stream != 0 {
			window = min(window, n.stream)
		}
	}
	flow.window = int32(min(window, 1<<30))
	return waited
}

// lose draws how late a message is for being lost, or false if it is lost for good.
func (n *Network) lose(s *engine.Stream, parts uint32, roundTrip engine.Instant) (late engine.Instant, ok bool) {
	timeout := max(leastTimeout, roundTrip)
	for range maxResends {
		if !s.Chance(parts) {
			return late, true
		}
		if !n.reliable {
			break
		}
		late += timeout
		timeout *= 2
	}
	return 0, false
}

// Lookahead returns the least delay between two nodes of different partitions, the
// greatest lookahead that [engine.Config] may have; false if all lie in one.
func (n *Network) Lookahead(homes []int32) (engine.Instant, bool) {
	first := make([]int32, n.count) // by site: the partition of its nodes
	mixed := make([]bool, n.count)  // or they lie in several
	for i := range first {
		first[i] = -1
	}
	for node, home := range homes {
		site := n.sites[node]
		if first[site] < 0 {
			first[site] = home
		}
		mixed[site] = mixed[site] || first[site] != home
	}
	least, several := engine.Never, false
	for a := range n.count {
		for b := range n.count {
			apart := first[a] >= 0 && first[b] >= 0 && (first[a] != first[b] || mixed[a] || mixed[b])
			if apart {
				several = true
				least = min(least, engine.Instant(n.delay[a*n.count+b].Least()))
			}
		}
	}
	return least, several
}

// Site returns the site of a node.
func (n *Network) Site(node engine.Node) int { return int(n.sites[node]) }

const (
	leastTimeout = engine.Instant(200 * time.Millisecond) // TCP_RTO_MIN of Linux

	// maxResends is when a connection is given up; 15 on Linux.
	maxResends = 15

	// maxRate keeps a byte's time above 2^-20 ns by far.
	maxRate = 1000 * Gbit
)
