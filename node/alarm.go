package node

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
)

// alarm puts a token into a channel once the time has come that it was last set to.
//
// # Design
//
// Go's timers wake an idle process by the timeout of epoll_wait, in whole
// milliseconds. A round waits for its spacing, which is not much longer, and a
// record for five rounds: half a millisecond late each time makes a seventh of
// its latency. So where there is a better clock to wait for, short waits use it
// (newFineClock).
type alarm struct {
	rings chan struct{}
	timer *time.Timer
	fine  fineClock // nil: there is none
	at    replica.Instant
}

// fineClock calls what it was made with at about the microsecond it was set to.
type fineClock interface {
	set(d time.Duration)
	close()
}

// fineWait is what a late timer matters for.
const fineWait = 20 * time.Millisecond

func newAlarm() *alarm {
	a := &alarm{rings: make(chan struct{}, 1), at: replica.Never}
	a.timer = time.AfterFunc(time.Duration(replica.Never), a.ring)
	return a
}

func (a *alarm) ring() { wake(a.rings) }

// set makes the alarm ring at an instant, given the present one, and at none that was
// set before.
func (a *alarm) set(at, now replica.Instant) {
	if at == a.at && at > now {
		return
	}
	a.at = at
	d := time.Duration(replica.Never)
	if at != replica.Never {
		d = max(0, time.Duration(at-now))
	}
	if a.fine == nil || d > fineWait {
		a.timer.Reset(d)
		return
	}
	a.timer.Stop()
	a.fine.set(d)
}

func (a *alarm) close() {
	a.timer.Stop()
	if a.fine != nil {
		a.fine.close()
	}
}
