package result

import "math/bits"

// Precision of histograms, in bits: a bucket is at most 2⁻ᵇ of its value wide, and
// its middle at most half of that off.
const (
	finePrecision   = 7 // whole runs: 0.4 %
	coarsePrecision = 5 // one interval of a series: 1.6 %
)

// histogram counts durations in buckets whose width grows with the value. Its
// zero value with a precision is ready. Merging is exact: the same values
// give the same histogram in whatever order and parts they came.
type histogram struct {
	precision uint8
	first     int // bucket of counts[0]
	counts    []uint64
	total     uint64
	low, high uint64 // least and greatest value; meaningless while total is 0
}

// bucketOf returns the bucket of a value. Below 2^(precision+1) each value has its own.
func bucketOf(v uint64, precision uint8) int {
	shift := max(0, bits.Len64(v)-int(precision)-1)
	return shift<<precision + int(v>>shift)
}

// bucketBounds returns the least and the greatest value of a bucket.
func bucketBounds(bucket int, precision uint8) (low, high uint64) {
	shift := max(0, bucket>>precision-1)
	low = uint64(bucket-shift<<precision) << shift
	return low, low + 1<<shift - 1
}

// add counts a value n times; n > 0.
func (h *histogram) add(v, n uint64) {
	if h.total == 0 {
		h.low, h.high = v, v
	}
	h.low, h.high = min(h.low, v), max(h.high, v)
	h.total += n
	h.bucket(bucketOf(v, h.precision), n)
}

func (h *histogram) bucket(b int, n uint64) {
	switch {
	case len(h.counts) == 0:
		h.first, h.counts = b, append(h.counts, n)
		return
	case b < h.first:
		grown := make([]uint64, h.first-b+len(h.counts))
		copy(grown[h.first-b:], h.counts)
		h.first, h.counts = b, grown
	case b >= h.first+len(h.counts):
		h.counts = append(h.counts, make([]uint64, b-h.first-len(h.counts)+1)...)
	}
	h.counts[b-h.first] += n
}

// merge adds what another histogram of the same precision counted.
func (h *histogram) merge(o *histogram) {
	if o.total == 0 {
		return
	}
	if h.total == 0 {
		h.low, h.high = o.low, o.high
	}
	h.low, h.high = min(h.low, o.low), max(h.high, o.high)
	h.total += o.total
	h.bucket(o.first+len(o.counts)-1, 0) // grown once, not bucket by bucket
	for i, n := range o.counts {
		h.bucket(o.first+i, n)
	}
}

// buckets returns what was counted, in order, the outer ones cut to what was seen.
func (h *histogram) buckets() (out []Bucket) {
	for i, n := range h.counts {
		if n == 0 {
			continue
		}
		low, high := bucketBounds(h.first+i, h.precision)
		out = append(out, Bucket{Low: int64(max(low, h.low)), High: int64(min(high, h.high)), Count: n})
	}
	return out
}
