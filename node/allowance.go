package node

import "time"

// allowance is what a peer may be served: its requests are small and their answers
// large. It holds bytes and is refilled with time. The last answer may run into
// debt, so that the largest one passes. The zero value is full.
type allowance struct {
	spent float64 // bytes, as of at
	at    time.Time
}

// left reports whether there is any.
func (a *allowance) left(now time.Time) bool {
	a.spent = max(0, a.spent-now.Sub(a.at).Seconds()*serveBytesPerSecond)
	a.at = now
	return a.spent < serveBurstBytes
}

// spend takes bytes.
func (a *allowance) spend(bytes int) { a.spent += float64(bytes) }
