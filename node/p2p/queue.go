package p2p

import "sync"

// overflow says what a full queue gives up.
type overflow uint8

const (
	dropOldest overflow = iota // what is newest matters most: blocks, tips
	dropNewest                 // what was asked first is answered first
)

// queue holds encoded messages for one stream. Any goroutine may push; one takes.
type queue struct {
	overflow overflow
	ready    chan struct{} // holds a token when there may be something to take

	mu     sync.Mutex
	frames [][]byte
	bytes  int
}

func newQueue(o overflow) *queue { return &queue{overflow: o, ready: make(chan struct{}, 1)} }

// push queues a message and returns how many were dropped for want of room.
// The taker is not woken before signal, so that what is pushed in a row goes out together.
func (q *queue) push(raw []byte) (dropped int) {
	q.mu.Lock()
	for len(q.frames) > 0 && q.full(len(raw)) {
		dropped++
		if q.overflow == dropNewest {
			q.mu.Unlock()
			return dropped
		}
		q.bytes -= len(q.frames[0])
		q.frames[0] = nil
		q.frames = q.frames[1:]
	}
	q.frames = append(q.frames, raw)
	q.bytes += len(raw)
	q.mu.Unlock()
	return dropped
}

func (q *queue) full(more int) bool {
	return len(q.frames) >= maxQueuedFrames || q.bytes+more > maxQueuedBytes
}

// signal wakes the taker.
func (q *queue) signal() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take returns all that is queued, nil if nothing is.
func (q *queue) take() [][]byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	frames := q.frames
	q.frames, q.bytes = nil, 0
	return frames
}

func (q *queue) empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.frames) == 0
}
