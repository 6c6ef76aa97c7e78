package network

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
)

const (
	millisecond = engine.Instant(time.Millisecond)
	far         = 10 * millisecond
)

// pair returns a network of two nodes at two sites, 10 ms apart.
func pair(t *testing.T, change func(*Config)) *Network {
	t.Helper()
	delay := engine.Constant(int64(far))
	c := Config{Seed: 1, Purpose: 1, Sites: []uint16{0, 1}, Delay: Uniform(2, engine.Constant(int64(millisecond)), delay)}
	if change != nil {
		change(&c)
	}
	n, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func mustSend(t *testing.T, n *Network, now engine.Instant, bytes int) engine.Instant {
	t.Helper()
	at, ok := n.Send(now, 0, 1, bytes, nil, nil)
	if !ok {
		t.Fatal("lost")
	}
	return at
}

// TestBandwidth checks serialisation and both queues.
func TestBandwidth(t *testing.T) {
	n := pair(t, func(c *Config) {
		c.Up, c.Down = []Rate{8 * Mbit, 0}, []Rate{0, 4 * Mbit} // 1 µs and 2 µs a byte
	})
	first, second := mustSend(t, n, 0, 1000), mustSend(t, n, 0, 1000)
	if first != far+millisecond || second != far+2*millisecond {
		t.Errorf("arrive at %d and %d", first, second)
	}
	if urgent := mustSend(t, n, 0, 0); urgent != far {
		t.Errorf("an urgent message arrives at %d", urgent)
	}
	if idle := mustSend(t, n, 50*millisecond, 1000); idle != 61*millisecond {
		t.Errorf("after a pause one arrives at %d", idle)
	}
	// The downlink takes 2 ms for each, and began with the first when it had nothing to do.
	if in := n.Receive(first, 1, 1000); in != first {
		t.Errorf("the first is in at %d, not at its arrival", in)
	}
	if in := n.Receive(second, 1, 1000); in != first+2*millisecond {
		t.Errorf("the second is in at %d", in)
	}
	if !n.Downlink(1) || n.Downlink(0) {
		t.Error("the limited downlink is the other")
	}
}

// TestWindow checks the transport term against its rounds counted by hand.
func TestWindow(t *testing.T) {
	n := pair(t, func(c *Config) { c.Window, c.StreamWindow = 10_000, 40_000 })
	for _, c := range []struct {
		bytes  int
		rounds engine.Instant // of 20 ms each
	}{
		{10_000, 0},
		{10_001, 1},
		{30_000, 1},  // 10 + 20
		{30_001, 2},  // + 40
		{70_001, 3},  // + 40, the stream's window
		{110_001, 4}, // + 40
	} {
		if got := mustSend(t, n, 0, c.bytes); got != far+c.rounds*2*far {
			t.Errorf("%d bytes arrive at %d, want %d rounds", c.bytes, got, c.rounds)
		}
	}
	slow := pair(t, func(c *Config) { c.Window, c.Up = 10_000, []Rate{4 * Mbit, 0} })
	if got := mustSend(t, slow, 0, 20_000); got != 40*millisecond+far {
		t.Errorf("over an uplink slower than its window 20 kB arrive at %d", got)
	}
}

// TestIdle checks that a window stays as large as it has become until nothing was sent for a while.
func TestIdle(t *testing.T) {
	n := pair(t, func(c *Config) { c.Window, c.StreamWindow, c.Idle = 10_000, 40_000, 50*millisecond })
	var flow Flow
	for i, c := range []struct {
		at     engine.Instant
		bytes  int
		rounds engine.Instant
	}{
		{0, 30_000, 1},                  // 10 + 20
		{49 * millisecond, 20_000, 0},   // it has grown to 20
		{50 * millisecond, 60_000, 1},   // 20 + 40
		{51 * millisecond, 1, 0},        // keeps it open
		{99 * millisecond, 40_000, 0},   // as large as the stream's
		{149 * millisecond, 30_000, 1},  // as at first
		{1000 * millisecond, 10_000, 0}, // fits
	} {
		at, ok := n.Send(c.at, 0, 1, c.bytes, nil, &flow)
		if want := c.at + far + c.rounds*2*far; !ok || at != want {
			t.Errorf("message %d arrives at %d, want %d", i, at, want)
		}
	}
}

// TestLoss checks loss with and without a transport that sends again.
func TestLoss(t *testing.T) {
	loss := [][]uint32{{0, 200_000}, {0, 0}}
	n := pair(t, func(c *Config) { c.Loss = loss })
	lost := 0
	for range 10_000 {
		if _, ok := n.Send(0, 0, 1, 1, nil, nil); !ok {
			lost++
		}
		if _, ok := n.Send(0, 1, 0, 1, nil, nil); !ok {
			t.Fatal("lost on a path without loss")
		}
	}
	if lost < 1_850 || lost > 2_150 {
		t.Errorf("lost %d of 10000 at a loss of a fifth", lost)
	}
	n = pair(t, func(c *Config) { c.Loss, c.Reliable = loss, true })
	late := map[engine.Instant]int{}
	for range 10_000 {
		late[mustSend(t, n, 0, 1)-far]++
	}
	if late[0] < 7_850 || late[200*millisecond] < 1_400 || late[600*millisecond] < 250 {
		t.Errorf("late by %v", late)
	}
}

// TestOrder checks that jitter does not reorder a connection that is ordered.
func TestOrder(t *testing.T) {
	n := pair(t, func(c *Config) {
		c.Delay = Uniform(2, engine.Constant(0), engine.Uniform(0, int64(far)))
	})
	var last, before engine.Instant
	free := false
	for now := range engine.Instant(200) {
		at, _ := n.Send(now, 0, 1, 1, &last, nil)
		if at < before {
			t.Fatalf("%d is overtaken at %d", before, at)
		}
		before = at
		loose, _ := n.Send(now, 0, 1, 1, nil, nil)
		free = free || loose < at
	}
	if !free {
		t.Error("without an order nothing was overtaken either")
	}
}

// TestFaults checks cuts, one way and both, clogs and flapping.
func TestFaults(t *testing.T) {
	n := pair(t, nil)
	passes := func(now engine.Instant, from, to engine.Node) bool {
		_, ok := n.Send(now, from, to, 1, nil, nil)
		return ok
	}
	cut := n.Begin(Fault{From: NewSet(0), To: NewSet(1, 70), Cut: true})
	oneWay := n.Begin(Fault{From: NewSet(1), Cut: true, OneWay: true})
	if passes(0, 0, 1) || passes(0, 1, 0) || n.Open(0, 0, 1) {
		t.Error("a cut lets through")
	}
	n.End(cut)
	if !passes(0, 0, 1) || passes(0, 1, 0) {
		t.Error("a cut of one way cuts the other")
	}
	n.End(oneWay)
	flap := n.Begin(Fault{Cut: true, Begun: 100, On: 10, Off: 30})
	for now, want := range map[engine.Instant]bool{100: false, 109: false, 110: true, 139: true, 140: false, 150: true} {
		if passes(now, 0, 1) != want {
			t.Errorf("at %d a flapping link lets through: %v", now, !want)
		}
	}
	n.End(flap)
	n.Begin(Fault{To: NewSet(1), Clog: engine.Constant(7)})
	n.Begin(Fault{To: NewSet(1), Clog: engine.Constant(5)})
	if got := mustSend(t, n, 0, 1); got != far+12 {
		t.Errorf("through two clogs one arrives at %d", got)
	}
}

// TestLookahead checks the least delay between partitions.
func TestLookahead(t *testing.T) {
	n := pair(t, func(c *Config) { c.Sites = []uint16{0, 0, 1} })
	for _, c := range []struct {
		homes []int32
		want  engine.Instant
		apart bool
	}{
		{[]int32{0, 0, 0}, engine.Never, false},
		{[]int32{0, 0, 1}, far, true},
		{[]int32{0, 1, 1}, millisecond, true},
	} {
		if got, apart := n.Lookahead(c.homes); got != c.want || apart != c.apart {
			t.Errorf("homes %v give %d, %v", c.homes, got, apart)
		}
	}
}

// TestPresets checks that tables are whole and mean what they say.
func TestPresets(t *testing.T) {
	for name, r := range map[string]Regions{"AWS": AWS(), "SimBlock": SimBlock()} {
		for from := range r.Names {
			for to := range r.Names {
				if r.Delay[from][to].Least() <= 0 || r.Delay[from][to] != r.Delay[to][from] {
					t.Errorf("%s: from %s to %s: %+v", name, r.Names[from], r.Names[to], r.Delay[from][to])
				}
			}
		}
	}
	ohio, err := AWS().Pick([]string{"us-east-2", "eu-west-3"})
	if err != nil || ohio.Delay[0][1].Least() != 46_250_000 {
		t.Errorf("from Ohio to Paris: %+v, %v", ohio.Delay, err)
	}
	picked, err := SimBlock().Pick([]string{"japan", "europe", "japan"})
	if err != nil || picked.Up[1] != 20_700*Kbit || picked.Delay[0][1] != SimBlock().Delay[4][1] {
		t.Errorf("picked %+v, %v", picked, err)
	}
	s := engine.NewStream(1, 0, 1)
	sum := int64(0)
	for range 20_000 {
		sum += picked.Delay[0][1].Draw(&s)
	}
	if mean := sum / 20_000; mean < 249e6 || mean > 255e6 {
		t.Errorf("the mean from Japan to Europe is %d ns, want 252 ms", mean)
	}
	if _, err := AWS().Pick([]string{"mars"}); err == nil || !strings.Contains(err.Error(), "us-east-1") {
		t.Errorf("an unknown region gives %v", err)
	}
	if LAN().Least() < int64(100*time.Microsecond) {
		t.Error("a LAN without delay")
	}
}

// TestBadConfig checks that all mistakes are told at once.
func TestBadConfig(t *testing.T) {
	_, err := New(Config{Sites: []uint16{0, 3}, Delay: Uniform(2, engine.Constant(0), engine.Constant(0)), Up: []Rate{-1}, Loss: [][]uint32{{0}}})
	for _, want := range []string{"node 1 lies in site 3", "1 uplinks", "of -1 bit/s", "row 0 of the losses"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a network without sites is taken")
	}
}

// TestSet checks membership.
func TestSet(t *testing.T) {
	s := NewSet(3, 200)
	for _, n := range []engine.Node{0, 3, 64, 199, 200, 201, 10_000} {
		if s.Has(n) != slices.Contains([]engine.Node{3, 200}, n) {
			t.Errorf("node %d: %v", n, s.Has(n))
		}
	}
	if !(*Set)(nil).Has(5) {
		t.Error("a nil set leaves a node out")
	}
}
