package engine

import (
	"fmt"
	"math/bits"
	"slices"
)

// Queue holds pending events: a monotone radix heap. Nothing may be pushed that
// lies before what was popped last, as nothing in a simulation may. The zero
// value is empty and ready.
//
// Events lie in buckets by the highest byte in which their instant differs from
// base, and by the value of that byte, or of its upper bits. When the lowest bucket's turn
// comes, it is dealt out to lower ones, so wide that each will hold about as many as are sorted
// quickly; when it is small, or the outcome of such dealing, it is sorted
// and becomes the run, which is what happens next. What is pushed while it lasts and
// belongs into its time goes into a small binary heap beside it; when that grows, as it does
// when much happens after a quiet time, the run ends there and all of it goes to buckets. So an
// event moves a few times, in sequence through memory, where a heap of a million would miss the
// cache at every level.
//
//	run, late    level 0        level 1       …      level 7
//	[< end]      256 × 1 ns     256 × 256 ns         128 × 2⁵⁶ ns
type Queue struct {
	run    []Event // sorted: the events before end that came in time
	done   int     // of the run
	late   []Event // a binary heap: those that came later
	room   int     // how many late ones there may be
	end    uint64  // exclusive
	base   uint64  // what the buckets' places are relative to; ≤ all that is pending or to come
	size   int
	last   Instant             // what was popped last
	held   uint8               // by level: has a bucket that holds something
	levels [radixLevels]*level // nil until it is needed: 6 KiB each
	ahead  func(run []Event)   // is shown each run, if not nil
	spare  *chunk
	chunks int // allocated
}

type level struct {
	held    [radixWidth / 64]uint64 // by bucket: holds something
	coarse  uint                    // how many low bits of the byte do not count; changed while nothing is held
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
func (q *Queue) Bytes() int { return q.chunks*chunkBytes + (cap(q.run)+cap(q.late))*eventBytes }

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
	if q.done == len(q.run) && len(q.late) == 0 && !q.refill(uint64(limit)) {
		return Event{}, false
	}
	if len(q.late) > 0 && (q.done == len(q.run) || q.late[0].Before(q.run[q.done])) {
		first := q.late[0]
		if first.At >= limit {
			return Event{}, false
		}
		q.sink()
		q.size--
		q.last = first.At
		return first, true
	}
	first := q.run[q.done]
	if first.At >= limit {
		return Event{}, false
	}
	q.done++
	q.size--
	q.last = first.At
	return first, true
}

// Next returns the instant of the first event, [Never] if there is none. It
// changes nothing.
func (q *Queue) Next() Instant {
	next := Never
	if q.done < len(q.run) {
		next = q.run[q.done].At
	}
	if len(q.late) > 0 {
		next = min(next, q.late[0].At)
	}
	if next == Never && q.held != 0 {
		l := q.levels[bits.TrailingZeros8(q.held)]
		return Instant(l.buckets[l.lowest()].least)
	}
	return next
}

