package replica

import "time"

// allowance is what a peer may have sent to it for the asking: its tips are small
// and cost us much. It holds bytes, is refilled with time, and may run into debt
// once, so that the largest answer passes. The zero value is full.
type allowance struct {
	spent int     // bytes, as of at
	at    Instant // when spent was last right
}

// left reports whether there is any at an instant.
func (a *allowance) left(now Instant) bool {
	a.refill(now)
	return a.spent < pushBurstBytes
}

// spend takes bytes.
func (a *allowance) spend(bytes int) { a.spent += bytes }

// refill counts whole milliseconds only, and keeps the rest for the next time.
func (a *allowance) refill(now Instant) {
	passed := (now - a.at) / Instant(time.Millisecond)
	a.at += passed * Instant(time.Millisecond)
	full := Instant(a.spent/pushBytesPerMilli + 1) // and no number overflows
	a.spent = max(a.spent-int(min(passed, full))*pushBytesPerMilli, 0)
}
