package execution

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/sethash"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

// ErrMissing says that Execute was not given a batch of the commit's cut.
var ErrMissing = errors.New("batch of the cut is missing")

// Executor is the ledger as of the last executed commit.
type Executor struct {
	domain   *dag.Domain
	origin   string
	entitled map[dag.PublicKey]bool // nil: any signer
	verifier *dag.Verifier

	state   *order.State
	log     merkle.Frontier
	recent  window
	owners  map[dag.PublicKey]int // of lanes: the gateways, with how many of theirs are frozen
	frozen  map[dag.LaneID]bool
	numbers map[dag.PublicKey]uint64 // last administrative number, by signer
	hash    sethash.Set              // of frozen and numbers
	changed bool                     // frozen or numbers, since the last commit
}

// New returns the executor of an empty ledger. The genesis must be valid.
func New(g *dag.Genesis) *Executor {
	e := &Executor{
		domain:  g.Domain(),
		origin:  checkpoint.Origin(g.Ledger()),
		state:   order.NewState(order.GenesisRules(g)),
		recent:  newWindow(g.DuplicateLeaves),
		owners:  map[dag.PublicKey]int{},
		frozen:  map[dag.LaneID]bool{},
		numbers: map[dag.PublicKey]uint64{},
	}
	// Evidence is a pair of signatures, which are checked singly: no randomness is drawn.
	e.verifier = dag.NewVerifier(e.domain, rand.NewChaCha8([32]byte{}))
	for i := range g.Gateways {
		e.owners[g.Gateways[i].Node] = 0
	}
	if g.Devices != nil {
		e.entitled = map[dag.PublicKey]bool{}
		for _, d := range g.Devices {
			e.entitled[d] = true
		}
		for owner := range e.owners {
			e.entitled[owner] = true
		}
	}
	return e
}

// VerifyWith replaces the verifier of evidence, in simulated worlds.
func (e *Executor) VerifyWith(v *dag.Verifier) { e.verifier = v }

// Entitled reports whether records signed by key are accepted now.
func (e *Executor) Entitled(key dag.PublicKey) bool { return e.entitled == nil || e.entitled[key] }

// Find returns the leaf of a statement among the last leaves.
func (e *Executor) Find(statement dag.Digest) (dag.LeafIndex, bool) { return e.recent.find(statement) }

// State returns the consensus state as of the last executed commit; read only.
func (e *Executor) State() *order.State { return e.state }

// Size returns the number of leaves of the log.
func (e *Executor) Size() uint64 { return e.log.Size() }

// NextNumber returns the number that a signer's next administrative record must have.
func (e *Executor) NextNumber(signer dag.PublicKey) uint64 { return e.numbers[signer] + 1 }

// Frozen reports whether a lane was proven forked.
func (e *Executor) Frozen(lane dag.LaneID) bool { return e.frozen[lane] }

// Freezable reports whether evidence of a fork can freeze a lane: a gateway's,
// not frozen yet, and not one of too many.
func (e *Executor) Freezable(lane dag.LaneID) bool {
	frozen, known := e.owners[lane.Key]
	return known && frozen < maxFrozenLanes && !e.frozen[lane]
}

// Changed reports whether the last commit changed state that Restore cannot
// repeat from recorded fates.
func (e *Executor) Changed() bool { return e.changed }

// IsCheckpoint reports whether the last executed commit is a checkpoint.
func (e *Executor) IsCheckpoint() bool { return e.state.IsCheckpoint() }

// Checkpoint returns the log as of the last executed commit.
func (e *Executor) Checkpoint() checkpoint.Checkpoint {
	return checkpoint.Checkpoint{
		Origin: e.origin, Size: e.log.Size(), Root: e.log.Root(), Epoch: e.domain.Epoch,
		Commit: e.state.Index, CommitID: e.state.Last, LeaderRound: e.state.LeaderRound, Time: e.state.Time,
	}
}

