package gossip

import (
	"fmt"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
)

// load is the skeleton that speed is measured by: 10,000 nodes in two sites.
func load(workers int) Skeleton {
	p := Defaults()
	p.D, p.Dlo, p.Dhi = 8, 6, 12
	return Skeleton{
		Params: p, Seed: 1, Nodes: 10_000, Sites: 2, Dials: 10, Workers: workers,
		Near:   engine.Uniform(int64(5*time.Millisecond), int64(50*time.Millisecond)),
		Far:    engine.Uniform(int64(40*time.Millisecond), int64(120*time.Millisecond)),
		Settle: instant(5 * time.Second), Every: instant(50 * time.Millisecond), Messages: 200, Bytes: 512,
	}
}

func BenchmarkSkeleton(b *testing.B) {
	for workers := 1; workers <= 2; workers++ {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			events := uint64(0)
			for b.Loop() {
				m, err := load(workers).Run()
				if err != nil {
					b.Fatal(err)
				}
				events += m.Events
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds()/1e6, "Mevents/s")
		})
	}
}
