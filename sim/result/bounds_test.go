package result

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSeriesWidens: a run of any length stays within the bound and loses no count,
// and partitions of different lengths meet.
func TestSeriesWidens(t *testing.T) {
	book, err := NewBook(Config{Interval: time.Second, Kinds: []string{"block"}, Roles: []string{"member"}, Nodes: make([]Place, 2), Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	const seconds = 5 * maxIntervals
	long, short := book.Partition(0), book.Partition(1)
	for s := range Instant(seconds) {
		at := s * Instant(time.Second)
		long.Accepted(at, 1)
		long.Sent(at, 0, 0, 1, 100)
		long.Gauge(at, uint64(s), 1)
	}
	short.Accepted(0, 5)
	short.Gauge(0, 1000, 7)
	short.Reached(Final, 3*Instant(time.Second), time.Second, 2)
	run := book.Close(Outcome{End: seconds * Instant(time.Second)})
	if n := len(run.Series); n > maxIntervals || n < maxIntervals/2 {
		t.Errorf("%d intervals", n)
	}
	if got, want := run.Summary.Accepted, uint64(seconds+5); got != want {
		t.Errorf("%d records accepted, want %d", got, want)
	}
	if got, want := run.Summary.Volumes[0], (Volume{"block", seconds, 100 * seconds}); got != want {
		t.Errorf("traffic %v, want %v", got, want)
	}
	last := run.Series[len(run.Series)-1]
	if last.Pending != seconds-1+1000 || last.ReplicaBytes != 8 {
		t.Errorf("last gauges %d and %d, want the last words of both partitions", last.Pending, last.ReplicaBytes)
	}
	if run.Series[0].Latencies != 2 || run.Series[0].Width != 8*time.Second {
		t.Errorf("first interval %+v", run.Series[0])
	}
}

// TestGaugesGoOn: the series of a partition that ends early goes on with its last word.
func TestGaugesGoOn(t *testing.T) {
	book, err := NewBook(Config{Interval: time.Second, Kinds: []string{"block"}, Roles: []string{"member"}, Nodes: make([]Place, 2), Partitions: 3})
	if err != nil {
		t.Fatal(err)
	}
	book.Partition(0).Gauge(0, 1, 10)
	book.Partition(1).Gauge(Instant(2*time.Second), 2, 20)
	book.Partition(2).Gauge(Instant(time.Second), 4, 40)
	run := book.Close(Outcome{End: Instant(3 * time.Second)})
	var got []uint64
	for _, s := range run.Series {
		got = append(got, s.Pending)
	}
	if diff := cmp.Diff(got, []uint64{1, 5, 7}); diff != "" {
		t.Errorf("pending:\n%s", diff)
	}
}

// TestChainThinsOut: links stay within their bound, and those that stay are
// the links of a chain that was never thinned.
func TestChainThinsOut(t *testing.T) {
	c, all := newChain(), newChain()
	every := map[uint64]uint64{}
	const events = 3*maxLinks*firstWindow + 17
	for i := range uint64(events) {
		e := Event{At: Instant(i), Message: Message(i * i)}
		c.fold(&e)
		all.links, all.next = nil, all.events+2 // never full
		all.fold(&e)
		if all.events%firstWindow == 0 || all.events == events {
			every[all.events] = all.hash
		}
	}
	links := c.close(5)
	if len(links) > maxLinks+1 || len(links) < maxLinks/2 {
		t.Errorf("%d links", len(links))
	}
	for i, l := range links {
		if l.Hash != every[l.Events] || l.Partition != 5 {
			t.Errorf("link %+v, want hash %d", l, every[l.Events])
		}
		if i+1 < len(links) && l.Events != uint64(i+1)*c.window {
			t.Errorf("link %d is at event %d, the window is %d", i, l.Events, c.window)
		}
	}
	if last := links[len(links)-1]; last.Events != events {
		t.Errorf("the last link is at %d, want %d", last.Events, events)
	}
}

// TestDeliveriesThinOut: the sample stays in its bound, holds messages as a
// whole, and does not depend on how nodes were partitioned.
func TestDeliveriesThinOut(t *testing.T) {
	const messages, nodes = maxDeliveries / 40, 50
	sample := func(partitions int) []Delivery {
		parts := make([]deliveries, partitions)
		for n := range nodes {
			for m := range messages {
				parts[n%partitions].add(delivery{message: Message(m), node: Node(n), at: Instant(m + n), published: Instant(m)})
			}
		}
		for i := range parts[1:] {
			parts[0].merge(&parts[1+i])
		}
		return parts[0].sorted([]string{"batch"})
	}
	one := sample(1)
	if len(one) > maxDeliveries || len(one) < maxDeliveries/4 {
		t.Errorf("%d deliveries", len(one))
	}
	for rest := one; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(d Delivery) bool { return d.Message != rest[0].Message })
		if n < 0 {
			n = len(rest)
		}
		if n != nodes {
			t.Fatalf("message %d has %d deliveries, want %d", rest[0].Message, n, nodes)
		}
		rest = rest[n:]
	}
	if three := sample(3); !slices.Equal(one, three) {
		t.Errorf("one partition keeps %d deliveries, three keep %d", len(one), len(three))
	}
}

