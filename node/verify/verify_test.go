package verify_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/node/verify"
	"github.com/floormesh/floormesh/sync/message"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newPool(tb testing.TB, g *dag.Genesis, workers int) *verify.Pool {
	tb.Helper()
	p := verify.NewPool(g.Domain(), workers, rand.Reader)
	tb.Cleanup(p.Close)
	return p
}

// readings returns records, of which every bad-th one has a wrong signature.
func readings(tb testing.TB, mesh dag.MeshID, first, n, bad int) (records []*dag.Record) {
	tb.Helper()
	for i := range n {
		r := dagtest.Reading(mesh, dagtest.DeviceKey(i%5), first+i)
		if bad > 0 && i%bad == 0 {
			raw := append([]byte(nil), r.Raw()...)
			raw[len(raw)-1] ^= 1
			var err error
			if r, err = dag.DecodeRecord(mesh, raw); err != nil {
				tb.Fatal(err)
			}
		}
		records = append(records, r)
	}
	return records
}

func TestManyCallersAndOnlyTheBadOnesFail(t *testing.T) {
	g, _, _ := dagtest.Genesis(4)
	p := newPool(t, g, 3)
	blocks := dagtest.Parse(t, 4, "a1 b1 c1 d1 <-; a2 b2 c2 d2 <- *").Blocks
	forged := forge(t, blocks[0])
	var callers sync.WaitGroup
	for c := range 8 {
		bad := []int{0, 3}[c%2]
		records := readings(t, g.ID(), 100*c, 60, bad)
		callers.Go(func() {
			good, errs := p.Records(t.Context(), records)
			next := 0
			for i, err := range errs {
				if wrong := bad > 0 && i%bad == 0; wrong {
					if !errors.Is(err, dag.ErrSignature) {
						t.Errorf("caller %d, bad record %d: got error %v", c, i, err)
					}
					continue
				}
				if err != nil || good[next].Value() != records[i] {
					t.Errorf("caller %d, good record %d: got error %v", c, i, err)
				}
				next++
			}
			if next != len(good) {
				t.Errorf("caller %d: %d good records, want %d", c, len(good), next)
			}
		})
		callers.Go(func() {
			for _, b := range blocks {
				if _, err := p.Message(t.Context(), &message.Blocks{Blocks: []*dag.Block{b}}); err != nil {
					t.Errorf("good block: %v", err)
				}
			}
			if _, err := p.Message(t.Context(), &message.Blocks{Blocks: []*dag.Block{forged}}); !errors.Is(err, dag.ErrSignature) {
				t.Errorf("forged block: got error %v", err)
			}
		})
	}
	callers.Wait()
}

// TestSingleRecords: one at a time, some on their callers' goroutines and some on
// workers', beside messages that need the same verifiers.
func TestSingleRecords(t *testing.T) {
	g, _, _ := dagtest.Genesis(4)
	p := newPool(t, g, 2)
	blocks := dagtest.Parse(t, 4, "a1 b1 c1 d1 <-; a2 b2 c2 d2 <- *").Blocks
	var callers sync.WaitGroup
	for c := range 8 {
		records := readings(t, g.ID(), 100*c, 30, 3)
		callers.Go(func() {
			for i, r := range records {
				good, errs := p.Records(t.Context(), []*dag.Record{r})
				if i%3 == 0 {
					if len(good) != 0 || !errors.Is(errs[0], dag.ErrSignature) {
						t.Errorf("caller %d, bad record %d: got %d good, error %v", c, i, len(good), errs[0])
					}
					continue
				}
				if errs[0] != nil || len(good) != 1 || good[0].Value() != r {
					t.Errorf("caller %d, good record %d: got %d good, error %v", c, i, len(good), errs[0])
				}
				if _, err := p.Message(t.Context(), &message.Blocks{Blocks: blocks[i%8 : i%8+1]}); err != nil {
					t.Errorf("good block: %v", err)
				}
			}
		})
	}
	callers.Wait()
}

