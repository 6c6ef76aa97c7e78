package engine

import (
	"fmt"
	"math/bits"
)

// Queue holds pending events: a monotone radix heap. Nothing may be pushed that
// lies before what was popped last, as nothing in a simulation may. The zero
// value is empty and ready.
//
// Events lie in buckets by the highest byte in which their instant differs from
// base, and by the value of that byte. When the lowest bucket's turn comes, it
// is dealt out to lower ones; when it is small, or all of one instant, it becomes
// the front: a binary heap in the total order. So an event moves a few times, in
// sequence through memory, where a heap of a million would miss the cache at
// every level.
//
//	front        level 0        level 1       …      level 7
//	[< end]      256 × 1 ns     256 × 256 ns         128 × 2⁵⁶ ns
type Queue struct {
	front  []Event // a binary heap of all events before end
	end    uint64  // exclusive
	base   uint64  // what the buckets' places are relative to; ≤ all that is pending or to come
	size   int
	last   Instant // what was popped last
	held   uint8   // by level: has a bucket that holds something
	levels [radixLevels]level
	spare  *chunk
	chunks int // allocated
}

type level struct {
	held    [radixWidth / 64]uint64 // by bucket: holds something
	buckets [radixWidth]bucket
}

type bucket struct {
	head  *chunk // the only one that may be part full
	least uint64 // instant of the earliest event
	size  int
}

// chunk is a piece of a bucket. The pointer comes first, so that the garbage
// collector looks at one word of it.
type chunk struct {
	next   *chunk
	size   int
	events [chunkEvents]Event
}

// Len returns how many events wait.
func (q *Queue) Len() int { return q.size }

// Bytes returns how much memory the queue holds for events.
func (q *Queue) Bytes() int { return q.chunks*chunkBytes + cap(q.front)*eventBytes }

// Push adds an event. It panics if the event lies before what was popped last.
func (q *Queue) Push(e Event) {
	if e.At < q.last {
		panic(fmt.Sprintf("engine: an event for node %d is scheduled at %d by node %d, but it is %d already", e.Node, e.At, e.Source, q.last))
	}
	q.size++
	if at := uint64(e.At); at < q.end {
		q.rise(e)
	} else {
		q.file(at, &e)
	}
}

// Pop removes and returns the first event if it lies before the limit.
func (q *Queue) Pop(limit Instant) (Event, bool) {
	if len(q.front) == 0 && !q.refill(uint64(limit)) {
		return Event{}, false
	}
	first := q.front[0]
	if first.At >= limit {
		return Event{}, false
	}
	q.sink()
	q.size--
	q.last = first.At
	return first, true
}

// Next returns the instant of the first event, [Never] if there is none. It
// changes nothing.
func (q *Queue) Next() Instant {
	if len(q.front) > 0 {
		return q.front[0].At
	}
	if q.held == 0 {
		return Never
	}
	l := &q.levels[bits.TrailingZeros8(q.held)]
	return Instant(l.buckets[l.lowest()].least)
}

// file puts an event that lies at or after end into its bucket.
func (q *Queue) file(at uint64, e *Event) {
	n := uint(bits.Len64((at^q.base)|1)-1) / radixBits
	digit := uint8(at >> (n * radixBits))
	l := &q.levels[n%radixLevels]
	b := &l.buckets[digit]
	if b.size == 0 {
		q.held |= 1 << n
		l.held[digit/64] |= 1 << (digit % 64)
		b.least = at
	}
	b.least = min(b.least, at)
	b.size++
	c := b.head
	if c == nil || c.size == chunkEvents {
		c = q.take(c)
		b.head = c
	}
	c.events[c.size%chunkEvents] = *e
	c.size++
}

// refill fills the empty front from the buckets, unless all of them lie at or
// after the limit.
func (q *Queue) refill(limit uint64) bool {
	for {
		if q.held == 0 {
			return false
		}
		n := uint(bits.TrailingZeros8(q.held))
		l := &q.levels[n%radixLevels]
		digit := l.lowest()
		b := l.buckets[digit]
		if b.least >= limit {
			return false
		}
		l.buckets[digit] = bucket{}
		l.held[digit/64] &^= 1 << (digit % 64)
		if l.held == [radixWidth / 64]uint64{} {
			q.held &^= 1 << n
		}
		// What is pushed from now on lies at or after the limit, or after the first event of this bucket.
		q.base = b.least
		if n == 0 || b.size <= frontEvents {
			q.end = (b.least>>(n*radixBits) + 1) << (n * radixBits)
			q.empty(b.head, func(e *Event) { q.rise(*e) })
			return true
		}
		q.end = b.least
		q.empty(b.head, func(e *Event) { q.file(uint64(e.At), e) })
	}
}

// lowest returns the lowest bucket that holds something; there must be one.
func (l *level) lowest() uint8 {
	for i, word := range l.held {
		if word != 0 {
			return uint8(64*i + bits.TrailingZeros64(word))
		}
	}
	panic("engine: a level that holds nothing is marked as holding something")
}

// empty gives every event of a chain of chunks away, and keeps the chunks.
func (q *Queue) empty(c *chunk, each func(*Event)) {
	for c != nil {
		for i := range c.events[:c.size] {
			each(&c.events[i])
		}
		next := c.next
		c.next, c.size = q.spare, 0
		q.spare = c
		c = next
	}
}

// take returns an empty chunk that stands before another.
func (q *Queue) take(before *chunk) *chunk {
	c := q.spare
	if c == nil {
		c = &chunk{}
		q.chunks++
	} else {
		q.spare = c.next
	}
	c.next = before
	return c
}

// each calls a function for every pending event, in no order.
func (q *Queue) each(f func(*Event)) {
	for i := range q.front {
		f(&q.front[i])
	}
	for n := range q.levels {
		for i := range q.levels[n].buckets {
			for c := q.levels[n].buckets[i].head; c != nil; c = c.next {
				for j := range c.events[:c.size] {
					f(&c.events[j])
				}
			}
		}
	}
}

// rise adds an event to the front.
func (q *Queue) rise(e Event) {
	q.front = append(q.front, e)
	front := q.front
	i := len(front) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !e.Before(front[up]) {
			break
		}
		front[i] = front[up]
		i = up
	}
	front[i] = e
}

// sink removes the first event of the front.
func (q *Queue) sink() {
	last := len(q.front) - 1
	e := q.front[last]
	q.front = q.front[:last]
	if last == 0 {
		return
	}
	front := q.front
	i := 0
	for {
		child := 2*i + 1
		if child >= len(front) {
			break
		}
		if child+1 < len(front) && front[child+1].Before(front[child]) {
			child++
		}
		if !front[child].Before(e) {
			break
		}
		front[i] = front[child]
		i = child
	}
	front[i] = e
}
