package p2p

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// kilobyte is a message of about 1 kB without signatures, so that the transport
// alone is measured.
func kilobyte() message.Message {
	return &message.WantBlocks{Refs: make([]dag.BlockRef, 27)}
}

// cpu returns the processor time used so far.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func transports() []string { return []string{"/tcp/", "/quic-v1"} }

// BenchmarkThroughput sends as fast as the receiver takes: cpu_us/msg is both ends together.
func BenchmarkThroughput(b *testing.B) {
	for _, transport := range transports() {
		b.Run(transport[1:4], func(b *testing.B) {
			_, x, y := pair(b, func(c *Config) { c.Listen = only(transport, DefaultListen()) })
			m := kilobyte()
			const window = 500 // in flight, so that no queue overflows
			b.SetBytes(int64(len(message.Encode(nil, m))))
			b.ReportAllocs()
			begin, sent := cpu(b), 0
			for b.Loop() {
				x.Send(y.self, m)
				x.Flush()
				if sent++; sent > window {
					next(b, y.messages, "message")
				}
			}
			b.StopTimer()
			b.ReportMetric(float64((cpu(b)-begin).Nanoseconds())/1e3/float64(sent), "cpu_us/msg")
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}

// BenchmarkLatency sends one message at a time, 200 a second.
func BenchmarkLatency(b *testing.B) {
	for _, transport := range transports() {
		b.Run(transport[1:4], func(b *testing.B) {
			_, x, y := pair(b, func(c *Config) { c.Listen = only(transport, DefaultListen()) })
			m := kilobyte()
			var took []time.Duration
			for b.Loop() {
				time.Sleep(5 * time.Millisecond)
				start := time.Now()
				x.Send(y.self, m)
				x.Flush()
				<-y.messages
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(0, "ns/op")
			for _, p := range []int{50, 99} {
				b.ReportMetric(float64(took[len(took)*p/100].Microseconds()), fmt.Sprintf("p%d_us", p))
			}
		})
	}
}

// BenchmarkFreshBatch compares ways to bring a batch of 5 records to three peers.
func BenchmarkFreshBatch(b *testing.B) {
	for _, way := range []string{"streams", "gossip"} {
		b.Run(way, func(b *testing.B) {
			g, nodes := mesh(b, 4, func(c *Config) {
				if way == "gossip" {
					c.Gossip = GossipAlways
				}
			})
			for _, n := range nodes {
				for range 3 {
					next(b, n.connected, "connection")
				}
			}
			waitFor(b, func() bool { return len(nodes[0].gossip.batches.ListPeers()) == 3 })
			var fresh []message.Message
			for i := range 200 {
				fresh = append(fresh, batches(b, g, 5*i, 5))
			}
			b.ResetTimer()
			begin, sent := cpu(b), 0
			for b.Loop() {
				m := fresh[sent%len(fresh)]
				if sent++; way == "gossip" && sent > len(fresh) {
					m = batches(b, g, 5*sent, 5)
				}
				nodes[0].Gossip(m)
				nodes[0].Flush()
				for _, n := range nodes[1:] {
					next(b, n.messages, "batch")
				}
			}
			b.ReportMetric(float64((cpu(b)-begin).Microseconds())/float64(3*sent), "cpu_us/delivery")
		})
	}
}
