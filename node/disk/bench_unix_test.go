//go:build unix

package disk

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/dag/store/storetest"
)

// benchWrites returns the Writes of a mesh of four gateways under load: in each
// round one batch a gateway and a block a member, and every third round a commit. A
// fifth of the commits is certified and carries the executor's state.
func benchWrites(tb testing.TB, records, perBatch int) (*storetest.Ledger, []*store.Write) {
	l := storetest.NewLedger(tb, 4, 50)
	var (
		writes  []*store.Write
		batches []*dag.Batch
		state   = make([]byte, 4<<10)
	)
	for made, round := 0, dag.Round(1); made < records; round++ {
		w := new(store.Write)
		for gateway := range 4 {
			w.Batches = append(w.Batches, l.Batch(gateway, dag.LaneReadings, perBatch))
			w.Blocks = append(w.Blocks, l.Block(dag.Author(gateway), round))
			made += perBatch
		}
		writes = append(writes, w)
		batches = append(batches, w.Batches...)
		if round%3 != 0 {
			continue
		}
		e := l.Commit(false, batches...)
		batches = nil
		w = &store.Write{Executed: []*store.Executed{e}, Floor: max(round, 100) - 100}
		if e.Commit.Index%5 == 0 {
			w.Certified = append(w.Certified, l.Certify(e))
			w.State, w.Cosigned = state, e.Size
		}
		writes = append(writes, w)
	}
	return l, writes
}

// BenchmarkApplySync reports what a record costs, all else included, when every Write is synced.
func BenchmarkApplySync(b *testing.B) {
	for _, perBatch := range []int{40, 5, 1} {
		b.Run(fmt.Sprintf("batch=%d", perBatch), func(b *testing.B) {
			const records = 60_000
			l, writes := benchWrites(b, records, perBatch)
			b.ReportAllocs()
			var (
				cpu   time.Duration
				bytes int64
				live  int64
			)
			for b.Loop() {
				dir := b.TempDir()
				s, err := Open(dir, Options{Mesh: l.Mesh})
				if err != nil {
					b.Fatal(err)
				}
				before := cpuTime()
				for _, w := range writes {
					if err := s.Apply(w); err != nil {
						b.Fatal(err)
					}
					if err := s.Sync(); err != nil {
						b.Fatal(err)
					}
				}
				cpu += cpuTime() - before
				live += dirBytes(b, dir)
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				bytes += dirBytes(b, dir)
			}
			all := float64(b.N) * records
			b.ReportMetric(float64(cpu.Nanoseconds())/all, "cpu-ns/record")
			b.ReportMetric(float64(bytes)/all, "B/record")
			b.ReportMetric(float64(live)/all, "liveB/record")
			b.ReportMetric(all/b.Elapsed().Seconds(), "records/s")
			runtime.KeepAlive(l)
		})
	}
}

func dirBytes(tb testing.TB, dir string) (n int64) {
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}
