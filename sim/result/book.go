package result

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Config says what a run's Book is to hold.
type Config struct {
	Interval   time.Duration // of the series; more than 0. It is doubled as often as a long run needs
	Kinds      []string      // names of the kinds of messages, by Kind
	Roles      []string      // names of the roles, by Place.Role
	Nodes      []Place       // by Node
	Partitions int
	Events     Asked
	Windows    []Window // of the DAG
}

// Validate returns all that is wrong with a Config.
func (c *Config) Validate() error {
	var problems []error
	check := func(fine bool, format string, args ...any) {
		if !fine {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	check(c.Interval > 0, "the interval of a series is %v: it must be more than 0", c.Interval)
	check(len(c.Kinds) > 0 && len(c.Kinds) <= maxKinds, "%d kinds of messages: 1 to %d can be told apart", len(c.Kinds), maxKinds)
	check(len(c.Roles) > 0 && len(c.Roles) <= maxRoles, "%d roles: 1 to %d can be told apart", len(c.Roles), maxRoles)
	check(len(c.Nodes) > 0 && len(c.Nodes) <= maxNodes, "%d nodes: 1 to %d can be recorded", len(c.Nodes), maxNodes)
	check(len(c.Windows) <= maxWindows, "%d windows of the DAG: at most %d can be kept", len(c.Windows), maxWindows)
	check(c.Partitions > 0 && c.Partitions <= maxPartitions, "%d partitions: 1 to %d can be recorded", c.Partitions, maxPartitions)
	for n, p := range c.Nodes {
		if int(p.Role) >= len(c.Roles) {
			check(false, "node %d has role %d, of which there are %d", n, p.Role, len(c.Roles))
			break
		}
	}
	return errors.Join(problems...)
}

// A Book gathers what happens in a run, one Recorder a partition.
type Book struct {
	config    Config
	counters  []tally // by Node; each touched by one partition only
	recorders []*Recorder
}

// NewBook returns an empty book.
func NewBook(c Config) (*Book, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	b := &Book{config: c, counters: make([]tally, len(c.Nodes))}
	for i := range c.Partitions {
		b.recorders = append(b.recorders, newRecorder(b, uint32(i)))
	}
	return b, nil
}

// Partition returns the recorder of a partition.
func (b *Book) Partition(i int) *Recorder { return b.recorders[i] }

// Outcome is what the world knows at the end of a run.
type Outcome struct {
	Scenario string // its name
	Resolved []byte // the resolved scenario, kept as it is
	Seed     uint64
	Build    string // of the program that ran it
	End      Instant
	Events   uint64 // that the engine took
	// Fingerprint of the engine; "" takes that of the chain.
	Fingerprint string
	Verdicts    []Verdict
	Faults      []Fault
	Machine     Machine
}

// Close merges what all partitions recorded. The book is empty afterwards.
func (b *Book) Close(o Outcome) *Run {
	all, rest := b.recorders[0], b.recorders[1:]
	first := newSeries(time.Duration(all.series.width), all.series.kinds)
	first.merge(&all.series) // carries gauges forward, as for the others
	all.series = first
	run := &Run{Scenario: o.Resolved, Chain: all.chain.close(0), Asked: b.config.Events}
	for i, r := range rest {
		all.merge(r)
		run.Chain = append(run.Chain, r.chain.close(uint32(i+1))...)
	}
	b.recorders = nil
	all.close(run, o.End)
	for n := range b.counters {
		p := b.config.Nodes[n]
		run.Nodes = append(run.Nodes, NodeTotals{Node: Node(n), Role: b.config.Roles[p.Role], Site: p.Site, Counters: b.counters[n].Counters})
	}
	run.Summary = b.summary(run, &o)
	run.Summary.Dropped = all.dropped(len(o.Faults), len(o.Verdicts))
	return run
}

func (b *Book) summary(run *Run, o *Outcome) Summary {
	s := Summary{
		Schema: Schema, Scenario: o.Scenario, Seed: o.Seed, Build: o.Build, Fingerprint: o.Fingerprint,
		Duration: time.Duration(o.End), Events: o.Events, Nodes: len(b.config.Nodes), Partitions: b.config.Partitions,
		Kinds: b.config.Kinds, Roles: b.config.Roles, Windows: slices.Clone(b.config.Windows),
		Verdicts:  slices.Clone(o.Verdicts[:min(len(o.Verdicts), maxVerdicts)]),
		Faults:    slices.Clone(o.Faults[:min(len(o.Faults), maxFaults)]),
		Quantiles: []Quantiles{}, Machine: o.Machine,
	}
	if s.Fingerprint == "" {
		s.Fingerprint = fmt.Sprintf("%016x", Fingerprint(run.Chain))
	}
	for i := range run.Distributions {
		s.Quantiles = append(s.Quantiles, run.Distributions[i].Quantiles())
	}
	s.Volumes = volumes(b.config.Kinds, run.Traffic)
	s.PerNodeHour = perNodeHour(b.config.Roles, run.Nodes, o.End)
	for _, x := range run.Series {
		s.Accepted += x.Accepted
		s.Final += x.Final
		s.Commits += x.Commits
		s.Rounds = x.Round
	}
	return s
}

// volumes sums up the traffic of each kind, in the order of the kinds.
func volumes(kinds []string, traffic []Traffic) []Volume {
	out := make([]Volume, len(kinds))
	index := map[string]int{}
	for i, k := range kinds {
		index[k], out[i].Kind = i, k
	}
	for _, t := range traffic {
		out[index[t.Kind]].Messages += t.Messages
		out[index[t.Kind]].Bytes += t.Bytes
	}
	return out
}

// sortLogged puts the events of all partitions in the order in which they happened.
func sortLogged(rows []Logged) {
	slices.SortFunc(rows, func(a, b Logged) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Index, b.Index))
	})
}
