package engine

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

// heap is a plain binary heap: the twin that the queue is held against.
type heap []Event

func (h *heap) push(e Event) {
	*h = append(*h, e)
	for i := len(*h) - 1; i > 0; {
		up := (i - 1) / 2
		if !(*h)[i].Before((*h)[up]) {
			return
		}
		(*h)[i], (*h)[up] = (*h)[up], (*h)[i]
		i = up
	}
}

func (h *heap) pop() Event {
	first, last := (*h)[0], len(*h)-1
	(*h)[0] = (*h)[last]
	*h = (*h)[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if (*h)[child].Before((*h)[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		(*h)[i], (*h)[least] = (*h)[least], (*h)[i]
		i = least
	}
}

func TestEventSize(t *testing.T) {
	if got := unsafe.Sizeof(Event{}); got != eventBytes {
		t.Errorf("an event takes %d bytes", got)
	}
	if got := unsafe.Sizeof(chunk{}); got != chunkBytes || got > 1024 {
		t.Errorf("a chunk takes %d bytes", got)
	}
}

// TestQueueIsHeap runs the queue beside a binary heap, with pops up to limits, as
// windows make them, and pushes that lie just at the limit, as barriers make them.
func TestQueueIsHeap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q Queue
		var twin heap
		floor := Instant(0)
		spread := rapid.SampledFrom([]uint64{1, 3, 300, 1 << 17, 1 << 33, 1 << 62}).Draw(t, "spread")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		for seq := range rapid.Uint64Range(1, 3000).Draw(t, "steps") {
			if rng.IntN(100) < 60 {
				at := floor + min(Instant(rng.Uint64N(spread)), Never-1-floor)
				if rng.IntN(4) == 0 {
					at = floor
				}
				e := Event{At: at, Source: Node(rng.IntN(4) - 1), Seq: seq}
				q.Push(e)
				twin.push(e)
				continue
			}
			limit := floor + min(Instant(rng.Uint64N(spread)), Never-floor)
			for range rng.IntN(200) {
				next := Never
				if len(twin) > 0 {
					next = twin[0].At
				}
				if got := q.Next(); got != next {
					t.Fatalf("next at %d, want %d", got, next)
				}
				got, ok := q.Pop(limit)
				if ok != (next < limit) {
					t.Fatalf("pop before %d: %v, next is at %d", limit, ok, next)
				}
				if !ok {
					floor = max(floor, limit) // what comes by a barrier lies here or later
					break
				}
				if want := twin.pop(); got != want {
					t.Fatalf("pops %+v, want %+v", got, want)
				}
				floor = got.At
			}
			if q.Len() != len(twin) {
				t.Fatalf("%d wait, want %d", q.Len(), len(twin))
			}
		}
		waiting := 0
		q.each(func(*Event) { waiting++ })
		if waiting != len(twin) {
			t.Fatalf("visits %d, want %d", waiting, len(twin))
		}
	})
}

// TestBurst checks a burst after a quiet time, some of it at one instant, beside a binary
// heap: it lies in buckets, not in one heap of its size.
func TestBurst(t *testing.T) {
	var q Queue
	var twin heap
	rng := rand.New(rand.NewPCG(1, 0))
	push := func(at Instant, seq uint64) {
		e := Event{At: at, Seq: seq}
		q.Push(e)
		twin.push(e)
	}
	for i := range uint64(20) { // far apart: one run, which lasts long
		push(Instant(i)*1_000_000_000, i)
	}
	late := 0
	for seq := uint64(20); len(twin) > 0; {
		want := twin.pop()
		got, ok := q.Pop(Never)
		if !ok || got != want {
			t.Fatalf("pops %+v, want %+v", got, want)
		}
		for range 3 {
			if seq < 30_000 {
				spread := []uint64{1, 50, 300_000}[rng.IntN(3)]
				push(got.At+Instant(rng.Uint64N(spread)), seq)
				seq++
			}
		}
		late = max(late, len(q.late))
	}
	if late > 4*lateEvents {
		t.Errorf("%d events came late at a time", late)
	}
}

// TestPastPanics checks that the past cannot be changed.
func TestPastPanics(t *testing.T) {
	var q Queue
	q.Push(Event{At: 7})
	q.Pop(Never)
	defer func() {
		if recover() == nil {
			t.Error("an event in the past was taken")
		}
	}()
	q.Push(Event{At: 6})
}

// BenchmarkQueue is the hold model: a million wait, each popped one is pushed again
// up to a second later.
func BenchmarkQueue(b *testing.B) {
	b.Run("radix", func(b *testing.B) {
		var q Queue
		benchmarkHold(b, q.Push, func() Event { e, _ := q.Pop(Never); return e })
	})
	b.Run("binary", func(b *testing.B) {
		var h heap
		benchmarkHold(b, h.push, h.pop)
	})
}

func benchmarkHold(b *testing.B, push func(Event), pop func() Event) {
	s := NewStream(1, 0, 1)
	for i := range uint64(1_000_000) {
		push(Event{At: Instant(s.Below(1e9)), Seq: i})
	}
	for range 1_000_000 { // until the buckets are as they will stay
		e := pop()
		e.At += Instant(s.Below(1e9))
		push(e)
	}
	b.ReportAllocs()
	for b.Loop() {
		e := pop()
		e.At += Instant(s.Uint64() >> 34) // up to 1.07 s
		push(e)
	}
}
