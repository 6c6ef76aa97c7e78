package p2p

import (
	"sync"
	"time"
)

// record of a peer's offences. The zero value is a clean one.
type record struct {
	mu     sync.Mutex
	points float64 // offences, fading with time
	last   time.Time
	bans   int
	until  time.Time // banned until
}

// blame counts one offence and returns for how long the peer is shut out for it, 0 if it is not.
func (r *record) blame(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.points = r.faded(now) + 1
	r.last = now
	if r.points <= blamesToBan-0.5 { // they fade a little between two
		return 0
	}
	ban := min(banMin<<min(r.bans, 8), banMax)
	r.points, r.until = 0, now.Add(ban)
	r.bans++
	return ban
}

// faded returns what is left of the points.
func (r *record) faded(now time.Time) float64 {
	return max(0, r.points-float64(now.Sub(r.last))/float64(blameFades))
}

// bannedFor returns how long the peer stays shut out, 0 if it is not.
func (r *record) bannedFor(now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, r.until.Sub(now))
}

// score returns 0 for a clean record and less for any other.
func (r *record) score(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return -r.faded(now)
}
