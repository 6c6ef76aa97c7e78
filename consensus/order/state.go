package order

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/consensus/sethash"
	"github.com/floormesh/floormesh/dag"
)

// ErrCommit says that a commit does not follow the one before it, or breaks a
// rule that needs no blocks to judge.
var ErrCommit = errors.New("commit does not follow")

// Rules are the constants of an epoch that every fold over its commits uses.
type Rules struct {
	Epoch            dag.EpochID
	Members          int           // n, at least 1
	Window           dag.Round     // D
	CheckpointMillis dag.UnixMilli // a checkpoint is due this long after the last, in commit time
	CheckpointRounds dag.Round     // or this many leader rounds after it
}

// FoundingRules returns the rules of epoch 0.
func FoundingRules(f *consensus.Founding) Rules {
	g := f.Genesis
	return Rules{
		Epoch:            f.Committee.Epoch,
		Members:          f.Committee.N(),
		Window:           dag.Round(g.WindowRounds),
		CheckpointMillis: dag.UnixMilli(g.CheckpointMillis),
		CheckpointRounds: dag.Round(g.CheckpointRounds),
	}
}

// listCommits returns M, how many commits a list of passed-over members lasts.
func (r *Rules) listCommits() dag.CommitIndex { return dag.CommitIndex(listCommits * r.Members) }

// Lane is how far a lane is final.
type Lane struct {
	Seq    dag.Seq
	Digest dag.BatchID     // of batch Seq
	Moved  dag.CommitIndex // the last commit that moved it
}

// Mark is where the last checkpoint stands.
type Mark struct {
	Index dag.CommitIndex
	Time  dag.UnixMilli
	Round dag.Round // its leader's
}

// State is all that later decisions read of the commits so far. It starts at
// NewState and changes by Apply alone; its fields are for reading.
//
// Of each node's lanes there is at most one of a class: the one with the
// highest number. A lane with a lower number is closed, and nothing of it is
// kept here. So a State is bounded by the nodes, not by their history.
type State struct {
	Rules Rules

	Index       dag.CommitIndex // of the last commit; 0: none yet
	Last        dag.CommitID
	LeaderRound dag.Round
	Time        dag.UnixMilli
	Lanes       map[dag.LaneID]Lane
	PassedOver  consensus.Set // members that do not lead now
	Seen        consensus.Set // members present since the list of them last changed
	Checkpoint  Mark

	open     map[class]dag.LaneNumber
	hash     sethash.Set // of Lanes
	rotation *Rotation
}

// class names the lanes of one node that replace one another.
type class struct {
	key    dag.PublicKey
	number dag.LaneNumber
}

func classOf(l dag.LaneID) class { return class{l.Key, l.Number.Class()} }

// NewState returns the state of an epoch without commits.
func NewState(rules Rules) *State {
	return &State{
		Rules:    rules,
		Lanes:    make(map[dag.LaneID]Lane),
		open:     make(map[class]dag.LaneNumber),
		rotation: NewRotation(rules.Epoch, rules.Members, consensus.Set{}),
	}
}

// Clone returns an independent copy.
func (s *State) Clone() *State {
	c := *s
	c.Lanes, c.open, c.hash = maps.Clone(s.Lanes), maps.Clone(s.open), s.hash.Clone()
	c.rotation = NewRotation(s.Rules.Epoch, s.Rules.Members, s.PassedOver)
	return &c
}

// Floor returns the round at and below which blocks are needed no more.
func (s *State) Floor() dag.Round {
	if s.LeaderRound < s.Rules.Window {
		return 0
	}
	return s.LeaderRound - s.Rules.Window
}

// Rotation returns the schedule of leaders for the slots after the last
// commit. It is the same pointer until the list of passed-over members changes.
func (s *State) Rotation() *Rotation { return s.rotation }

// IsCheckpoint reports whether the last commit is a checkpoint.
func (s *State) IsCheckpoint() bool { return s.Index > 0 && s.Checkpoint.Index == s.Index }

// Final returns how far a lane is final, and false if it is closed: a lane of
// its class with a higher number has begun. A lane of which nothing is final
// yet is at the zero Seq and digest, and takes the place (Moved) of the one it
// will close, so that starting afresh gains a node nothing.
func (s *State) Final(l dag.LaneID) (Lane, bool) {
	number, ok := s.open[classOf(l)]
	switch {
	case !ok:
		return Lane{}, true
	case number == l.Number:
		return s.Lanes[l], true
	case number > l.Number:
		return Lane{}, false
	default:
		return Lane{Moved: s.Lanes[dag.LaneID{Key: l.Key, Number: number}].Moved}, true
	}
}

// Order returns the lanes' ids in key order.
func (s *State) Order() []dag.LaneID {
	return slices.SortedFunc(maps.Keys(s.Lanes), dag.LaneID.Compare)
}

