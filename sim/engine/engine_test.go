package engine

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

const millisecond = Instant(time.Millisecond)

// crowd is a handler under which every event causes others, at nodes drawn from
// all of the run; what it did is told by its sum.
type crowd struct {
	nodes     int
	lookahead Instant
	homes     []int32
	streams   []Stream // shared: each node's is used by its own partition
	carried   *Shared[uint64]
	sum       []uint64 // by node
}

const (
	hop Kind = iota + 1
	tick
)

func (w *crowd) Window(c *Partition) { w.carried.Collect(c) }

func (w *crowd) Handle(c *Partition, e Event) {
	s := &w.streams[e.Node]
	word := s.Uint64()
	if e.Kind == hop {
		word ^= w.carried.Get(e.Load)
		w.carried.Release(c, e.Load)
	}
	w.sum[e.Node] = Mix(w.sum[e.Node] ^ word ^ uint64(e.At))
	c.Fold(w.sum[e.Node])
	to := Node(s.Below(uint64(w.nodes)))
	delay := Instant(s.Below(uint64(5 * millisecond)))
	if w.homes[to] != w.homes[e.Node] {
		delay += w.lookahead
	}
	c.Schedule(c.Now()+delay, to, What{Kind: hop, Load: w.carried.Put(c, word, 1)})
	if e.Kind == tick {
		c.Schedule(c.Now()+millisecond, e.Node, What{Kind: tick})
	} else if s.Chance(200_000) {
		c.Schedule(c.Now(), e.Node, What{Kind: hop, Load: w.carried.Put(c, word, 1)})
	}
}

func newCrowd(t interface{ Fatal(...any) }, workers int, homes []int32, seed uint64, c Config) (*Engine, *crowd) {
	partitions := 1
	for _, h := range homes {
		partitions = max(partitions, int(h)+1)
	}
	w := &crowd{
		nodes: len(homes), lookahead: 2 * millisecond, homes: homes,
		carried: NewShared[uint64](partitions), sum: make([]uint64, len(homes)),
	}
	for i := range homes {
		w.streams = append(w.streams, NewStream(seed, Node(i), 1))
	}
	c.Homes, c.Workers, c.Lookahead = homes, workers, w.lookahead
	c.Handler = func(int) Handler { return w }
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for i := range homes {
		e.Schedule(0, Node(i), What{Kind: tick})
	}
	return e, w
}

// TestWorkersChangeNothing runs the same nodes on 1, 2 and more workers.
func TestWorkersChangeNothing(t *testing.T) {
	for seed := range uint64(8) { // few, since workers that wait for each other wait long on a busy machine
		draw := NewStream(seed, Nobody, 9)
		homes := make([]int32, 2+draw.Below(40))
		for i := range homes {
			homes[i] = int32(draw.Below(2 + seed))
		}
		run := func(workers int) (string, uint64) {
			e, w := newCrowd(t, workers, homes, seed, Config{MaxEvents: 2_000, World: func(e *Engine, ev Event) {
				e.Fold(uint64(ev.At))
				e.Schedule(ev.At, 0, What{Kind: tick})
				e.Schedule(ev.At+3*millisecond, Nobody, What{})
			}})
			e.Schedule(millisecond, Nobody, What{})
			var reasons []string
			for i := range Instant(3) { // a run may be taken up again
				r, err := e.Run((i + 1) * 7 * millisecond)
				if err != nil {
					t.Fatal(err)
				}
				reasons = append(reasons, string(r))
			}
			sum := uint64(0)
			for _, s := range w.sum {
				sum = Mix(sum ^ s)
			}
			return fmt.Sprintf("%v %d events, %d pending, %d carried, %x", reasons, e.Events(), e.Pending(), w.carried.Len(), e.Fingerprint()), sum
		}
		one, sumOne := run(1)
		for workers := 2; workers <= 4; workers++ {
			if many, sum := run(workers); many != one || sum != sumOne {
				t.Fatalf("seed %d with %d workers: %s, with one: %s", seed, workers, many, one)
			}
		}
	}
}

// TestPartitionsChangeNothing runs the same nodes in one partition and in several:
// each node sees the same.
func TestPartitionsChangeNothing(t *testing.T) {
	sums := func(split bool) []uint64 {
		homes := []int32{0, 0, 0, 1, 1, 2, 2, 2}
		e, w := newCrowd(t, 1, homes, 3, Config{})
		if !split {
			e, w = newCrowd(t, 1, make([]int32, len(homes)), 3, Config{})
			w.homes = homes // delays as if split
		}
		if _, err := e.Run(30 * millisecond); err != nil {
			t.Fatal(err)
		}
		return w.sum
	}
	if one, several := fmt.Sprint(sums(false)), fmt.Sprint(sums(true)); one != several {
		t.Errorf("one partition: %s, several: %s", one, several)
	}
}

