package node

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
)

// BenchmarkFinal submits records of 50 devices at four gateways in this
// process, 256 at a time and as fast as they are taken, and waits until all of
// them are final everywhere. It leaves out HTTP.
func BenchmarkFinal(b *testing.B) {
	dir, mesh := initMesh(b, 4)
	nodes := startMesh(b, dir, 4)
	const devices, request = 50, 256
	total := 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		const each = 40 * request
		raw := make([][][]byte, len(nodes))
		for i := range raw {
			for d := range devices {
				raw[i] = append(raw[i], records(b, mesh, 1000*i+d, total, each/devices+1)...)
			}
			raw[i] = raw[i][:each]
		}
		b.StartTimer()
		var submitting sync.WaitGroup
		for i, n := range nodes {
			for part := range 2 {
				submitting.Go(func() {
					half := raw[i][part*each/2 : (part+1)*each/2]
					for chunk := range slices.Chunk(half, request) {
						for _, r := range n.Submit(b.Context(), dag.LaneReadings, chunk) {
							if r.Err != nil {
								b.Error(r.Err)
							}
						}
					}
				})
			}
		}
		submitting.Wait()
		total += each * len(nodes)
		for _, n := range nodes {
			awaitStatus(b, n.Node, fmt.Sprintf("%d records are final", total), func() bool {
				return n.Status().Final >= uint64(total)
			})
		}
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "records/s")
}

// BenchmarkLatency submits one record after the other at a steady 1,000 a second
// and measures the time from Submit until each of four gateways shows it final.
func BenchmarkLatency(b *testing.B) {
	for _, rate := range []int{100, 1000} {
		b.Run(fmt.Sprintf("%d/s", rate), func(b *testing.B) { benchmarkLatency(b, rate) })
	}
}

func benchmarkLatency(b *testing.B, rate int) {
	dir, mesh := initMesh(b, 4)
	nodes := startMesh(b, dir, 4)
	n := 5 * rate
	raw := make([][]byte, 0, n)
	for d := range 50 {
		raw = append(raw, records(b, mesh, d, 0, n/50)...)
	}
	for b.Loop() { // use -benchtime 1x
		var (
			mu      sync.Mutex
			sent    = map[dag.RecordID]time.Time{}
			took    []time.Duration
			waiting sync.WaitGroup
		)
		for _, node := range nodes {
			waiting.Go(func() {
				seen := 0
				for run, err := range node.Events(b.Context(), 0) {
					if err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					for _, e := range run {
						if !e.Record.IsZero() {
							took = append(took, time.Since(sent[e.Record]))
							seen++
						}
					}
					mu.Unlock()
					if seen == n {
						return
					}
				}
			})
		}
		tick := time.NewTicker(time.Second / time.Duration(rate))
		for i, r := range raw {
			<-tick.C
			record, err := dag.DecodeRecord(mesh, r)
			if err != nil {
				b.Fatal(err)
			}
			mu.Lock()
			sent[record.ID()] = time.Now()
			mu.Unlock()
			waiting.Go(func() {
				if got := nodes[i%4].Submit(b.Context(), dag.LaneReadings, [][]byte{r}); got[0].Err != nil {
					b.Error(got[0].Err)
				}
			})
		}
		tick.Stop()
		waiting.Wait()
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
		b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "ms-max")
		b.ReportMetric(float64(nodes[0].Status().Round)/5, "rounds/s")
		b.ReportMetric(float64(nodes[0].count.syncs.Load())/5, "syncs/s")
	}
}
