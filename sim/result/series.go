package result

import "time"

// A Sample is what happened in one interval of a run.
type Sample struct {
	At           Instant       `parquet:"at_ns"` // its start
	Width        time.Duration `parquet:"width_ns"`
	Accepted     uint64        `parquet:"accepted"` // records stored
	Final        uint64        `parquet:"final"`    // records that became final
	Commits      uint64        `parquet:"commits"`
	Round        uint64        `parquet:"round"`          // highest round seen so far
	Pending      uint64        `parquet:"pending_events"` // events waiting in the queue, at the interval's end
	ReplicaBytes uint64        `parquet:"replica_bytes"`  // memory that the replicas say they hold, at the interval's end
	Latencies    uint64        `parquet:"latencies"`      // how many the quantiles are of
	P50          int64         `parquet:"p50_ns"`         // of the time to final, in nanoseconds, within 1/64 of the value
	P90          int64         `parquet:"p90_ns"`
	P99          int64         `parquet:"p99_ns"`
	Max          int64         `parquet:"max_ns"`
}

// Traffic is what was sent of one kind in one interval.
type Traffic struct {
	At       Instant `parquet:"at_ns"`
	Kind     string  `parquet:"kind,dict"`
	Messages uint64  `parquet:"messages"`
	Bytes    uint64  `parquet:"bytes"`
}

// interval gathers a Sample and its share of Traffic.
type interval struct {
	accepted, final, commits, round uint64
	pending, replicaBytes           uint64
	gauged                          bool
	took                            histogram
}

// volume counts messages and their bytes.
type volume struct{ messages, bytes uint64 }

// series is the list of intervals of one partition. traffic has one volume a kind for each interval.
type series struct {
	width   Instant
	kinds   int
	list    []interval
	traffic []volume
	index   int // of the interval used last
	from    Instant
	until   Instant
}

func newSeries(width time.Duration, kinds int) series {
	return series{width: Instant(width), kinds: kinds}
}

// at returns the index of an instant's interval.
func (s *series) at(t Instant) int {
	if t >= s.from && t < s.until {
		return s.index
	}
	return s.seek(t)
}

func (s *series) seek(t Instant) int {
	for t/s.width >= maxIntervals {
		s.widen()
	}
	s.index = int(t / s.width)
	s.from = Instant(s.index) * s.width
	s.until = s.from + s.width
	s.grow(s.index + 1)
	return s.index
}

func (s *series) grow(n int) {
	for len(s.list) < n {
		s.list = append(s.list, interval{took: histogram{precision: coarsePrecision}})
		s.traffic = append(s.traffic, make([]volume, s.kinds)...)
	}
}

// widen makes every interval twice as long.
func (s *series) widen() {
	old, traffic := s.list, s.traffic
	s.list, s.traffic = nil, nil
	s.width *= 2
	s.from, s.until = 0, 0
	s.grow((len(old) + 1) / 2)
	for i := range old {
		s.list[i/2].append(&old[i])
		s.addTraffic(i/2, traffic[i*s.kinds:(i+1)*s.kinds])
	}
}

func (s *series) addTraffic(i int, more []volume) {
	for k, v := range more {
		s.traffic[i*s.kinds+k].messages += v.messages
		s.traffic[i*s.kinds+k].bytes += v.bytes
	}
}

// append adds a later interval of the same partition: its gauges replace.
func (i *interval) append(o *interval) {
	i.count(o)
	if o.gauged {
		i.pending, i.replicaBytes, i.gauged = o.pending, o.replicaBytes, true
	}
}

// count adds all but the gauges.
func (i *interval) count(o *interval) {
	i.accepted += o.accepted
	i.final += o.final
	i.commits += o.commits
	i.round = max(i.round, o.round)
	i.took.merge(&o.took)
}

// merge adds the intervals of another partition, both as wide as the wider one
// afterwards. Gauges add up; where a partition says nothing, its last word holds.
func (s *series) merge(o *series) {
	for s.width < o.width {
		s.widen()
	}
	for o.width < s.width {
		o.widen()
	}
	s.extend(len(o.list))
	var pending, replicaBytes uint64
	for i := range s.list {
		s.list[i].gauged = true
		if i < len(o.list) {
			s.list[i].count(&o.list[i])
			s.addTraffic(i, o.traffic[i*s.kinds:(i+1)*s.kinds])
			if o.list[i].gauged {
				pending, replicaBytes = o.list[i].pending, o.list[i].replicaBytes
			}
		}
		s.list[i].pending += pending
		s.list[i].replicaBytes += replicaBytes
	}
}

// extend grows a merged series; what its partitions said last holds on.
func (s *series) extend(n int) {
	old := len(s.list)
	s.grow(n)
	for i := old; i < n && i > 0; i++ {
		s.list[i].pending, s.list[i].replicaBytes = s.list[i-1].pending, s.list[i-1].replicaBytes
	}
}

// samples returns the series up to the end of the run, the last interval cut to it.
func (s *series) samples(end Instant, kinds []string) (samples []Sample, traffic []Traffic) {
	var round uint64
	for i := range s.list {
		from := Instant(i) * s.width
		in := &s.list[i]
		round = max(round, in.round)
		took := Distribution{Buckets: in.took.buckets()}
		q := took.Quantiles()
		samples = append(samples, Sample{
			At: from, Width: time.Duration(max(1, min(s.width, end-from))),
			Accepted: in.accepted, Final: in.final, Commits: in.commits, Round: round,
			Pending: in.pending, ReplicaBytes: in.replicaBytes,
			Latencies: q.Count, P50: q.P50, P90: q.P90, P99: q.P99, Max: q.Max,
		})
		for k, v := range s.traffic[i*s.kinds : (i+1)*s.kinds] {
			if v.messages > 0 {
				traffic = append(traffic, Traffic{At: from, Kind: kinds[k], Messages: v.messages, Bytes: v.bytes})
			}
		}
	}
	return samples, traffic
}
