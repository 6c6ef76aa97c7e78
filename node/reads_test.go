package node

import (
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
	"github.com/floormesh/floormesh/sync/serve"
)

// tally counts the bytes that leave for each peer.
type tally struct {
	network

	mu    sync.Mutex
	bytes map[dag.PublicKey]int
}

func (c *tally) Answer(to dag.PublicKey, answers []message.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes[to] += answerBytes(answers)
}

func (c *tally) Flush() {}

func (c *tally) of(peer dag.PublicKey) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes[peer]
}

// readsOf starts reads on a store with one lane of 8 batches, some 2 MB, of which
// the last ones may not be given away.
func readsOf(t *testing.T, durable dag.Seq) (r *reads, sent *tally, request message.Message, stop func()) {
	g, nodes, _ := dagtest.Genesis(4)
	disk := store.NewMemory()
	lane := dagtest.Lane(t, g, nodes[0], dag.LaneReadings, 0, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000)
	if err := disk.Apply(&store.Write{Batches: lane}); err != nil {
		t.Fatal(err)
	}
	sent = &tally{bytes: map[dag.PublicKey]int{}}
	r = newReads(disk, func(_ dag.LaneID, seq dag.Seq) bool { return seq <= durable }, &counters{}, slog.New(slog.DiscardHandler), nil)
	r.net = sent
	var running sync.WaitGroup
	for range readWorkers {
		running.Go(r.run)
	}
	stop = func() {
		r.close()
		running.Wait()
	}
	return r, sent, &message.WantLane{Lane: lane[0].Lane, From: 1, MaxBytes: serve.MaxAnswerBytes}, stop
}

// TestOnlyWhatIsDurableIsGiven: a batch of ours that a peer has and a crash
// takes would be signed once more, as another.
func TestOnlyWhatIsDurableIsGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer := dag.PublicKey{1}
		var given [2]int
		for i, durable := range []dag.Seq{8, 3} {
			r, sent, request, stop := readsOf(t, durable)
			r.serve(replica.Serve{To: peer, Request: request})
			synctest.Wait()
			stop()
			given[i] = sent.of(peer)
		}
		if given[1] == 0 || given[1] > given[0]*3/7 {
			t.Errorf("%d bytes of 8 batches, and %d when 3 of them are durable", given[0], given[1])
		}
	})
}

// TestAFloodOfRequestsIsBounded has one peer ask as quickly as it can, and
// another one now and then: the first is sent its share, the second everything.
func TestAFloodOfRequestsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sent, request, stop := readsOf(t, 8)
		flooding, honest := dag.PublicKey{1}, dag.PublicKey{2}
		const seconds = 10
		asked := 0
		for tick := range 100 * seconds {
			for range 50 {
				r.serve(replica.Serve{To: flooding, Request: request})
			}
			if tick%20 == 0 {
				r.serve(replica.Serve{To: honest, Request: request})
				asked++
			}
			time.Sleep(10 * time.Millisecond) // of the bubble's clock
			synctest.Wait()
		}
		stop()
		share := serveBurstBytes + seconds*serveBytesPerSecond
		if got := sent.of(flooding); got < share*9/10 || got > share+readWorkers*serve.MaxAnswerBytes {
			t.Errorf("the flooding peer was sent %d bytes, want its share of %d", got, share)
		}
		one := sent.of(honest) / asked
		if one < serve.MaxAnswerBytes/2 || sent.of(honest)%asked != 0 {
			t.Errorf("the other peer was sent %d bytes for %d requests, want whole answers to all", sent.of(honest), asked)
		}
		if r.count.servesCurbed.Load() == 0 {
			t.Error("nothing was counted as dropped for want of a share")
		}
	})
}

// TestInventionsCostTheirAskerToo has a peer ask for what does not exist.
func TestInventionsCostTheirAskerToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, _, stop := readsOf(t, 8)
		nothing := &message.WantBatches{Refs: make([]message.BatchRef, message.MaxWants)}
		const many = 4 * serveBurstBytes / (message.MaxWants * lookupBytes)
		for range many {
			r.serve(replica.Serve{To: dag.PublicKey{1}, Request: nothing})
			synctest.Wait()
		}
		stop()
		if got := r.count.servesCurbed.Load(); got < many/2 {
			t.Errorf("%d of %d requests for inventions were dropped, want most", got, many)
		}
	})
}

// TestCatchingUpIsNotCurbed has a peer fetch a gigabyte from here alone, as
// quickly as three cores could verify it.
func TestCatchingUpIsNotCurbed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, sent, request, stop := readsOf(t, 8)
		peer := dag.PublicKey{1}
		for sent.of(peer) < 1<<30 {
			r.serve(replica.Serve{To: peer, Request: request})
			time.Sleep(130 * time.Millisecond) // of the bubble's clock
			synctest.Wait()
		}
		stop()
		if got := r.count.servesCurbed.Load() + r.count.servesDropped.Load(); got != 0 {
			t.Errorf("%d requests of a peer that catches up were dropped", got)
		}
	})
}