// file puts an event that lies at or after end into its bucket.
func (q *Queue) file(at uint64, e *Event) {
	n := uint(bits.Len64((at^q.base)|1)-1) / radixBits
	l := q.level(n)
	digit := uint8(at>>(n*radixBits)) >> l.coarse << l.coarse
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

// level returns a level, which is made when it is needed.
func (q *Queue) level(n uint) *level {
	l := q.levels[n%radixLevels]
	if l == nil {
		l = &level{}
		q.levels[n%radixLevels] = l
	}
	return l
}

// refill fills the empty run from the buckets, unless all of them lie at or
// after the limit.
func (q *Queue) refill(limit uint64) bool {
	for {
		if q.held == 0 {
			return false
		}
		n := uint(bits.TrailingZeros8(q.held))
		l := q.levels[n%radixLevels]
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
		if width := n*radixBits + l.coarse; n == 0 || l.coarse > 0 || b.size <= runEvents {
			q.end = (b.least>>width + 1) << width
			q.sort(b, width)
			if q.ahead != nil {
				q.ahead(q.run)
			}
			return true
		}
		q.end = b.least
		q.level(n - 1).coarse = coarse(b.size)
		for c := b.head; c != nil; c = q.drop(c) {
			for i := range c.events[:c.size] {
				q.file(uint64(c.events[i].At), &c.events[i])
			}
		}
	}
}

// coarse returns how many bits of a byte do not count when a bucket of a size is dealt out.
func coarse(size int) uint { return uint(max(0, radixBits-bits.Len(uint(size/dealtEvents)))) }

// lowest returns the lowest bucket that holds something; there must be one.
func (l *level) lowest() uint8 {
	for i, word := range l.held {
		if word != 0 {
			return uint8(64*i + bits.TrailingZeros64(word))
		}
	}
	panic("engine: a level that holds nothing is marked as holding something")
}

// sort makes a bucket the run, whose instants differ in so many of their low bits. Few events are
// dealt to slots by the upper ones of these, after which nearly all stand in their places.
func (q *Queue) sort(b bucket, width uint) {
	q.run, q.done = q.run[:0], 0
	if b.size > slotEvents {
		for c := b.head; c != nil; c = q.drop(c) {
			q.run = append(q.run, c.events[:c.size]...)
		}
		slices.SortFunc(q.run, compare)
		return
	}
	shift := max(width, slotBits) - slotBits
	var ends [1 << slotBits]uint8 // by slot
	for c := b.head; c != nil; c = c.next {
		for i := range c.events[:c.size] {
			ends[slot(c.events[i].At, shift)]++
		}
	}
	end := uint8(0)
	for i, size := range ends {
		end += size
		ends[i] = end
	}
	q.run = slices.Grow(q.run, b.size)[:b.size]
	for c := b.head; c != nil; c = q.drop(c) {
		for i := range c.events[:c.size] {
			e := &c.events[i]
			place := &ends[slot(e.At, shift)]
			*place--
			q.run[*place] = *e
		}
	}
	settle(q.run)
}

// slot returns the slot of an event.
func slot(at Instant, shift uint) uint64 { return uint64(at) >> shift % (1 << slotBits) }

// settle sorts events that are nearly in order.
func settle(run []Event) {
	for i := 1; i < len(run); i++ {
		if !run[i].Before(run[i-1]) {
			continue
		}
		e, at := run[i], i
		for ; at > 0 && e.Before(run[at-1]); at-- {
			run[at] = run[at-1]
		}
		run[at] = e
	}
}

func compare(a, b Event) int {
	if a.Before(b) {
		return -1
	}
	return 1 // no two are equal: a source counts
}

// drop keeps an emptied chunk for later and returns the next one.
func (q *Queue) drop(c *chunk) (next *chunk) {
	next = c.next
	c.next, c.size = q.spare, 0
	q.spare = c
	return next
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
	for i := range q.run[q.done:] {
		f(&q.run[q.done+i])
	}
	for i := range q.late {
		f(&q.late[i])
	}
	for _, l := range q.levels {
		if l == nil {
			continue
		}
		for i := range l.buckets {
			for c := l.buckets[i].head; c != nil; c = c.next {
				for j := range c.events[:c.size] {
					f(&c.events[j])
				}
			}
		}
	}
}

// spill ends the run now: what does not happen at this very instant goes to buckets.
func (q *Queue) spill() {
	q.end = uint64(q.last) + 1
	left := len(q.run)
	for ; left > q.done && uint64(q.run[left-1].At) >= q.end; left-- {
		q.file(uint64(q.run[left-1].At), &q.run[left-1])
	}
	q.run = q.run[:left]
	kept := q.late[:0]
	for i := range q.late {
		if e := q.late[i]; uint64(e.At) >= q.end {
			q.file(uint64(e.At), &e)
		} else {
			kept = append(kept, e)
		}
	}
	slices.SortFunc(kept, compare) // which is a heap
	q.late = kept
	q.room = max(lateEvents, 2*len(kept))
}

// rise adds an event to the late ones.
func (q *Queue) rise(e Event) {
	if len(q.late) >= max(q.room, lateEvents) {
		q.spill()
		if at := uint64(e.At); at >= q.end {
			q.file(at, &e)
			return
		}
	}
	q.late = append(q.late, e)
	late := q.late
	i := len(late) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !e.Before(late[up]) {
			break
		}
		late[i] = late[up]
		i = up
	}
	late[i] = e
}

// sink removes the first of the late events.
func (q *Queue) sink() {
	last := len(q.late) - 1
	e := q.late[last]
	q.late = q.late[:last]
	if last == 0 {
		return
	}
	late := q.late
	i := 0
	for {
		child := 2*i + 1
		if child >= len(late) {
			break
		}
		if child+1 < len(late) && late[child+1].Before(late[child]) {
			child++
		}
		if !late[child].Before(e) {
			break
		}
		late[i] = late[child]
		i = child
	}
	late[i] = e
}
