// Package resulttest makes up runs for the tests of package result and of what
// shows its runs: a committee that fills a DAG, with a cut in its network. It simulates nothing.
package resulttest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/result"
)

// Options say how a made-up run differs from the usual one.
type Options struct {
	Seed    uint64
	Nodes   int // of the committee; 0: 4
	Rounds  int // 0: 40
	Swap    int // the event of this number differs; 0: none does
	Logged  bool
	Failed  bool
	Wall    time.Duration
	Workers int
	Halves  bool // two partitions instead of one
}

const (
	block result.Kind = iota
	batch
	cosignature
)

const ms = result.Instant(time.Millisecond)

// lastDrawn is the last round in the window of the DAG.
const lastDrawn = 14

// world is the state of a made-up run.
type world struct {
	Options
	random *rand.Rand
	book   *result.Book
	now    result.Instant
	events []result.Event
	next   uint64
}

// Run makes up a run.
func Run(t testing.TB, o Options) *result.Run {
	t.Helper()
	if o.Nodes == 0 {
		o.Nodes = 4
	}
	if o.Rounds == 0 {
		o.Rounds = 40
	}
	c := result.Config{
		Interval: 100 * time.Millisecond, Kinds: []string{"block", "batch", "cosignature"}, Roles: []string{"member", "gateway"},
		Nodes: make([]result.Place, o.Nodes+2), Partitions: 1, Windows: []result.Window{{To: 400 * ms}},
	}
	if o.Halves {
		c.Partitions = 2
	}
	if o.Logged {
		c.Events = result.Asked{{To: 400 * ms}}
	}
	c.Nodes[o.Nodes].Role, c.Nodes[o.Nodes+1].Role = 1, 1
	book, err := result.NewBook(c)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Options: o, random: rand.New(rand.NewPCG(o.Seed, 1)), book: book}
	w.rounds()
	w.replay()
	return book.Close(w.outcome())
}

func (w *world) outcome() result.Outcome {
	verdicts := []result.Verdict{
		{Checker: "agreement", Held: true, Node: result.NoNode, Detail: "all logs are prefixes of one"},
		{Checker: "durability", Held: true, Node: result.NoNode, Detail: "no acknowledged record was lost"},
		{Checker: "liveness", Held: !w.Failed, At: w.now / 2, Node: 2, Detail: "commits go on 5 s after the last fault"},
	}
	return result.Outcome{
		Scenario: "made up", Resolved: []byte("name: made up\nnodes: 4\n"), Seed: w.Seed, Build: "v1.2.3",
		End: w.now + 50*ms, Events: uint64(len(w.events)), Verdicts: verdicts,
		Faults: []result.Fault{
			{Kind: "partition", Label: "n3 | rest", From: w.now / 3, To: w.now / 2, Nodes: []result.Node{3}},
			{Kind: "crash", Label: "n1", From: 110 * ms, To: 190 * ms, Nodes: []result.Node{1}},
			{Kind: "clock jump", Label: "n2, +3 s", From: w.now * 3 / 4, To: w.now * 3 / 4, Nodes: []result.Node{2}},
		},
		Machine: result.Machine{Wall: w.Wall, Peak: 123 << 20, Workers: w.Workers, Platform: "linux/amd64"},
	}
}

// recorder returns the recorder of a node's partition.
func (w *world) recorder(node int) *result.Recorder {
	if w.Halves && node%2 == 1 {
		return w.book.Partition(1)
	}
	return w.book.Partition(0)
}

func (w *world) event(node int, e result.Event) {
	e.Node = result.Node(node)
	w.events = append(w.events, e)
}

// replay gives the recorders all events in the order of time.
func (w *world) replay() {
	slices.SortStableFunc(w.events, func(a, b result.Event) int { return cmp.Compare(a.At, b.At) })
	for i, e := range w.events {
		if i == w.Swap && w.Swap > 0 {
			e.Detail++
		}
		r := w.recorder(int(e.Node))
		if r.Wants(e.At, e.Node) && e.Act == result.Made {
			e.Label = fmt.Sprintf("block %d", e.Detail)
		}
		r.Event(&e)
	}
}

