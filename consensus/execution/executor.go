package execution

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

// ErrMissing says that Execute was not given a batch of the commit's cut.
var ErrMissing = errors.New("batch of the cut is missing")

// Executor is the ledger as of the last executed commit.
type Executor struct {
	founding *consensus.Founding
	origin   string
	verifier *dag.Verifier
	at       *ledger
	recent   *window
	history  *History // of others that come to the same ledgers, nil: none
	shared   bool     // at and recent are the history's
}

// New returns the executor of an empty ledger. With a history, which may be nil,
// it shares what it comes to.
func New(f *consensus.Founding, h *History) *Executor {
	e := &Executor{founding: f, origin: checkpoint.Origin(f.Domain.Ledger), history: h}
	// Evidence is a pair of signatures, which are checked singly: no randomness is drawn.
	e.verifier = dag.NewVerifier(f.Domain, rand.NewChaCha8([32]byte{}))
	defer h.hold()()
	if !e.join(dag.CommitID{}) {
		e.at = newLedger(f, nil)
		e.recent = newWindow(f.Genesis.DuplicateLeaves)
	}
	return e
}

// VerifyWith replaces the verifier of evidence, in simulated worlds.
func (e *Executor) VerifyWith(v *dag.Verifier) { e.verifier = v }

// Entitled reports whether records signed by key are accepted now.
func (e *Executor) Entitled(key dag.PublicKey) bool { return e.founding.Entitled(key) }

// Find returns the leaf of a statement among the last leaves.
func (e *Executor) Find(statement dag.Digest) (dag.LeafIndex, bool) {
	defer e.history.hold()()
	return e.find(statement)
}

func (e *Executor) find(statement dag.Digest) (dag.LeafIndex, bool) {
	return e.recent.find(statement, e.at.log.Size())
}

// State returns the consensus state as of the last executed commit; read only.
func (e *Executor) State() *order.State { return e.at.head.State() }

// Head returns a head at that state which the caller may move on.
func (e *Executor) Head() *order.Head { return e.at.head.Fork() }

// Size returns the number of leaves of the log.
func (e *Executor) Size() uint64 { return e.at.log.Size() }

// NextNumber returns the number that a signer's next administrative record must have.
func (e *Executor) NextNumber(signer dag.PublicKey) uint64 { return e.at.numbers[signer] + 1 }

// Frozen reports whether a lane was proven forked.
func (e *Executor) Frozen(lane dag.LaneID) bool { return e.at.frozen[lane] }

// Freezable reports whether evidence of a fork can freeze a lane: a gateway's,
// not frozen yet, and not one of too many.
func (e *Executor) Freezable(lane dag.LaneID) bool {
	return e.founding.IsGateway(lane.Key) && e.at.owned[lane.Key] < maxFrozenLanes && !e.at.frozen[lane]
}

// Changed reports whether the last commit changed state that Restore cannot
// repeat from recorded fates.
func (e *Executor) Changed() bool { return e.at.changed }

// IsCheckpoint reports whether the last executed commit is a checkpoint.
func (e *Executor) IsCheckpoint() bool { return e.State().IsCheckpoint() }

// Checkpoint returns the log as of the last executed commit.
func (e *Executor) Checkpoint() checkpoint.Checkpoint {
	s := e.State()
	return checkpoint.Checkpoint{
		Origin: e.origin, Size: e.at.log.Size(), Root: e.at.root, Epoch: e.founding.Committee.Epoch,
		Commit: s.Index, CommitID: s.Last, LeaderRound: s.LeaderRound, Time: s.Time,
	}
}

// Execute applies the next commit. payload gives the batches of its cut; the
// result shares nothing with them, and is for reading: others may share it. On an
// error nothing has changed: ErrMissing, or order.ErrCommit for a commit that does not follow.
func (e *Executor) Execute(c *dag.Commit, payload func(dag.BatchID) *dag.Batch) (*store.Executed, error) {
	defer e.history.hold()()
	if x := e.follow(c); x != nil {
		return x, nil
	}
	batches, records, err := collect(c, payload)
	if err != nil {
		return nil, err
	}
	if err := e.advance(c); err != nil {
		return nil, err
	}
	x := &store.Executed{Commit: c, Records: make([]store.Executable, 0, records)}
	first := e.at.log.Size()
	for _, b := range batches {
		for i, r := range b.Items {
			x.Records = append(x.Records, e.judge(b, i, r))
		}
	}
	x.Outcome = &dag.Outcome{
		Commit: c.ID(), FirstLeaf: dag.LeafIndex(first), Records: uint32(e.at.log.Size() - first), StateDigest: e.at.digest(),
	}
	e.finish(x)
	return x, nil
}