// TestConfigSaysAllThatIsWrong: every problem at once.
func TestConfigSaysAllThatIsWrong(t *testing.T) {
	_, err := NewBook(Config{Roles: []string{"member"}, Nodes: []Place{{Role: 1}}})
	want := `the interval of a series is 0s: it must be more than 0
0 kinds of messages: 1 to 256 can be told apart
0 partitions: 1 to 16384 can be recorded
node 0 has role 1, of which there are 1`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestPartitionsAtOnce: recorders share nothing that is written to, so that workers may
// fill them side by side, with the same result as one after the other.
func TestPartitionsAtOnce(t *testing.T) {
	const partitions = 4
	fill := func(r *Recorder, node Node) {
		for i := range Instant(2000) {
			at := i * Instant(time.Millisecond)
			r.Accepted(at, 1)
			r.Sent(at, node, 0, 1, 100)
			r.Received(node, 1, 100)
			r.Counters(node).Signed++
			r.Reached(Final, at, time.Duration(i*7), 1)
			r.Delivered(at, node, 0, Message(i), at/2, 1)
			r.Event(&Event{At: at, Node: node, Peer: NoNode, Act: Made, Detail: uint64(i)})
		}
	}
	record := func(start func(func()), wait func()) *Run {
		book, err := NewBook(Config{Interval: time.Second, Kinds: []string{"block"}, Roles: []string{"member"}, Nodes: make([]Place, partitions), Partitions: partitions})
		if err != nil {
			t.Fatal(err)
		}
		for p := range partitions {
			start(func() { fill(book.Partition(p), Node(p)) })
		}
		wait()
		return book.Close(Outcome{End: Instant(2 * time.Second)})
	}
	inTurn := record(func(f func()) { f() }, func() {})
	var group sync.WaitGroup
	atOnce := record(group.Go, group.Wait)
	if diff := cmp.Diff(atOnce, inTurn); diff != "" {
		t.Errorf("at once and in turn differ:\n%s", diff)
	}
}

// TestRecordingIsCheap: what is called for every message allocates nothing.
func TestRecordingIsCheap(t *testing.T) {
	book, err := NewBook(Config{Interval: time.Hour, Kinds: []string{"block"}, Roles: []string{"member"}, Nodes: make([]Place, 2), Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := book.Partition(0)
	r.Sent(0, 0, 0, 1, 1)
	if allocations := testing.AllocsPerRun(1000, func() { record(r, 1) }); allocations > 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func record(r *Recorder, at Instant) {
	r.Sent(at, 0, 0, 1, 900)
	r.Received(1, 1, 900)
	r.Event(&Event{At: at, Node: 1, Peer: 0, Act: Received, Message: 77})
}

func BenchmarkRecord(b *testing.B) {
	book, err := NewBook(Config{Interval: time.Hour, Kinds: []string{"block"}, Roles: []string{"member"}, Nodes: make([]Place, 2), Partitions: 1})
	if err != nil {
		b.Fatal(err)
	}
	r := book.Partition(0)
	b.ReportAllocs()
	for b.Loop() {
		record(r, 1)
	}
}