// TestFingerprintGolden pins a run: another machine must come to the same.
func TestFingerprintGolden(t *testing.T) {
	e, _ := newCrowd(t, 2, []int32{0, 1, 0, 1, 2}, 1, Config{})
	if _, err := e.Run(20 * millisecond); err != nil {
		t.Fatal(err)
	}
	if got, want := e.Fingerprint(), uint64(0x1f52104b44b097f8); got != want {
		t.Errorf("fingerprint %#x after %d events, want %#x", got, e.Events(), want)
	}
	other, _ := newCrowd(t, 2, []int32{0, 1, 0, 1, 2}, 2, Config{})
	if _, err := other.Run(20 * millisecond); err != nil {
		t.Fatal(err)
	}
	if other.Fingerprint() == e.Fingerprint() {
		t.Error("another seed has the same fingerprint")
	}
}

// once is a handler made of a function.
type once func(c *Partition, e Event)

func (f once) Handle(c *Partition, e Event) { f(c, e) }

// TestLookaheadIsHeld checks that an event too near in another partition is refused,
// whichever worker runs it, and that both ends are named.
func TestLookaheadIsHeld(t *testing.T) {
	for workers := 1; workers <= 2; workers++ {
		e, err := New(Config{Homes: []int32{0, 1}, Lookahead: 10, Workers: workers, Handler: func(int) Handler {
			return once(func(c *Partition, _ Event) { c.Schedule(c.Now()+9, 1, What{}) })
		}})
		if err != nil {
			t.Fatal(err)
		}
		e.Schedule(5, 0, What{})
		said := ""
		func() {
			defer func() { said = fmt.Sprint(recover()) }()
			_, _ = e.Run(Never)
		}()
		for _, want := range []string{"node 0 (partition 0)", "node 1 (partition 1)", "9 ns ahead at instant 5", "lookahead of 10 ns"} {
			if !strings.Contains(said, want) {
				t.Errorf("%d workers: %q does not say %q", workers, said, want)
			}
		}
	}
}

