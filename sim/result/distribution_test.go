package result

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBucketsCoverEverything: buckets follow one another without gap, hold
// what is counted in them, and are as narrow as the precision says.
func TestBucketsCoverEverything(t *testing.T) {
	for _, precision := range []uint8{coarsePrecision, finePrecision} {
		next := uint64(0)
		for b := 0; ; b++ {
			low, high := bucketBounds(b, precision)
			if low != next || high < low {
				t.Fatalf("precision %d: bucket %d is %d to %d, want it to begin at %d", precision, b, low, high, next)
			}
			if bucketOf(low, precision) != b || bucketOf(high, precision) != b {
				t.Fatalf("precision %d: the bounds of bucket %d are in buckets %d and %d", precision, b, bucketOf(low, precision), bucketOf(high, precision))
			}
			if width := high - low; width > low>>precision {
				t.Fatalf("precision %d: bucket %d is %d wide at %d", precision, b, width, low)
			}
			if high == math.MaxUint64 {
				break
			}
			next = high + 1
		}
	}
}

// TestHistogramMerges: the parts in whatever order are the whole.
func TestHistogramMerges(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	whole := histogram{precision: finePrecision}
	parts := make([]histogram, 5)
	for i := range parts {
		parts[i].precision = finePrecision
	}
	for range 20_000 {
		v, n := uint64(random.ExpFloat64()*5e7), uint64(1+random.IntN(3))
		whole.add(v, n)
		parts[random.IntN(4)].add(v, n) // the last one stays empty
	}
	random.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	merged := histogram{precision: finePrecision}
	for i := range parts {
		merged.merge(&parts[i])
	}
	if diff := cmp.Diff(merged.buckets(), whole.buckets()); diff != "" {
		t.Errorf("merged and whole differ:\n%s", diff)
	}
}

// TestQuantiles compares exact and bucketed quantiles with sorting.
func TestQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 3, 10, 999, maxExact, maxExact + 1, 3 * maxExact} {
		l := newLatency()
		values := make([]int64, n)
		for i := range values {
			values[i] = int64(random.ExpFloat64() * 5e7)
			l.add(uint64(values[i]), 1)
		}
		slices.Sort(values)
		d := l.distribution("final")
		if d.Exact != (n <= maxExact) {
			t.Errorf("%d values: exact is %t", n, d.Exact)
		}
		for _, share := range []uint64{1, 500, 2500, 5000, 9000, 9990, 10000} {
			want := values[max(1, (uint64(n)*share+9999)/10000)-1]
			got := d.Quantile(share)
			if tolerance := want >> (finePrecision + 1); d.Exact && got != want || got < want-tolerance-1 || got > want+tolerance+1 {
				t.Errorf("%d values, quantile %d: %d, want %d", n, share, got, want)
			}
		}
		q := d.Quantiles()
		if q.Min != values[0] || q.Max != values[n-1] || q.Count != uint64(n) {
			t.Errorf("%d values: %+v, want %d to %d", n, q, values[0], values[n-1])
		}
	}
}

// TestNothingMeasured: an empty distribution has quantiles, all 0.
func TestNothingMeasured(t *testing.T) {
	d := Distribution{Name: "final", Exact: true}
	if got, want := d.Quantiles(), (Quantiles{Name: "final", Error: "exact"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestMulDiv: no overflow on the way, and a bound at the end.
func TestMulDiv(t *testing.T) {
	for _, c := range []struct{ a, b, c, down, up uint64 }{
		{7, 3, 2, 10, 11},
		{math.MaxUint64, 10, 10, math.MaxUint64, math.MaxUint64},
		{1 << 40, 1 << 40, 1 << 30, 1 << 50, 1 << 50},
	} {
		if got := mulDiv(c.a, c.b, c.c); got != c.down {
			t.Errorf("mulDiv(%d, %d, %d) = %d, want %d", c.a, c.b, c.c, got, c.down)
		}
		if got := mulDivUp(c.a, c.b, c.c); got != c.up {
			t.Errorf("mulDivUp(%d, %d, %d) = %d, want %d", c.a, c.b, c.c, got, c.up)
		}
	}
	if got := mulDiv(math.MaxUint64, 2, 1); got != math.MaxUint64 {
		t.Errorf("too great a result is %d", got)
	}
	if got := mulDiv(1, 2, 0); got != 0 {
		t.Errorf("a division by 0 is %d", got)
	}
}