// Apply folds the next commit into the state. What it can judge without the
// blocks it does: place in the chain, time, members, lanes. On an error, which
// wraps ErrCommit, nothing has changed.
func (s *State) Apply(c *dag.Commit) error {
	present, err := s.check(c)
	if err != nil {
		return fmt.Errorf("commit %d: %w", c.Index, err)
	}
	s.Index, s.Last, s.Time, s.LeaderRound = c.Index, c.ID(), c.Time, c.Leader.Round
	for i := range c.Cut {
		s.move(&c.Cut[i])
	}
	s.Seen = s.Seen.Or(present)
	if s.Index%s.Rules.listCommits() == 0 {
		s.renewList()
	}
	if s.checkpointDue() {
		s.Checkpoint = Mark{s.Index, s.Time, s.LeaderRound}
	}
	return nil
}

func (s *State) check(c *dag.Commit) (present consensus.Set, err error) {
	switch {
	case c.Epoch != s.Rules.Epoch:
		return present, fmt.Errorf("%w: epoch %s, want %s", ErrCommit, c.Epoch, s.Rules.Epoch)
	case c.Index != s.Index+1:
		return present, fmt.Errorf("%w: after index %d", ErrCommit, s.Index)
	case c.Prev != s.Last:
		return present, fmt.Errorf("%w: after %s, want %s", ErrCommit, c.Prev, s.Last)
	case c.Leader.Round <= s.LeaderRound:
		return present, fmt.Errorf("%w: leader round %d after %d", ErrCommit, c.Leader.Round, s.LeaderRound)
	case int(c.Leader.Author) >= s.Rules.Members:
		return present, fmt.Errorf("%w: leader %d of %d members", ErrCommit, c.Leader.Author, s.Rules.Members)
	case c.Time < s.Time:
		return present, fmt.Errorf("%w: time %d after %d", ErrCommit, c.Time, s.Time)
	}
	if present, err = consensus.ParseSet(c.Present, s.Rules.Members); err != nil {
		return present, fmt.Errorf("%w: %w", ErrCommit, err)
	}
	if !present.Has(c.Leader.Author) {
		return present, fmt.Errorf("%w: its leader is not present", ErrCommit)
	}
	return present, s.checkCut(c.Cut)
}

// checkCut checks that every change continues its lane. At most one lane of a
// class moves, so that changes can be judged one by one.
func (s *State) checkCut(cut []dag.CutChange) error {
	var moved [dag.LaneClasses]bool // of the key at hand
	begun := 0
	for i := range cut {
		c := &cut[i]
		if i > 0 && c.Lane.Compare(cut[i-1].Lane) <= 0 {
			return fmt.Errorf("%w: lane %s is out of order", ErrCommit, c.Lane)
		}
		if i > 0 && c.Lane.Key != cut[i-1].Lane.Key {
			moved = [dag.LaneClasses]bool{}
		}
		number := c.Lane.Number.Class()
		if moved[number] {
			return fmt.Errorf("%w: two lanes of the class of %s", ErrCommit, c.Lane)
		}
		moved[number] = true
		final, open := s.Final(c.Lane)
		if !open {
			return fmt.Errorf("%w: lane %s is closed", ErrCommit, c.Lane)
		}
		count := dag.Seq(len(c.Batches))
		if count < 1 || count > dag.MaxAckBatches || c.Seq < count || c.Seq-count != final.Seq {
			return fmt.Errorf("%w: lane %s to %d by %d batches after %d", ErrCommit, c.Lane, c.Seq, count, final.Seq)
		}
		if _, known := s.open[classOf(c.Lane)]; !known {
			begun++
		}
	}
	if len(s.Lanes)+begun > MaxLanes {
		return fmt.Errorf("%w: more than %d lanes", ErrCommit, MaxLanes)
	}
	return nil
}

// move carries out one change of the cut.
func (s *State) move(c *dag.CutChange) {
	of := classOf(c.Lane)
	if number, ok := s.open[of]; ok {
		s.forget(dag.LaneID{Key: c.Lane.Key, Number: number})
	}
	s.put(c.Lane, Lane{c.Seq, c.Batches[len(c.Batches)-1], s.Index})
}

func (s *State) put(id dag.LaneID, l Lane) {
	s.open[classOf(id)], s.Lanes[id] = id.Number, l
	s.hash.Add(element(id, l))
}

func (s *State) forget(id dag.LaneID) {
	s.hash.Remove(element(id, s.Lanes[id]))
	delete(s.Lanes, id)
}

// renewList passes over who had no block in any window since the list last
// changed. More than f can only be absent in a chain that no honest quorum
// made; then the lowest of them are passed over, so that somebody leads.
func (s *State) renewList() {
	var list consensus.Set
	for a := range consensus.First(s.Rules.Members).Without(s.Seen).All() {
		if list.Count() < quorum.F(s.Rules.Members) {
			list.Add(a)
		}
	}
	s.Seen = consensus.Set{}
	if list != s.PassedOver {
		s.PassedOver = list
		s.rotation = NewRotation(s.Rules.Epoch, s.Rules.Members, list)
	}
}

// checkpointDue judges the last commit. Times only grow and start at zero, so
// that differences cannot overflow.
func (s *State) checkpointDue() bool {
	return s.Index == 1 ||
		s.Time-s.Checkpoint.Time >= s.Rules.CheckpointMillis ||
		s.LeaderRound-s.Checkpoint.Round >= s.Rules.CheckpointRounds
}