// TestEnds checks why runs end, and that they can go on.
func TestEnds(t *testing.T) {
	e, err := New(Config{Nodes: 1, MaxEvents: 5, World: func(e *Engine, _ Event) { e.Stop() }, Handler: func(int) Handler {
		return once(func(c *Partition, e Event) {
			switch e.Tag {
			case 1:
				c.Stop()
			case 2:
				for i := range Instant(4) {
					c.Schedule(c.Now()+i, 0, What{Kind: 9})
				}
			}
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(until Instant, want Reason) {
		t.Helper()
		if got, err := e.Run(until); got != want || err != nil {
			t.Errorf("ends since %q, %v; want %q", got, err, want)
		}
	}
	expect(10, Drained)
	e.Schedule(10, 0, What{Tag: 1})
	e.Schedule(20, Nobody, What{})
	expect(10, Reached)
	expect(15, Stopped)
	expect(15, Reached)
	expect(25, Stopped)
	if e.Now() != 20 || e.Progress().Events != 2 {
		t.Errorf("now %d, progress %+v", e.Now(), e.Progress())
	}
	e.Schedule(30, 0, What{Tag: 2})
	expect(Never, Spent)
	if e.Events() != 5 || e.Pending() != 2 {
		t.Errorf("%d events, %d pending", e.Events(), e.Pending())
	}
}

// TestProgress reads how far a run is from beside it.
func TestProgress(t *testing.T) {
	e, _ := newCrowd(t, 2, []int32{0, 1, 0, 1, 2}, 1, Config{})
	over := make(chan struct{})
	looked := make(chan Progress)
	go func() {
		var last Progress
		for {
			p := e.Progress()
			if p.Now < last.Now || p.Events < last.Events {
				t.Errorf("after %+v comes %+v", last, p)
			}
			last = p
			select {
			case <-over:
				looked <- e.Progress()
				return
			default:
				runtime.Gosched()
			}
		}
	}()
	if _, err := e.Run(40 * millisecond); err != nil {
		t.Fatal(err)
	}
	close(over)
	p := <-looked
	if p.Events != e.Events() || p.Pending != e.Pending() || p.Bytes != e.Bytes() || p.Windows == 0 || p.Now == 0 {
		t.Errorf("at the end: %+v", p)
	}
}

// TestCrowded checks that a run that drowns in events says in which.
func TestCrowded(t *testing.T) {
	e, err := New(Config{Nodes: 1, MaxPending: 100, Handler: func(int) Handler {
		return once(func(c *Partition, _ Event) {
			for range 2 {
				c.Schedule(c.Now()+1, 0, What{Kind: 7})
			}
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	e.Schedule(0, 0, What{Kind: 7})
	_, err = e.Run(Never)
	crowded, ok := errors.AsType[*CrowdedError](err)
	if !ok || crowded.Kinds[7] != crowded.Pending || !strings.Contains(err.Error(), "of kind 7") {
		t.Errorf("ends with %v", err)
	}
}

// TestBadConfig checks that what cannot run is refused with the reason.
func TestBadConfig(t *testing.T) {
	handler := func(int) Handler { return once(func(*Partition, Event) {}) }
	for want, c := range map[string]Config{
		"no handler":             {Nodes: 1},
		"no nodes":               {Handler: handler},
		"lookahead above 0":      {Homes: []int32{0, 1}, Handler: handler},
		"node 1 lies in part":    {Homes: []int32{0, -1}, Handler: handler},
		"partition 70000: 0 to ": {Homes: []int32{70000}, Handler: handler},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v gives %v, want %q", c, err, want)
		}
	}
}

// TestPanicsArePassedOn checks that a handler's panic on a worker reaches the caller
// of Run, and is the earliest in virtual time.
func TestPanicsArePassedOn(t *testing.T) {
	e, err := New(Config{Homes: []int32{0, 1, 2}, Lookahead: 10, Workers: 3, Handler: func(int) Handler {
		return once(func(_ *Partition, e Event) { panic(fmt.Sprint("node ", e.Node)) })
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range Node(3) {
		e.Schedule(Instant(9-i), i, What{})
	}
	defer func() {
		p, ok := recover().(*Panic)
		if !ok || p.Value != "node 2" || p.Partition != 2 || p.Now != 7 || !strings.Contains(p.Error(), "node 2") {
			t.Errorf("panics with %v", p)
		}
	}()
	_, _ = e.Run(Never)
}

// TestSharedOf checks that a store serves partitions that are not the engine's first.
func TestSharedOf(t *testing.T) {
	e, _ := newCrowd(t, 1, []int32{0, 1, 2}, 1, Config{})
	s := NewSharedOf[string](1, 2)
	b, c := e.Partition(1), e.Partition(2)
	h := s.Put(c, "x", 2)
	s.Retain(c, h, 1)
	s.Release(c, h)
	s.Release(c, h)
	s.Release(b, h)
	if s.Get(h) != "x" {
		t.Error("a value is gone too early")
	}
	b.window++
	c.window++
	if s.Collect(c); s.Len() != 0 {
		t.Errorf("%d values are left", s.Len())
	}
}

// TestShared checks that values live as long as they are referred to, and handles
// are used again.
func TestShared(t *testing.T) {
	e, _ := newCrowd(t, 1, []int32{0, 1}, 1, Config{})
	s := NewShared[string](2)
	a, b := e.Partition(0), e.Partition(1)
	h := s.Put(a, "x", 2)
	other := s.Put(b, "y", 1)
	if h == 0 || other == 0 || h == other {
		t.Fatalf("handles %d and %d", h, other)
	}
	s.Retain(a, h, 1)
	s.Release(a, h)
	s.Release(a, h)
	if s.Get(h) != "x" || s.Len() != 2 {
		t.Error("a value is gone too early")
	}
	s.Release(b, h)
	b.window++
	a.window++
	s.Collect(a)
	if s.Len() != 1 || s.Get(other) != "y" {
		t.Errorf("%d values are left", s.Len())
	}
	if again := s.Put(a, "z", 1); again != h {
		t.Errorf("place %d is not used again, but %d", h, again)
	}
	defer func() {
		if recover() == nil {
			t.Error("a value may be released twice")
		}
	}()
	s.Release(b, other)
	s.Release(b, other)
}

// TestSlab checks that places are used again and hold what was put last.
func TestSlab(t *testing.T) {
	var s Slab[string]
	a, b := s.Put("a"), s.Put("b")
	if a == 0 || a == b || *s.Get(a) != "a" {
		t.Fatalf("handles %d and %d", a, b)
	}
	if got := s.Take(a); got != "a" || s.Len() != 1 {
		t.Errorf("took %q, %d are left", got, s.Len())
	}
	if c := s.Put("c"); c != a || s.Take(b) != "b" {
		t.Errorf("place %d is not used again, but %d", a, c)
	}
}

type idle struct{ sum uint64 }

func (i *idle) Handle(c *Partition, e Event) {
	i.sum += uint64(e.Tag)
	c.Schedule(e.At+1000, e.Node, e.What)
}

// BenchmarkDispatch is the cost of an event whose handler does nothing but schedule
// the next: queue (short), order, fingerprint and call.
func BenchmarkDispatch(b *testing.B) {
	e, err := New(Config{Nodes: 64, Handler: func(int) Handler { return &idle{} }})
	if err != nil {
		b.Fatal(err)
	}
	for i := range Node(64) {
		e.Schedule(Instant(i)*17, i, What{Tag: 1})
	}
	until := Instant(0)
	for b.Loop() {
		until += 1_000_000 // 64,000 events
		if _, err := e.Run(until); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(e.Events()), "ns/event")
}