// forge returns a block with a wrong signature.
func forge(tb testing.TB, b *dag.Block) *dag.Block {
	tb.Helper()
	raw := append([]byte(nil), b.Raw()...)
	raw[len(raw)-1] ^= 1
	forged, err := dag.DecodeBlock(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return forged
}

func TestPipelineKeepsItsOrder(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	p := newPool(t, g, 4)
	lane := dagtest.Lane(t, g, nodes[0], dag.LaneReadings, 0, 200, 1, 1, 90, 1, 40, 1, 1)
	var results []<-chan verify.Result
	for _, b := range lane {
		r, err := p.Start(t.Context(), &message.Batches{Batches: []*dag.Batch{b}})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	for i, r := range results {
		got := <-r
		if got.Err != nil {
			t.Fatal(got.Err)
		}
		if got.Message.Value().(*message.Batches).Batches[0] != lane[i] {
			t.Errorf("result %d is of another message", i)
		}
	}
}

func TestFullQueueWaits(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	p := newPool(t, g, 1)
	lane := dagtest.Lane(t, g, nodes[0], dag.LaneReadings, 0, 2000)
	m := &message.Batches{Batches: lane}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// A cancelled context lets in what there is room for, and nothing more.
	queued, refused := 0, 0
	var results []<-chan verify.Result
	for range 2 * verify.MaxQueued / 2000 {
		r, err := p.Start(ctx, m)
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			refused++
			continue
		}
		results = append(results, r)
		queued++
	}
	if refused == 0 || queued < verify.MaxQueued/2001 {
		t.Errorf("%d queued, %d refused", queued, refused)
	}
	for _, r := range results {
		if got := <-r; got.Err != nil {
			t.Error(got.Err)
		}
	}
}

func TestMessageLargerThanTheQueue(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	p := newPool(t, g, 2)
	b := dagtest.Lane(t, g, nodes[0], dag.LaneReadings, 0, 2000)[0]
	m := &message.Batches{}
	for range verify.MaxQueued/2000 + 1 {
		m.Batches = append(m.Batches, b)
	}
	if _, err := p.Message(t.Context(), m); err != nil {
		t.Error(err)
	}
}

func TestClose(t *testing.T) {
	g, nodes, _ := dagtest.Genesis(1)
	p := verify.NewPool(g.Domain(), 1, rand.Reader)
	m := &message.Batches{Batches: dagtest.Lane(t, g, nodes[0], dag.LaneReadings, 0, 1500)}
	var callers sync.WaitGroup
	for range 40 {
		callers.Go(func() {
			if _, err := p.Message(context.Background(), m); err != nil && !errors.Is(err, verify.ErrClosed) {
				t.Errorf("got error %v", err)
			}
		})
	}
	p.Close()
	callers.Wait()
	if _, err := p.Message(t.Context(), m); !errors.Is(err, verify.ErrClosed) {
		t.Errorf("after Close: got error %v", err)
	}
	if _, errs := p.Records(t.Context(), readings(t, g.ID(), 0, 2, 0)); !errors.Is(errs[1], verify.ErrClosed) {
		t.Errorf("after Close: got errors %v", errs)
	}
}

func BenchmarkRecords(b *testing.B) {
	g, _, _ := dagtest.Genesis(1)
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			p := newPool(b, g, 2)
			records := readings(b, g.ID(), 0, 64, 0)
			b.ReportAllocs()
			b.SetParallelism((callers + 1) / 2) // times GOMAXPROCS
			next := func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if _, errs := p.Records(b.Context(), records[i%64:i%64+1]); errs[0] != nil {
						b.Error(errs[0])
					}
				}
			}
			if callers > 1 {
				b.RunParallel(next)
				return
			}
			for b.Loop() {
				if _, errs := p.Records(b.Context(), records[:1]); errs[0] != nil {
					b.Fatal(errs[0])
				}
			}
		})
	}
}
