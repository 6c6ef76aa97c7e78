package result

import (
	"strings"
	"time"
)

// A Brief is what a table of many runs shows of each: its leaves are columns, under
// dotted names such as "latency.final.p99_ns".
type Brief struct {
	Nodes      int                  `json:"nodes"`
	Duration   time.Duration        `json:"duration_ns"` // virtual
	Active     time.Duration        `json:"active_ns"`   // of it, from the first record that became final to the last, in whole intervals
	Events     uint64               `json:"events"`
	Accepted   uint64               `json:"records_accepted"`
	Final      uint64               `json:"records_final"`
	Commits    uint64               `json:"commits"`
	Rounds     uint64               `json:"rounds"`
	Messages   uint64               `json:"messages_sent"`
	Bytes      uint64               `json:"bytes_sent"`
	Violations int                  `json:"violations"`
	Latency    map[string]Quantiles `json:"latency"` // by stage, and as "propagation.batch"; without names
}

// Brief returns the run in brief.
func (r *Run) Brief() *Brief {
	s := &r.Summary
	b := &Brief{
		Nodes: s.Nodes, Duration: s.Duration, Active: r.active(), Events: s.Events,
		Accepted: s.Accepted, Final: s.Final, Commits: s.Commits, Rounds: s.Rounds,
		Violations: len(s.Failed()), Latency: make(map[string]Quantiles, len(s.Quantiles)),
	}
	for _, v := range s.Volumes {
		b.Messages += v.Messages
		b.Bytes += v.Bytes
	}
	for _, q := range s.Quantiles {
		name := strings.Replace(q.Name, "propagation of ", "propagation.", 1)
		q.Name, q.Error = "", ""
		b.Latency[name] = q
	}
	return b
}

// active returns how long records became final.
func (r *Run) active() time.Duration {
	first, last := -1, -1
	for i := range r.Series {
		if r.Series[i].Final == 0 {
			continue
		}
		if last = i; first < 0 {
			first = i
		}
	}
	if first < 0 {
		return 0
	}
	return time.Duration(r.Series[last].At-r.Series[first].At) + r.Series[last].Width
}

// Throughput returns the records that became final per second, in thousandths.
func (b *Brief) Throughput() int64 {
	return int64(mulDiv(b.Final*1000, uint64(time.Second), uint64(b.Active)))
}

// Quantile returns a quantile of a latency by the function that picks it; ok is false if
// there was nothing to measure.
func (b *Brief) Quantile(name string, pick func(*Quantiles) int64) (ns int64, ok bool) {
	q, ok := b.Latency[name]
	return pick(&q), ok && q.Count > 0
}
