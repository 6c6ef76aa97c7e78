package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// epochMillis is the wall time at which every world starts.
const epochMillis dag.UnixMilli = 1_800_000_000_000

// ClockPlan says how a node's clocks go wrong.
type ClockPlan struct {
	// Skew is how far the wall clock is off.
	Skew time.Duration `json:"skew,omitempty"`
	// DriftPPM is how much faster, in millionths, the monotonic clock runs. Above -1,000,000.
	DriftPPM int64 `json:"drift_ppm,omitempty"`
	// StopsAt freezes the wall clock from then on; zero: never.
	StopsAt replica.Instant `json:"stops_at,omitempty"`
	// LeapsAt is when the wall clock jumps by Leap; zero: never.
	LeapsAt replica.Instant `json:"leaps_at,omitempty"`
	// Leap is how far it jumps, forward or back.
	Leap time.Duration `json:"leap,omitempty"`
}

// clock turns true time into what one process of a node reads, and back.
type clock struct {
	plan   ClockPlan
	booted replica.Instant // true time of the process's start
	offset replica.Instant // what its monotonic clock read then
	shift  time.Duration   // how far faults have moved the wall clock
}

const million = 1_000_000

// monotonic returns what the node's monotonic clock reads at a true instant
// not before its start.
func (c *clock) monotonic(at replica.Instant) replica.Instant {
	return c.offset + scale(at-c.booted, million+c.plan.DriftPPM, million)
}

// when returns the first true instant at which the monotonic clock reads at
// least reading.
func (c *clock) when(reading replica.Instant) replica.Instant {
	if reading <= c.offset {
		return c.booted
	}
	rate := million + c.plan.DriftPPM
	at := c.booted + scale(reading-c.offset, million, rate)
	for c.monotonic(at) < reading {
		at++ // scale rounds down, twice
	}
	return at
}

// wall returns what the node's wall clock reads.
func (c *clock) wall(at replica.Instant) dag.UnixMilli {
	if c.plan.StopsAt != 0 {
		at = min(at, c.plan.StopsAt)
	}
	reading := epochMillis + dag.UnixMilli(time.Duration(at)/time.Millisecond) + dag.UnixMilli((c.plan.Skew+c.shift)/time.Millisecond)
	if c.plan.LeapsAt != 0 && at >= c.plan.LeapsAt {
		reading += dag.UnixMilli(c.plan.Leap / time.Millisecond)
	}
	return max(reading, 0)
}

// scale returns d × num / den, rounded down, without overflow for spans of
// years: seconds-sized quotients first, then the rest.
func scale(d replica.Instant, num, den int64) replica.Instant {
	whole, rest := int64(d)/den, int64(d)%den
	return replica.Instant(whole*num + rest*num/den)
}
