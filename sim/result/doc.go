// Package result holds what a simulated run leaves behind: how it is recorded
// while the run goes, how it lies in a folder, and how two runs are compared.
// The packages below it show it to people: plot, picture and report.
//
// A world fills a Book and turns it into a Run, which is written to a folder:
//
//	book, err := result.NewBook(result.Config{
//		Interval: time.Second, Kinds: []string{"block", "batch"},
//		Roles: []string{"gateway"}, Nodes: make([]result.Place, 4), Partitions: 1,
//	})
//	r := book.Partition(0)          // one for each partition, owned by its goroutine
//	r.Accepted(at, 12)              // twelve records were stored
//	r.Reached(result.Final, at, took, 12)
//	r.Event(&result.Event{At: at, Node: 3, Act: result.Sent, Peer: 1, Message: 77})
//	run := book.Close(result.Outcome{Scenario: "one plant", Seed: 17, End: end})
//	err = result.Write("out/17", run, false)
//
// # Contract with the world
//
// Each partition has its own Recorder, called by one goroutine at a time, with
// instants that do not fall. What node belongs to what partition must not
// depend on the number of workers; then neither does anything in the Run, for
// partitions are merged in their order, and sums, maxima and bucket counts do
// not care. A Book is closed once, when no Recorder is in use any more.
// Everything is integers; memory is bounded by limits.go however long a run is:
// series widen their interval, deliveries are thinned by message, chains keep
// every second link, and exact latencies give way to buckets.
//
// # A results folder
//
//	run.json            Summary: what ran, verdicts, quantiles, and size and hash of every other file
//	scenario.yaml       the resolved scenario, as it was given
//	series.parquet      one row an interval: throughput, rounds, backlog, memory, finality latency
//	traffic.parquet     one row an interval and kind of message
//	latencies.parquet   distributions as buckets: stages of records, and propagation by kind
//	deliveries.parquet  sampled messages: who got them when
//	nodes.parquet       one row a node: messages, bytes, signatures, processor time, disk syncs
//	chain.parquet       the fingerprint chain, see below
//	blocks.parquet      the blocks of the windows that run.json names, decisions.parquet what became of leaders
//	events.parquet      the event log, when one was asked for
//	report.html         written and refreshed by floorsim report; not covered by the hashes
//
// Instants and durations are nanoseconds, as the names of their columns say. The peer of
// an event that has none is 4294967295. The middle of a bucket stands for its values.
//
// A folder appears as a whole or not at all. Reading is strict: a file that is
// missing, torn or changed, a key that is not known, a folder of another schema
// are errors that name the place and the remedy. All but the machine part of
// run.json (wall time, memory, platform, workers) is the same, byte for byte, whenever
// the same run is made again.
//
// # Sweeps
//
// Of many runs each is summed up in a Brief, whose leaves are the columns of a sweep's table. A
// Study lays them side by side over the keys that were varied, for report and plot.
//
// # Fingerprint chain
//
// Every event of a partition is folded into that partition's running hash; after every
// k-th event the hash is noted as a link. Two runs that were equal up to a link
// have equal links up to there and, but for a collision of 64 bits, different ones from the
// first difference on: so a binary search finds the window of k events in which two
// runs part, and the event log, when it covers that window, the event. k starts at
// 1,024 and doubles whenever there would be too many links; links at multiples
// of the larger k are the same for both, so chains of different k compare.
//
// # What it does not do
//
// It decides nothing in a run, knows no protocol, and does not know how to run
// a scenario again: whether a recorded run may be replayed by this build is
// asked of Summary.SameBuild.
package result
