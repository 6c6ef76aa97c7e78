package result

import (
	"slices"
	"time"
)

// Schema is the number of the folder's format. It grows with every change that an
// older or newer reader would misread.
const Schema = 2

// A Run is all that a run left.
type Run struct {
	Summary       Summary
	Scenario      []byte // the resolved scenario
	Series        []Sample
	Traffic       []Traffic
	Distributions []Distribution
	Deliveries    []Delivery
	Nodes         []NodeTotals
	Chain         []Link
	Blocks        []Block
	Decisions     []Decision
	Asked         Asked
	Events        []Logged
}

// Distribution returns the distribution of a name; nil if nothing was measured.
func (r *Run) Distribution(name string) *Distribution {
	for i := range r.Distributions {
		if r.Distributions[i].Name == name {
			return &r.Distributions[i]
		}
	}
	return nil
}

// BlocksOf returns the blocks of a window of the DAG, in the order of their rounds.
func (r *Run) BlocksOf(window uint32) []Block {
	return rowsOf(r.Blocks, func(b *Block) bool { return b.Window == window })
}

// DecisionsOf returns the decisions of a window of the DAG, in the order of their rounds.
func (r *Run) DecisionsOf(window uint32) []Decision {
	return rowsOf(r.Decisions, func(d *Decision) bool { return d.Window == window })
}

// rowsOf returns the rows of a window, which lie together.
func rowsOf[T any](rows []T, in func(*T) bool) []T {
	first := slices.IndexFunc(rows, func(row T) bool { return in(&row) })
	if first < 0 {
		return nil
	}
	rows = rows[first:]
	if end := slices.IndexFunc(rows, func(row T) bool { return !in(&row) }); end >= 0 {
		return rows[:end]
	}
	return rows
}

// Summary is run.json. All but Machine is the same whenever the run is made again.
type Summary struct {
	Schema      int             `json:"schema"`
	Scenario    string          `json:"scenario"`
	Seed        uint64          `json:"seed"`
	Build       string          `json:"build"`
	Fingerprint string          `json:"fingerprint"`
	Duration    time.Duration   `json:"duration_ns"` // virtual
	Events      uint64          `json:"events"`
	Nodes       int             `json:"nodes"`
	Partitions  int             `json:"partitions"`
	Accepted    uint64          `json:"records_accepted"`
	Final       uint64          `json:"records_final"`
	Commits     uint64          `json:"commits"`
	Rounds      uint64          `json:"rounds"`
	Verdicts    []Verdict       `json:"verdicts"`
	Quantiles   []Quantiles     `json:"quantiles"`
	Volumes     []Volume        `json:"traffic"`
	PerNodeHour []PerNodeHour   `json:"per_node_hour"`
	Faults      []Fault         `json:"faults"`
	Kinds       []string        `json:"kinds"`
	Roles       []string        `json:"roles"`
	Windows     []Window        `json:"dag_windows"`
	EventLog    Asked           `json:"event_log,omitempty"` // nil: none was asked for
	Dropped     Dropped         `json:"dropped"`
	Files       map[string]File `json:"files"`
	Machine     Machine         `json:"machine"`
}

// SameBuild reports whether the run was made by a build: only then may it be
// expected to run again to the same events.
func (s *Summary) SameBuild(build string) bool { return s.Build == build && build != "" }

// A Verdict is what a checker found.
type Verdict struct {
	Checker string  `json:"checker"`
	Held    bool    `json:"held"`
	At      Instant `json:"at_ns"`  // of the violation
	Node    Node    `json:"node"`   // where; NoNode: the whole mesh
	Detail  string  `json:"detail"` // what was violated, or what was checked
}

// Failed returns the verdicts that did not hold.
func (s *Summary) Failed() (out []Verdict) {
	for _, v := range s.Verdicts {
		if !v.Held {
			out = append(out, v)
		}
	}
	return out
}

// A Fault is something that a scenario broke for a while.
type Fault struct {
	Kind  string  `json:"kind"`
	Label string  `json:"label"` // who is hit, in a few words
	From  Instant `json:"from_ns"`
	To    Instant `json:"to_ns"` // From: it has no length
	Nodes []Node  `json:"nodes,omitempty"`
}

// Volume is what was sent of one kind in the whole run.
type Volume struct {
	Kind     string `json:"kind"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
}

// Dropped counts what bounds kept out of the folder.
type Dropped struct {
	Events     uint64 `json:"events"`
	Blocks     uint64 `json:"blocks_and_decisions"`
	Deliveries uint64 `json:"messages_skipped_per_sampled"` // 0: every message is there
	Faults     uint64 `json:"faults"`
	Verdicts   uint64 `json:"verdicts"`
}

// File is the size and the hash of a file of the folder.
type File struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Machine is what the run cost where it ran: the one part that differs each time.
type Machine struct {
	Wall     time.Duration `json:"wall_ns"`
	Peak     uint64        `json:"peak_memory_bytes"`
	Workers  int           `json:"workers"`
	Platform string        `json:"platform"`
}
