package validate

import (
	"fmt"
	"slices"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
)

// Case is a published measurement and how to run it again.
type Case struct {
	Name       string
	Source     string      // of the published values
	Parameters []Parameter // and of what is simulated
	Bound      int         // how far a value may be off, in tenths of a percent; 0: it is shown only
	Remark     string      // why it is shown only, or what to know

	columns   []string
	published []int64
	skeleton  gossip.Skeleton
	measure   func(*gossip.Measured) []int64
}

// Parameter is one value that a case simulates with.
type Parameter struct {
	Name, Value, Source string
}

// Value is one published number and ours. Error is in tenths of a percent of the
// published one.
type Value struct {
	Name      string `json:"name"`
	Published int64  `json:"published"`
	Simulated int64  `json:"simulated"`
	Error     int    `json:"error_permille"`
}

// Result is what a case came to.
type Result struct {
	Name   string  `json:"name"`
	Values []Value `json:"values"`
	Worst  int     `json:"worst_permille"` // the largest error, without its sign
	Bound  int     `json:"bound_permille"` // 0: none is stated
	Holds  bool    `json:"holds"`          // true if no bound is stated
	Events uint64  `json:"events"`
}

// Run runs a case.
func (c *Case) Run() (*Result, error) {
	m, err := c.skeleton.Run()
	if err != nil {
		return nil, fmt.Errorf("validate %s: %w", c.Name, err)
	}
	r := &Result{Name: c.Name, Bound: c.Bound, Events: m.Events}
	for i, got := range c.measure(m) {
		off := int((got - c.published[i]) * 1000 / max(c.published[i], 1))
		r.Values = append(r.Values, Value{c.columns[i], c.published[i], got, off})
		r.Worst = max(r.Worst, off, -off)
	}
	r.Holds = c.Bound == 0 || r.Worst <= c.Bound
	return r, nil
}

// quantiles returns p5 to p95 of the delays of some messages, in milliseconds.
func quantiles(from, to int) func(*gossip.Measured) []int64 {
	return func(m *gossip.Measured) []int64 {
		delays := slices.Concat(m.Delays[from:to]...)
		slices.Sort(delays)
		var values []int64
		for _, p := range percents {
			at := delays[(len(delays)-1)*p/100]
			values = append(values, int64((at+engine.Instant(time.Millisecond)/2)/engine.Instant(time.Millisecond)))
		}
		return values
	}
}

// holders returns the mean of how many nodes had a message after k hops.
func holders(m *gossip.Measured) []int64 {
	values := make([]int64, len(published10000))
	for _, row := range m.Holders {
		for k := range values {
			values[k] += int64(row[min(k, len(row)-1)])
		}
	}
	for k := range values {
		values[k] = (values[k] + int64(len(m.Holders))/2) / int64(len(m.Holders))
	}
	return values
}
