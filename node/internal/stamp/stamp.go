// Package stamp gives out the times at which readings without a time of their
// own arrived, no two alike: two equal readings with one time would be one
// statement, and the ledger keeps a statement once.
package stamp

import (
	"sync/atomic"
	"time"
)

// Source gives out times. The zero value is ready; any goroutine may use it.
type Source struct{ lastMicros atomic.Int64 }

// Seconds returns the time in seconds since 1970, to the microsecond, and later
// than any time returned before, even if the clock is coarse or was set back.
// Many readings at once therefore run ahead of the clock, by a microsecond each.
func (s *Source) Seconds() float64 {
	const second = 1e6
	for {
		last := s.lastMicros.Load()
		next := max(time.Now().UnixMicro(), last+1)
		if s.lastMicros.CompareAndSwap(last, next) {
			return float64(next) / second
		}
	}
}
