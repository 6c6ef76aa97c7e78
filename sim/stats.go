package sim

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/engine"
)

// stats counts what a run costs and how quick it is. Nothing is decided by it.
type stats struct {
	nodes    int
	messages int
	since    map[dag.Digest]replica.Instant // acknowledged, by statement
	copies   map[dag.Digest]int             // logs of honest nodes that have it
	newest   dag.CommitIndex                // reported by any honest node
	total    time.Duration
	count    int
}

func newStats(nodes int) stats {
	return stats{nodes: nodes, since: map[dag.Digest]replica.Instant{}, copies: map[dag.Digest]int{}}
}

func (s *stats) sent(*parcel) { s.messages++ }

func (s *stats) stored(w *World, r *dag.Record) {
	if w.site != nil {
		return // its notes say more
	}
	if _, again := s.since[r.Statement()]; !again {
		s.since[r.Statement()] = w.now
	}
}

// final notes when a record has become final on every honest node.
func (s *stats) final(w *World, node int, e *store.Executed) {
	if w.nodes[node].liar != nil || w.site != nil {
		return
	}
	s.order(w, e)
	for i := range e.Records {
		statement := e.Records[i].Statement
		s.copies[statement]++
		since, acknowledged := s.since[statement]
		if acknowledged && s.copies[statement] == s.nodes-len(w.plan.Liars) {
			s.total += time.Duration(w.now - since)
			s.count++
		}
	}
}

// order notes the log by the numbers of its records, once: all honest nodes have
// the same one, which sim/check sees to. What liars and evidence add has none.
func (s *stats) order(w *World, e *store.Executed) {
	if e.Commit.Index <= s.newest {
		return
	}
	s.newest = e.Commit.Index
	for i := range e.Records {
		number, ok := w.load.numbers[e.Records[i].Statement]
		if !ok {
			number = -1
		}
		w.trace.shape = engine.Mix(w.trace.shape*golden + uint64(int64(number))<<8 + uint64(e.Records[i].Fate))
	}
}

// mean returns the mean time from acknowledgement to final everywhere.
func (s *stats) mean() time.Duration { return s.total / time.Duration(max(1, s.count)) }
