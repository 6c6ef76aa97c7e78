// Package check holds what must be true of every run, whatever fails in it: one
// property per file.
//
// A [Suite] is told everything that happens, as it happens, and keeps what is
// wrong. It knows which nodes lie, and asks nothing of those. Everything it is
// told costs time proportional to what it is told, so that it can watch every
// step of every run. It keeps what some honest node has not settled yet: of what
// all have reported and made durable, a few words a commit are left. A property
// that may be violated costs nothing.
//
// # Design
//
// The checkers share no code with what they check beyond the formats of dag:
// execution is done a second time here, slowly and obviously, from the commits
// and batches alone.
package check

import (
	"fmt"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sync/message"
)

// Properties, as they appear in Violation.
const (
	Agreement   = "agreement"   // one commit per index, one root per size, on all nodes
	Order       = "order"       // commits and lanes without gaps, execution as the commits say
	Durability  = "durability"  // what was acknowledged, and what was relied on, survives
	Validity    = "validity"    // only what somebody really made becomes final
	Liveness    = "liveness"    // after the faults everything becomes final everywhere
	Quiescence  = "quiescence"  // then nothing happens
	SignOnce    = "sign-once"   // no honest member signs two blocks of a round or two logs of a size
	Pace        = "pace"        // no honest member leaves rounds out but behind a commit
	GoodFaith   = "good-faith"  // honest nodes never blame each other and send nothing invalid
	Answer      = "answer"      // each submission is answered exactly once
	Certificate = "certificate" // checkpoints certify the log there is
	Crash       = "crash"       // a node starts again from what its disk kept
	Bounds      = "bounds"      // a run ends
	Evidence    = "evidence"    // who signs two things is found out; see evidence
	Recovery    = "recovery"    // a node that starts again knows what its disk kept, and comes to the state of all
	Memory      = "memory"      // what a node holds stays within its bounds, and is gone at rest
)

// Violation is one thing that must not be.
type Violation struct {
	Property string          `json:"property"`
	Node     int             `json:"node"` // -1: none in particular
	At       replica.Instant `json:"at"`
	Detail   string          `json:"detail"`
}

// String returns the violation for people.
func (v Violation) String() string {
	where := ""
	if v.Node >= 0 {
		where = fmt.Sprintf(" at n%d", v.Node)
	}
	return fmt.Sprintf("%s violated after %v%s: %s", v.Property, time.Duration(v.At), where, v.Detail)
}

// maxViolations is how many are kept: the first tells most, the rest a little.
const maxViolations = 20

// Suite watches one run.
type Suite struct {
	now     replica.Instant
	honest  []bool // by node
	genesis *dag.Genesis
	quorum  int                   // of its committee
	numbers map[dag.PublicKey]int // of nodes, by key
	found   []Violation
	ignored []string
	skip    skip

	honestNodes int
	made        made
	history     history
	nodes       []subject
	disks       disks
	tickets     acknowledged
	signed      []signatures
	calm        calm
	losses      losses

	evidence evidence
}

// skip says what need not be looked at, since it may be violated.
type skip struct{ agreement, execution, durability, signOnce, pace bool }

// New returns a suite for the nodes of a genesis, in its order.
func New(g *dag.Genesis, honest []bool) *Suite {
	s := &Suite{
		honest: honest, genesis: g, quorum: checkpoint.Quorum(len(g.Committee())),
		numbers: make(map[dag.PublicKey]int),
		made:    newMade(),
		history: newHistory(g),
		disks:   newDisks(g, honest),
		tickets: newAcknowledged(),
		calm:    newCalm(len(honest)),
		losses:  newLosses(len(honest)),
	}
	for i := range g.Gateways {
		s.numbers[g.Gateways[i].Node] = i
	}
	for _, good := range honest {
		if good {
			s.honestNodes++
		}
		s.signed = append(s.signed, newSignatures())
	}
	s.nodes = s.disks.nodes
	s.evidence = newEvidence(&s.disks, honest)
	return s
}

// Ignore says which properties may be violated.
func (s *Suite) Ignore(properties ...string) {
	s.ignored = properties
	off := func(property string) bool { return slices.Contains(properties, property) }
	s.skip = skip{
		agreement: off(Agreement), execution: off(Order) && off(Validity),
		durability: off(Durability), signOnce: off(SignOnce), pace: off(Pace),
	}
	if s.skip.execution || off(Evidence) { // which lanes are frozen is seen when commits are executed again
		s.evidence.liars = false
	}
}

// Now tells the time at which what follows happens.
func (s *Suite) Now(now replica.Instant) { s.now = now }

// Violations returns what was found so far, oldest first.
func (s *Suite) Violations() []Violation { return s.found }

// Failf adds a violation, as drivers do for what they see themselves. Node -1: none in particular.
func (s *Suite) Failf(property string, node int, format string, args ...any) {
	if len(s.found) < maxViolations && !slices.Contains(s.ignored, property) {
		s.found = append(s.found, Violation{property, node, s.now, fmt.Sprintf(format, args...)})
	}
}

// nodeOf returns the node with a key, -1 if there is none.
func (s *Suite) nodeOf(key dag.PublicKey) int {
	if i, ok := s.numbers[key]; ok {
		return i
	}
	return -1
}

// Durable tells that a write of a node survives any crash from now on.
func (s *Suite) Durable(node int, w *store.Write) {
	if s.honest[node] {
		s.durable(node, w)
		s.keep(node, w)
	}
}

// Stored tells that a node acknowledged a record to its submitter.
func (s *Suite) Stored(node int, r *dag.Record) {
	if s.honest[node] {
		s.acknowledge(node, r)
	}
}

// Said tells that a message leaves a node.
func (s *Suite) Said(node int, m message.Message) {
	if !s.honest[node] {
		return
	}
	s.nodes[node].pulse.said = s.now
	switch m := m.(type) {
	case *message.Blocks:
		for _, b := range m.Blocks {
			s.blockLeaves(node, b)
		}
	case *message.Batches:
		for _, b := range m.Batches {
			s.batchLeaves(node, b)
			s.shows(node, b)
		}
	case *message.Tips:
		if m.Newest != nil {
			s.blockLeaves(node, m.Newest)
		}
		if m.Cosignature != nil {
			s.cosignatureLeaves(node, m.Cosignature)
		}
	case *message.Cosign:
		s.cosignatureLeaves(node, m.Cosignature)
	case protocol.Promise:
		s.promiseLeaves(node, m)
	default:
	}
}

// Final tells that a node reported an executed commit.
func (s *Suite) Final(node int, e *store.Executed) {
	if !s.honest[node] {
		return
	}
	s.agree(node, e)
	if s.repeats(node, e) {
		return
	}
	s.follow(node, e)
	s.spread(node, e)
}

// Certified tells that a node reported a certified checkpoint.
func (s *Suite) Certified(node int, c *checkpoint.Certified) {
	if s.honest[node] {
		s.certify(node, c)
	}
}

// Blamed tells that a node blames a peer.
func (s *Suite) Blamed(node, peer int, reason error) {
	if s.honest[node] && s.honest[peer] {
		s.Failf(GoodFaith, node, "blames n%d, which is honest: %v", peer, reason)
	}
}

// Stepped tells that a node did something at all.
func (s *Suite) Stepped(node int) { s.nodes[node].pulse.stepped = s.now }

// Restarted tells what a node found on its disk when it started again.
func (s *Suite) Restarted(node int, r *store.Restored) {
	if s.honest[node] {
		s.resume(node, r)
		s.reborn(node, r)
	}
}