// advance moves to the ledger after a commit, whose records are to be judged yet.
func (e *Executor) advance(c *dag.Commit) error {
	next, err := e.at.after(c)
	if err != nil {
		return err
	}
	if e.at = next; e.shared {
		e.extend()
	}
	return nil
}

// collect gathers the batches of a cut in execution order.
func collect(c *dag.Commit, payload func(dag.BatchID) *dag.Batch) (batches []*dag.Batch, records int, err error) {
	for i := range c.Cut {
		for _, id := range c.Cut[i].Batches {
			b := payload(id)
			if b == nil {
				return nil, 0, fmt.Errorf("commit %d: %w: %v", c.Index, ErrMissing, id)
			}
			batches = append(batches, b)
			records += len(b.Items)
		}
	}
	return batches, records, nil
}

// judge decides one record's fate and, if it is accepted, appends its leaf.
func (e *Executor) judge(b *dag.Batch, item int, r *dag.Record) store.Executable {
	x := store.Executable{
		Lane: b.Lane, Seq: b.Seq, Item: uint16(item), Statement: r.Statement(), Record: r.ID(),
	}
	switch leaf, known := e.find(x.Statement); {
	case e.at.frozen[b.Lane]:
		x.Fate = store.Frozen
	case known:
		x.Fate, x.Leaf = store.Duplicate, leaf
	case !e.Entitled(r.Signer) || r.Format == dag.FormatAdmin && !e.administer(r):
		x.Fate = store.Refused
	default:
		x.Fate, x.Leaf = store.Accepted, dag.LeafIndex(e.at.log.Size())
		e.append(x.Statement, x.Record)
	}
	return x
}

func (e *Executor) append(statement dag.Digest, id dag.RecordID) {
	leaf := merkle.RecordLeaf(statement, id)
	e.at.log.Append(merkle.LeafHash(leaf[:]), nil)
	e.recent.add(statement)
}

// finish appends the commit's own leaf, if it has one, and notes the log's size
// and root.
func (e *Executor) finish(x *store.Executed) {
	x.HasLeaf = len(x.Commit.Cut) > 0 || e.IsCheckpoint()
	if x.HasLeaf {
		e.at.log.Append(merkle.LeafHash(x.Outcome.Encode()), nil)
		e.recent.add(dag.Digest{})
	}
	e.at.root, e.at.executed = e.at.log.Root(), x
	x.Size, x.Root = e.at.log.Size(), e.at.root
}

// administer carries out an administrative record, and reports false for one
// that does not hold: a signer that is no gateway, another ledger, not the
// signer's next number, an unknown kind, evidence that proves nothing. Anybody
// can make keys, sign under many names, and fork lanes of theirs: neither may
// add to the state.
func (e *Executor) administer(r *dag.Record) bool {
	if !e.founding.IsGateway(r.Signer) {
		return false
	}
	a, err := dag.DecodeAdmin(r.Payload)
	if err != nil || a.Ledger != e.founding.Domain.Ledger || a.Number != e.NextNumber(r.Signer) || a.Kind != dag.KindLaneFork {
		return false
	}
	if !e.freeze(a.Body) {
		return false
	}
	e.at.number(r.Signer, a.Number)
	return true
}

// freeze freezes the lane that evidence proves forked, unless it is frozen.
func (e *Executor) freeze(body []byte) bool {
	evidence, err := dag.DecodeForkEvidence(body)
	if err != nil || !e.at.frozen[evidence.A.Lane] && !e.Freezable(evidence.A.Lane) {
		return false
	}
	if _, errs := dag.Verify(e.verifier, []*dag.ForkEvidence{evidence}); errs[0] != nil {
		return false
	}
	e.at.freeze(evidence.A.Lane)
	return true
}