// Execute applies the next commit. payload gives the batches of its cut; the
// result shares nothing with them. On an error nothing has changed: ErrMissing, or
// order.ErrCommit for a commit that does not follow.
func (e *Executor) Execute(c *dag.Commit, payload func(dag.BatchID) *dag.Batch) (*store.Executed, error) {
	batches, records, err := collect(c, payload)
	if err != nil {
		return nil, err
	}
	if err := e.state.Apply(c); err != nil {
		return nil, err
	}
	e.changed = false
	x := &store.Executed{Commit: c, Records: make([]store.Executable, 0, records)}
	first := e.log.Size()
	for _, b := range batches {
		for i, r := range b.Items {
			x.Records = append(x.Records, e.judge(b, i, r))
		}
	}
	x.Outcome = &dag.Outcome{
		Commit: c.ID(), FirstLeaf: dag.LeafIndex(first), Records: uint32(e.log.Size() - first), StateDigest: e.digest(),
	}
	e.finish(x)
	return x, nil
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
	switch leaf, known := e.recent.find(x.Statement); {
	case e.frozen[b.Lane]:
		x.Fate = store.Frozen
	case known:
		x.Fate, x.Leaf = store.Duplicate, leaf
	case !e.Entitled(r.Signer) || r.Format == dag.FormatAdmin && !e.administer(r):
		x.Fate = store.Refused
	default:
		x.Fate, x.Leaf = store.Accepted, dag.LeafIndex(e.log.Size())
		e.append(x.Statement, x.Record)
	}
	return x
}

func (e *Executor) append(statement dag.Digest, id dag.RecordID) {
	leaf := merkle.RecordLeaf(statement, id)
	e.log.Append(merkle.LeafHash(leaf[:]), nil)
	e.recent.add(statement)
}

// finish appends the commit's own leaf, if it has one, and notes the log's size
// and root.
func (e *Executor) finish(x *store.Executed) {
	x.HasLeaf = len(x.Commit.Cut) > 0 || e.state.IsCheckpoint()
	if x.HasLeaf {
		e.log.Append(merkle.LeafHash(x.Outcome.Encode()), nil)
		e.recent.add(dag.Digest{})
	}
	x.Size, x.Root = e.log.Size(), e.log.Root()
}

// administer carries out an administrative record, and reports false for one
// that does not hold: a signer that is no gateway, another ledger, not the
// signer's next number, an unknown kind, evidence that proves nothing. Anybody
// can make keys, sign under many names, and fork lanes of theirs: neither may
// add to the state.
func (e *Executor) administer(r *dag.Record) bool {
	if _, known := e.owners[r.Signer]; !known {
		return false
	}
	a, err := dag.DecodeAdmin(r.Payload)
	if err != nil || a.Ledger != e.domain.Ledger || a.Number != e.NextNumber(r.Signer) || a.Kind != dag.KindLaneFork {
		return false
	}
	if !e.freeze(a.Body) {
		return false
	}
	e.number(r.Signer, a.Number)
	return true
}

// freeze freezes the lane that evidence proves forked, unless it is frozen.
func (e *Executor) freeze(body []byte) bool {
	evidence, err := dag.DecodeForkEvidence(body)
	if err != nil || !e.frozen[evidence.A.Lane] && !e.Freezable(evidence.A.Lane) {
		return false
	}
	if _, errs := dag.Verify(e.verifier, []*dag.ForkEvidence{evidence}); errs[0] != nil {
		return false
	}
	e.setFrozen(evidence.A.Lane)
	return true
}

func (e *Executor) setFrozen(lane dag.LaneID) {
	if !e.frozen[lane] {
		e.frozen[lane], e.changed = true, true
		e.owners[lane.Key]++
		e.hash.Add(frozenElement(lane))
	}
}

func (e *Executor) number(signer dag.PublicKey, n uint64) {
	if last := e.numbers[signer]; last > 0 {
		e.hash.Remove(numberElement(signer, last))
	}
	e.numbers[signer], e.changed = n, true
	e.hash.Add(numberElement(signer, n))
}

func frozenElement(lane dag.LaneID) []byte {
	to := append([]byte("frozen\x00"), lane.Key[:]...)
	return binary.BigEndian.AppendUint32(to, uint32(lane.Number))
}

func numberElement(signer dag.PublicKey, n uint64) []byte {
	to := append([]byte("number\x00"), signer[:]...)
	return binary.BigEndian.AppendUint64(to, n)
}

// frozenLanes and signers list the maps' keys in order.
func (e *Executor) frozenLanes() []dag.LaneID {
	return slices.SortedFunc(maps.Keys(e.frozen), dag.LaneID.Compare)
}

func (e *Executor) signers() []dag.PublicKey {
	return slices.SortedFunc(maps.Keys(e.numbers), dag.PublicKey.Compare)
}
