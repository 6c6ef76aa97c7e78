package result

import "time"

// A Recorder takes what happens in one partition. It belongs to one goroutine
// at a time. No call but Event and Block allocates, once the series of the
// partition has grown to the present.
type Recorder struct {
	partition   uint32
	kinds       []string
	windows     int
	counters    []tally
	series      series
	stages      [stages]latency
	propagation []latency // by kind
	deliveries  deliveries
	chain       chain
	events      eventLog
	dag         dag
}

func newRecorder(b *Book, partition uint32) *Recorder {
	r := &Recorder{
		partition: partition, kinds: b.config.Kinds, windows: len(b.config.Windows), counters: b.counters,
		series: newSeries(b.config.Interval, len(b.config.Kinds)),
		chain:  newChain(), events: newEventLog(b.config.Events),
	}
	for i := range r.stages {
		r.stages[i] = newLatency()
	}
	for range b.config.Kinds {
		r.propagation = append(r.propagation, newLatency())
	}
	return r
}

// Accepted notes that records were stored.
func (r *Recorder) Accepted(at Instant, records uint64) {
	r.series.list[r.series.at(at)].accepted += records
}

// Reached notes that records came to a stage, and how long after they were
// stored. Each record is noted once for each stage.
func (r *Recorder) Reached(stage Stage, at Instant, took time.Duration, records uint64) {
	if records == 0 {
		return
	}
	r.stages[stage].add(uint64(max(0, took)), records)
	if stage == Final {
		in := &r.series.list[r.series.at(at)]
		in.final += records
		in.took.add(uint64(max(0, took)), records)
	}
}

// Sent notes that a node sent messages, of so many bytes in all.
func (r *Recorder) Sent(at Instant, node Node, kind Kind, messages, bytes uint64) {
	v := &r.series.traffic[r.series.at(at)*r.series.kinds+int(kind)]
	v.messages += messages
	v.bytes += bytes
	c := r.Counters(node)
	c.MessagesSent += messages
	c.BytesSent += bytes
}

// Received notes that messages arrived at a node, of so many bytes in all.
func (r *Recorder) Received(node Node, messages, bytes uint64) {
	c := r.Counters(node)
	c.MessagesReceived += messages
	c.BytesReceived += bytes
}

// Counters returns what a node did so far, to be added to by its partition.
func (r *Recorder) Counters(node Node) *Counters { return &r.counters[node].Counters }

// Delivered notes that a node got a message for the first time.
func (r *Recorder) Delivered(at Instant, node Node, kind Kind, m Message, published Instant, hops uint32) {
	r.propagation[kind].add(uint64(max(0, at-published)), 1)
	r.deliveries.add(delivery{message: m, published: published, at: at, node: node, kind: kind, hops: hops})
}

// Round notes that a node entered a round.
func (r *Recorder) Round(at Instant, round uint64) {
	in := &r.series.list[r.series.at(at)]
	in.round = max(in.round, round)
}

// Commit notes a commit. One node of each mesh does so, or each commit counts many times.
func (r *Recorder) Commit(at Instant) { r.series.list[r.series.at(at)].commits++ }

// Gauge notes how many events wait and how much memory the partition's
// replicas hold. Once an interval is enough.
func (r *Recorder) Gauge(at Instant, pending, replicaBytes uint64) {
	in := &r.series.list[r.series.at(at)]
	in.pending, in.replicaBytes, in.gauged = pending, replicaBytes, true
}

// Wants reports whether the event log asks for an event, so that it is worth a label.
func (r *Recorder) Wants(at Instant, node Node) bool { return r.events.wants(at, node) }

// Event folds an event into the chain and, if it was asked for, keeps a copy of it.
func (r *Recorder) Event(e *Event) {
	r.chain.fold(e)
	if r.events.wants(e.At, e.Node) {
		r.events.add(r.partition, r.chain.events-1, e)
	}
}

// Block keeps a block of its window. Each is told once for each window, equivocations too.
// Parents are copied.
func (r *Recorder) Block(b Block) {
	if int(b.Window) < r.windows {
		r.dag.addBlock(&b)
	}
}

// Decided keeps what became of a leader slot, told once for each window.
func (r *Recorder) Decided(d Decision) {
	if int(d.Window) < r.windows {
		r.dag.decide(d)
	}
}

// merge adds what another partition recorded, all but its chain.
func (r *Recorder) merge(o *Recorder) {
	r.series.merge(&o.series)
	for i := range r.stages {
		r.stages[i].merge(&o.stages[i])
	}
	for i := range r.propagation {
		r.propagation[i].merge(&o.propagation[i])
	}
	r.deliveries.merge(&o.deliveries)
	r.events.rows = append(r.events.rows, o.events.rows...)
	r.events.dropped += o.events.dropped
	r.dag.merge(&o.dag)
}

// close turns what was recorded into tables.
func (r *Recorder) close(run *Run, end Instant) {
	run.Series, run.Traffic = r.series.samples(end, r.kinds)
	for i := range r.stages {
		if r.stages[i].histogram.total > 0 {
			run.Distributions = append(run.Distributions, r.stages[i].distribution(Stage(i).String()))
		}
	}
	for i := range r.propagation {
		if r.propagation[i].histogram.total > 0 {
			run.Distributions = append(run.Distributions, r.propagation[i].distribution(propagationOf+r.kinds[i]))
		}
	}
	run.Deliveries = r.deliveries.sorted(r.kinds)
	r.dag.sort()
	run.Blocks, run.Decisions = r.dag.blocks, r.dag.decisions
	sortLogged(r.events.rows)
	run.Events = r.events.rows
}

// propagationOf begins the name of a kind's distribution of time from publishing to delivery.
const propagationOf = "propagation of "

// dropped says what the bounds cut off.
func (r *Recorder) dropped(faults, verdicts int) Dropped {
	return Dropped{
		Events: r.events.dropped, Blocks: r.dag.dropped,
		Deliveries: uint64(1)<<min(63, r.deliveries.thin) - 1,
		Faults:     uint64(max(0, faults-maxFaults)), Verdicts: uint64(max(0, verdicts-maxVerdicts)),
	}
}
