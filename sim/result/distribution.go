package result

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
)

// A Distribution is how often each duration occurred, in nanoseconds.
type Distribution struct {
	Name    string // a stage ("final") or "propagation of batch"
	Exact   bool   // every bucket is one value
	Buckets []Bucket
}

// A Bucket counts the values from Low to High.
type Bucket struct {
	Low, High int64
	Count     uint64
}

// Middle returns the value that stands for the bucket.
func (b Bucket) Middle() int64 { return b.Low + (b.High-b.Low)/2 }

// Count returns the number of values.
func (d *Distribution) Count() (n uint64) {
	for _, b := range d.Buckets {
		n += b.Count
	}
	return n
}

// Quantile returns the least value that at least share of the values do not
// exceed; share is in ten-thousandths. It is 0 of an empty distribution.
func (d *Distribution) Quantile(share uint64) int64 {
	total := d.Count()
	rank := max(1, mulDivUp(total, share, 10_000))
	for _, b := range d.Buckets {
		if rank <= b.Count {
			return b.Middle()
		}
		rank -= b.Count
	}
	return 0
}

// Mean returns the mean of the values; 0 of an empty distribution.
func (d *Distribution) Mean() int64 {
	var high, low, total uint64
	for _, b := range d.Buckets {
		h, l := bits.Mul64(uint64(b.Middle()), b.Count)
		var carry uint64
		low, carry = bits.Add64(low, l, 0)
		high += h + carry
		total += b.Count
	}
	if total == 0 {
		return 0
	}
	mean, _ := bits.Div64(high, low, total)
	return int64(mean)
}

// Error says how far a quantile may be off.
func (d *Distribution) Error() string {
	if d.Exact {
		return "exact"
	}
	return fmt.Sprintf("within 1/%d of the value", 2<<finePrecision)
}

// Quantiles sums up a distribution. Values are nanoseconds.
type Quantiles struct {
	Name  string `json:"name,omitempty"`
	Count uint64 `json:"count"`
	Error string `json:"error,omitempty"`
	Mean  int64  `json:"mean_ns"`
	Min   int64  `json:"min_ns"`
	P5    int64  `json:"p5_ns"`
	P25   int64  `json:"p25_ns"`
	P50   int64  `json:"p50_ns"`
	P75   int64  `json:"p75_ns"`
	P90   int64  `json:"p90_ns"`
	P95   int64  `json:"p95_ns"`
	P99   int64  `json:"p99_ns"`
	P999  int64  `json:"p999_ns"`
	Max   int64  `json:"max_ns"`
}

// Quantiles sums the distribution up.
func (d *Distribution) Quantiles() Quantiles {
	q := Quantiles{
		Name: d.Name, Count: d.Count(), Error: d.Error(), Mean: d.Mean(),
		P5: d.Quantile(500), P25: d.Quantile(2500), P50: d.Quantile(5000), P75: d.Quantile(7500),
		P90: d.Quantile(9000), P95: d.Quantile(9500), P99: d.Quantile(9900), P999: d.Quantile(9990),
	}
	if n := len(d.Buckets); n > 0 {
		q.Min, q.Max = d.Buckets[0].Low, d.Buckets[n-1].High
	}
	return q
}

// latency gathers one distribution: exactly while there are few values, in
// buckets always.
type latency struct {
	histogram histogram
	exact     []Bucket // nil once there were more than maxExact
	overflown bool
}

func newLatency() latency { return latency{histogram: histogram{precision: finePrecision}} }

func (l *latency) add(v, n uint64) {
	l.histogram.add(v, n)
	l.keep(Bucket{Low: int64(v), High: int64(v), Count: n})
}

func (l *latency) keep(more ...Bucket) {
	if l.overflown = l.overflown || len(l.exact)+len(more) > maxExact; l.overflown {
		l.exact = nil
		return
	}
	l.exact = append(l.exact, more...)
}

func (l *latency) merge(o *latency) {
	l.histogram.merge(&o.histogram)
	l.overflown = l.overflown || o.overflown
	l.keep(o.exact...)
}

// distribution returns what was gathered under a name.
func (l *latency) distribution(name string) Distribution {
	if l.overflown {
		return Distribution{Name: name, Buckets: l.histogram.buckets()}
	}
	slices.SortFunc(l.exact, func(a, b Bucket) int { return cmp.Compare(a.Low, b.Low) })
	d := Distribution{Name: name, Exact: true}
	for _, b := range l.exact {
		if n := len(d.Buckets); n > 0 && d.Buckets[n-1].Low == b.Low {
			d.Buckets[n-1].Count += b.Count
			continue
		}
		d.Buckets = append(d.Buckets, b)
	}
	return d
}

// mulDiv returns a·b/c without overflow on the way, the greatest number if the result is greater still; 0 if c is 0.
func mulDiv(a, b, c uint64) uint64 {
	high, low := bits.Mul64(a, b)
	if c == 0 {
		return 0
	}
	if high >= c {
		return 1<<64 - 1
	}
	q, _ := bits.Div64(high, low, c)
	return q
}

// mulDivUp is mulDiv, rounded up.
func mulDivUp(a, b, c uint64) uint64 {
	high, low := bits.Mul64(a, b)
	low, carry := bits.Add64(low, c-1, 0)
	q, _ := bits.Div64(high+carry, low, c)
	return q
}