// rounds fills the DAG round by round.
func (w *world) rounds() {
	var parents []uint64
	for round := 1; round <= w.Rounds; round++ {
		var made []uint64
		for author := range w.Nodes {
			cut := author == 3 && round > w.Rounds/3 && round < w.Rounds/2 || author == 1 && round >= 5 && round <= 7
			if cut {
				continue
			}
			made = append(made, w.makeBlock(author, round, parents))
		}
		parents = made
		w.finish(round, made)
		w.now += 20*ms + result.Instant(w.random.Int64N(int64(5*ms)))
	}
}

func (w *world) makeBlock(author, round int, parents []uint64) uint64 {
	at := w.now + result.Instant(w.random.Int64N(int64(4*ms)))
	r := w.recorder(author)
	w.next++
	id := w.next
	r.Round(at, uint64(round))
	r.Gauge(at, uint64(40+w.random.IntN(30)), uint64(3<<20+round<<14))
	if round <= lastDrawn {
		r.Block(result.Block{ID: id, Round: uint64(round), Author: uint32(author), At: at, Parents: parents[:min(len(parents), 2*w.Nodes/3+1)]})
	}
	r.Accepted(at, 12)
	c := r.Counters(result.Node(author))
	c.Signed++
	c.Syncs++
	c.BytesSynced += 4096
	c.Processor += 80 * time.Microsecond
	w.event(author, result.Event{At: at, Peer: result.NoNode, Act: result.Made, Detail: uint64(round)})
	for to := range w.Nodes + 2 {
		if to != author {
			w.send(author, to, block, result.Message(id), at, 900)
			w.send(author, to, batch, result.Message(1000+id), at, 7200)
		}
	}
	return id
}

func (w *world) send(from, to int, kind result.Kind, m result.Message, at result.Instant, size uint64) {
	w.recorder(from).Sent(at, result.Node(from), kind, 1, size)
	w.event(from, result.Event{At: at, Peer: result.Node(to), Act: result.Sent, Kind: kind, Message: m, Detail: size})
	arrives := at + 5*ms + result.Instant(w.random.Int64N(int64(6*ms)))
	if w.random.IntN(40) == 0 {
		w.event(to, result.Event{At: arrives, Peer: result.Node(from), Act: result.Lost, Kind: kind, Message: m})
		return
	}
	w.recorder(to).Received(result.Node(to), 1, size)
	w.recorder(to).Counters(result.Node(to)).Verified++
	w.recorder(to).Delivered(arrives, result.Node(to), kind, m, at, 1)
	w.event(to, result.Event{At: arrives, Peer: result.Node(from), Act: result.Received, Kind: kind, Message: m, Detail: size})
}

// finish decides the leader of a round and makes its records final.
func (w *world) finish(round int, made []uint64) {
	at := w.now + 40*ms
	leader := round % w.Nodes
	r := w.recorder(0)
	d := result.Decision{Round: uint64(round), Author: uint32(leader), At: at}
	for i, id := range made {
		if i == leader && len(made) == w.Nodes {
			d.Committed, d.Block = true, id
		}
	}
	if round <= lastDrawn {
		r.Decided(d)
	}
	if !d.Committed {
		return
	}
	r.Commit(at)
	w.event(0, result.Event{At: at, Peer: result.NoNode, Act: result.Committed, Detail: uint64(round)})
	for range made {
		slow := time.Duration(w.random.ExpFloat64() * float64(9*time.Millisecond))
		r.Reached(result.Replicated, at, 9*time.Millisecond+slow/3, 12)
		r.Reached(result.Final, at, 45*time.Millisecond+slow, 12)
	}
}
