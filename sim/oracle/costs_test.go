package oracle_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/oracle"
	"github.com/floormesh/floormesh/sync/message"
)

// TestCosts: the definitions, on numbers that are easy to add.
func TestCosts(t *testing.T) {
	c := oracle.Costs{Sign: 1000, Verify: 200, Batched: 100, Message: 7, Kibibyte: 1024, Step: 30}
	for _, row := range []struct {
		what      string
		got, want time.Duration
	}{
		{"three signatures", c.Check(3), 600},
		{"four together", c.Check(4), 400},
		{"no signatures", c.Check(0), 0},
		{"a message of 5 bytes and a signature", c.Receive(5, 1), 7 + 5 + 200},
		{"the same, three times slower", c.Times(3).Receive(5, 1), 3 * (7 + 5 + 200)},
		{"a slow signature", c.Times(10).Sign, 10_000},
		{"a slow step", c.Times(10).Step, 300},
	} {
		if row.got != row.want {
			t.Errorf("%s: %d ns, want %d", row.what, row.got, row.want)
		}
	}
}

// TestCPU: two cores, and work that queues behind other work.
func TestCPU(t *testing.T) {
	cpu := oracle.NewCPU(2)
	for i, row := range []struct{ now, work, want replica.Instant }{
		{0, 10, 10},   // one core
		{0, 4, 4},     // the other
		{1, 5, 9},     // waits for the other
		{2, 3, 12},    // still: 9 is before 10
		{3, 1, 11},    // waits for the first
		{100, 5, 105}, // both idle since long
	} {
		if got := cpu.Do(row.now, row.work); got != row.want {
			t.Errorf("work %d is done at %d, want %d", i, got, row.want)
		}
	}
	if got := oracle.NewCPU(0).Do(3, 4); got != 7 {
		t.Errorf("without cores there is one, which is done at 7, not %d", got)
	}
}

// TestMeter: a metered key signs what the key signs.
func TestMeter(t *testing.T) {
	var meter oracle.Meter
	key := oracle.New(1).Key(seed(1))
	counted := meter.Key(key)
	if counted.Public() != key.Public() || counted.Sign([]byte("a")) != key.Sign([]byte("a")) {
		t.Error("a metered key is another key")
	}
	counted.Sign([]byte("b"))
	if a, b := meter.Take(), meter.Take(); a != 2 || b != 0 {
		t.Errorf("counted %d, then %d, of two signatures", a, b)
	}
}

// BenchmarkCosts measures what DefaultCosts says.
func BenchmarkCosts(b *testing.B) {
	crypto := oracle.Real{Random: endless{}}
	g, members := meshOf(b, crypto)
	text := []byte(strings.Repeat("x", 200))
	claims := make([]claim, 64)
	for i := range claims {
		key := crypto.Key(seed(i))
		claims[i] = claim{{Key: key.Public(), Message: text, Signature: key.Sign(text)}}
	}
	b.Run("Sign", func(b *testing.B) {
		for b.Loop() {
			members[0].Sign(text)
		}
	})
	for _, together := range []int{1, 64} {
		b.Run(fmt.Sprintf("Verify%d", together), func(b *testing.B) {
			verifier := crypto.Verifier(g.Domain())
			for b.Loop() {
				dag.Verify(verifier, claims[:together])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*together), "ns/signature")
		})
	}
	body := dag.BlockBody{Epoch: g.Epoch(), Round: 1}
	raw := message.Encode(nil, &message.Blocks{Blocks: []*dag.Block{dag.SignBlock(g.Ledger(), body, members[0])}})
	b.Run("Message", func(b *testing.B) {
		for b.Loop() {
			if _, err := message.Decode(g.ID(), raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	kibibyte := make([]byte, 1024)
	b.Run("Kibibyte", func(b *testing.B) {
		for b.Loop() {
			sha256.Sum256(kibibyte)
		}
	})
}

// endless reads zeroes for ever: nobody forges signatures in a benchmark.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
