package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// TestStreamGoldens pins the streams: another machine, or another version of
// Go, must draw the same.
func TestStreamGoldens(t *testing.T) {
	for _, c := range []struct {
		seed uint64
		node int
		p    purpose
		want [2]uint64
	}{
		{1, nobody, purposePlan, [2]uint64{0xe0068415f67bee49, 0xeaf5afe2b2dc0dd9}},
		{1, 0, purposeLink, [2]uint64{0x103a9e1adbdf0c4d, 0x7f091cd883b6ed9}},
		{2, 0, purposeLink, [2]uint64{0x9449d210171ced78, 0x6f14697461c94c73}},
	} {
		s := newStream(c.seed, c.node, c.p)
		if got := [2]uint64{s.Uint64(), s.Uint64()}; got != c.want {
			t.Errorf("stream %d/%d/%d draws %#x, want %#x", c.seed, c.node, c.p, got, c.want)
		}
	}
}

// TestClock checks that the alarm rings at the first instant at which the
// drifting clock has reached the reading.
func TestClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clock{
			plan:   ClockPlan{DriftPPM: rapid.Int64Range(-500, 500).Draw(t, "drift")},
			booted: replica.Instant(rapid.Int64Range(0, 1e12).Draw(t, "booted")),
			offset: replica.Instant(rapid.Int64Range(0, 1e15).Draw(t, "offset")),
		}
		reading := c.offset + replica.Instant(rapid.Int64Range(-10, 1e13).Draw(t, "ahead"))
		at := c.when(reading)
		if c.monotonic(at) < reading {
			t.Errorf("rings at %d, when the clock reads %d of %d", at, c.monotonic(at), reading)
		}
		if at > c.booted && c.monotonic(at-2) >= reading {
			t.Errorf("rings at %d, though the clock reads %d two nanoseconds before", at, c.monotonic(at-2))
		}
	})
}

// TestWall checks clocks that stand still and leap.
func TestWall(t *testing.T) {
	second := replica.Instant(time.Second)
	stopped := clock{plan: ClockPlan{StopsAt: second}}
	if a, b := stopped.wall(second), stopped.wall(9*second); a != b {
		t.Errorf("a stopped clock reads %d, then %d", a, b)
	}
	leaping := clock{plan: ClockPlan{LeapsAt: 2 * second, Leap: -time.Hour}}
	if got := leaping.wall(2*second) - leaping.wall(2*second-1); got > -3_599_000 {
		t.Errorf("a leap of an hour back is %d ms", got)
	}
}

// TestLinks checks partitions, deafness, order and loss.
func TestLinks(t *testing.T) {
	plan := LinkPlan{Latency: time.Millisecond, Jitter: time.Millisecond, Ordered: true}
	l := newLinks(1, 3, plan)
	var last replica.Instant
	for now := range replica.Instant(200) {
		at := l.arrivals(nil, now*1000, 0, 1)
		if len(at) != 1 || at[0] < last {
			t.Fatalf("arrivals %v after %d on an ordered link", at, last)
		}
		last = at[0]
	}
	apart := &Fault{Nodes: []int{0}}
	l.part(apart, 1)
	l.part(apart, 1)
	l.part(apart, -1)
	if l.open(0, 1) || l.open(2, 0) || !l.open(1, 2) {
		t.Error("a partition with another inside it is not what it should be")
	}
	l.part(apart, -1)
	l.deafen(apart, 1)
	if l.open(1, 0) || !l.open(0, 1) || !l.connected(0, 1) {
		t.Error("a deaf node should be heard, not hear, and stay connected")
	}
	lossy := newLinks(1, 2, LinkPlan{Latency: 1, Loss: 500, LossAfter: 0})
	lost := 0
	for range 1000 {
		if len(lossy.arrivals(nil, 0, 0, 1)) == 0 {
			lost++
		}
	}
	if lost < 400 || lost > 600 {
		t.Errorf("lost %d of 1000 at a loss of one half", lost)
	}
	lossy.healed = true
	if len(lossy.arrivals(nil, 0, 0, 1)) != 1 {
		t.Error("loses messages after healing")
	}
}

// TestDiskCrash checks that a crash keeps what was synced and a prefix of the rest.
func TestDiskCrash(t *testing.T) {
	kept := map[int]bool{}
	for seed := range uint64(40) {
		d := newDisk(seed, 0, DiskPlan{Sync: 1, Jitter: 1})
		write := func(n uint64) { d.apply(n, &store.Write{Cosigned: n}, nil) }
		write(1)
		if _, begun := d.begin(); !begun {
			t.Fatal("no sync begins")
		}
		write(2) // during the sync, which does not cover it
		if _, begun := d.begin(); begun {
			t.Fatal("two syncs at a time")
		}
		writes, seq, err := d.end()
		if err != nil || len(writes) != 1 || seq != 1 {
			t.Fatalf("the sync covers %d writes up to %d: %v", len(writes), seq, err)
		}
		write(3)
		survived := d.crash()
		kept[len(survived)] = true
		restored, err := d.restore(dag.PublicKey{}, 1)
		if err != nil {
			t.Fatal(err)
		}
		if want := uint64(1 + len(survived)); restored.Cosigned != want {
			t.Errorf("seed %d: %d writes survived, and the store is at %d", seed, len(survived), restored.Cosigned)
		}
	}
	for n := range 3 {
		if !kept[n] {
			t.Errorf("no crash of forty kept %d of the two unsynced writes", n)
		}
	}
}

// TestPlansVary checks that seeds draw all that a plan can hold.
func TestPlansVary(t *testing.T) {
	slow := 0
	faults, liars, sizes := map[string]bool{}, map[string]bool{}, map[int]bool{}
	for seed := range uint64(400) {
		p := Draw(seed, Options{})
		sizes[p.Nodes] = true
		if p.CPU != nil {
			slow++
			if p.CPU.Cores < 1 || p.CPU.Slower < 1 {
				t.Errorf("seed %d: %d cores, %d times slower", seed, p.CPU.Cores, p.CPU.Slower)
			}
		}
		for _, f := range p.Faults {
			faults[f.Kind] = true
			if f.From >= f.To {
				t.Errorf("seed %d: a fault from %d to %d", seed, f.From, f.To)
			}
		}
		for _, l := range p.Liars {
			liars[l.Kind] = true
		}
		if most := (p.Nodes - 1) / 3; len(p.Liars) > most {
			t.Errorf("seed %d: %d of %d lie", seed, len(p.Liars), p.Nodes)
		}
	}
	if slow < 25 || slow > 100 {
		t.Errorf("the work of %d of 400 seeds takes time", slow)
	}
	if len(faults) != 6 || len(liars) != 17 || len(sizes) != 5 {
		t.Errorf("faults %v, liars %v, sizes %v", faults, liars, sizes)
	}
}
