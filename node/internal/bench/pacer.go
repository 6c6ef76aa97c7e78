package bench

import (
	"context"
	"time"
)

// schedule says when records are due: the open loop.
type schedule struct {
	rate int // records per second
	tick time.Duration
}

// newSchedule chooses how often records are sent. One gateway of four hears
// every fourth tick: at 1,000/s one record every 4 ms.
func newSchedule(rate int) schedule {
	const calm, busy = 2000, 8000
	switch {
	case rate <= calm:
		return schedule{rate, time.Millisecond}
	case rate <= busy:
		return schedule{rate, 2 * time.Millisecond}
	}
	return schedule{rate, 4 * time.Millisecond}
}

// due returns how many records are due at an instant of the run.
func (s schedule) due(at time.Duration) int {
	at -= at % s.tick
	return int(int64(at) * int64(s.rate) / int64(time.Second))
}

// at returns the tick at which record i is due.
func (s schedule) at(i int) time.Duration {
	exact := time.Duration((int64(i+1)*int64(time.Second) + int64(s.rate) - 1) / int64(s.rate))
	return (exact + s.tick - 1) / s.tick * s.tick
}

// paced sends records as they become due until the end of the run, then waits
// until all that was sent is acknowledged. It returns how many were due.
func (r *run) paced(ctx context.Context, plan schedule) int {
	var (
		next, last int
		ticker     = time.NewTicker(plan.tick)
		total      = min(plan.due(r.Duration), r.load.count())
	)
	defer ticker.Stop()
	for int(r.sender.total.Load()) < total && ctx.Err() == nil {
		next = r.send(next, min(plan.due(r.elapsed()), total), maxRequestRecords, &last)
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
		if r.elapsed() > r.Duration+settleTimeout {
			break
		}
	}
	return total
}

// send hands out what is to be sent again, then the records from next to before
// limit, at most chunk in one request. It returns the first that nobody could take.
func (r *run) send(next, limit, chunk int, last *int) int {
	for {
		job, ok := r.sender.takeAgain()
		if !ok {
			break
		}
		if !r.sender.offer(last, job) {
			r.sender.putBack(job)
			return next
		}
	}
	for next < limit {
		end := min(limit, next+chunk)
		r.stamp(next, end)
		if !r.sender.offer(last, span{next, end}) {
			break
		}
		next = end
	}
	return next
}

// stamp notes that records are sent now, where they have no schedule.
func (r *run) stamp(from, to int) {
	now := r.now()
	for i := from; i < to && r.sent != nil; i++ {
		r.sent[i] = now
	}
}

// flooded keeps a bounded number of records under way until the end of the
// run, and waits as paced does. It returns how many were sent.
func (r *run) flooded(ctx context.Context) int {
	var (
		next, last int
		late       = time.NewTicker(pollFast)
	)
	defer late.Stop()
	for ctx.Err() == nil && r.elapsed() < r.Duration+settleTimeout {
		if r.elapsed() >= r.Duration && int(r.sender.total.Load()) >= next {
			break
		}
		limit := next
		if r.elapsed() < r.Duration {
			limit = min(r.load.count(), r.watch.final()+closedLoopWindow)
			limit -= max(0, limit-next) % closedLoopRecords // whole requests only
		}
		next = r.send(next, limit, closedLoopRecords, &last)
		select {
		case <-r.sender.wake:
		case <-late.C:
		case <-ctx.Done():
		}
	}
	return next
}
