package engine

import "testing"

// watcher is a Seer that checks what it is shown.
type watcher struct {
	t     *testing.T
	shown map[uint64]bool // by Seq
	done  int
}

// Ahead implements Seer.
func (w *watcher) Ahead(events []Event) {
	for i, e := range events {
		if i > 0 && e.Before(events[i-1]) {
			w.t.Errorf("event %d is shown after event %d", e.Seq, events[i-1].Seq)
		}
		w.shown[e.Seq] = true
	}
}

// Handle implements Handler.
func (w *watcher) Handle(_ *Partition, e Event) {
	w.done++
	if !w.shown[e.Seq] {
		w.t.Errorf("event %d happens and was not shown", e.Seq)
	}
}

// TestSeer checks that all that is scheduled some time before it happens is shown first, in order.
func TestSeer(t *testing.T) {
	w := &watcher{t: t, shown: map[uint64]bool{}}
	e, err := New(Config{Nodes: 1, Handler: func(int) Handler { return w }})
	if err != nil {
		t.Fatal(err)
	}
	s := NewStream(1, 0, 1)
	for i := range 5000 { // a crowd, and more and more seldom
		e.Schedule(Instant(s.Below(1<<(10+i%30))), 0, What{})
	}
	if _, err := e.Run(Never); err != nil || w.done != 5000 {
		t.Errorf("%d events happen, %v", w.done, err)
	}
}
