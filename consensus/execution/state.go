package execution

import (
	"crypto/sha256"
	"fmt"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

const (
	digestDomain  = "floormesh/state/v1\x00"
	stateVersion  = 1
	maxFrozen     = maxFrozenLanes * dag.MaxCommittee
	maxSigners    = dag.MaxCommittee
	maxFrontier   = 8 + 64*32
	stateElements = 5
)

// digest covers all that later decisions read: the consensus state, frozen
// lanes and administrative numbers.
//
//	SHA-256("floormesh/state/v1\x00" ‖ order state digest ‖ set hash of the rest)
func (e *Executor) digest() dag.Digest {
	consensus, rest := e.state.Digest(), e.hash.Sum()
	to := append([]byte(digestDomain), consensus[:]...)
	return sha256.Sum256(append(to, rest[:]...))
}

// Encode returns the executor's state for Restore. The window of duplicates is
// not part of it: the store has the log.
//
//	[1, order state, frontier, [[key, number]…] frozen, [[key, number]…] administrative]
func (e *Executor) Encode() []byte {
	to := dagcbor.AppendArray(nil, stateElements)
	to = dagcbor.AppendUint(to, stateVersion)
	to = dagcbor.AppendBytes(to, e.state.Encode())
	to = dagcbor.AppendBytes(to, e.log.Encode())
	to = dagcbor.AppendArray(to, len(e.frozen))
	for _, lane := range e.frozenLanes() {
		to = appendPair(to, lane.Key, uint64(lane.Number))
	}
	to = dagcbor.AppendArray(to, len(e.numbers))
	for _, signer := range e.signers() {
		to = appendPair(to, signer, e.numbers[signer])
	}
	return to
}

func appendPair(to []byte, key dag.PublicKey, n uint64) []byte {
	to = dagcbor.AppendArray(to, 2)
	to = dagcbor.AppendBytes(to, key[:])
	return dagcbor.AppendUint(to, n)
}

// Restore returns the executor that a store remembers. Errors wrap store.ErrCorrupt.
func Restore(g *dag.Genesis, from *store.Restored) (*Executor, error) {
	e := New(g)
	if from.State != nil {
		if err := e.decode(from.State); err != nil {
			return nil, fmt.Errorf("%w: executor state: %w", store.ErrCorrupt, err)
		}
		e.recent.restore(e.log.Size(), from.Recent)
	}
	for _, x := range from.Executed {
		if err := e.repeat(x); err != nil {
			return nil, fmt.Errorf("%w: %w", store.ErrCorrupt, err)
		}
	}
	e.changed = false
	return e, nil
}

func (e *Executor) decode(raw []byte) error {
	r := dagcbor.NewReader(raw)
	r.Tuple(stateElements)
	if version := r.Uint(stateVersion); version != stateVersion {
		return fmt.Errorf("version %d, want %d", version, stateVersion)
	}
	state, frontier := r.Bytes(order.MaxStateBytes), r.Bytes(maxFrontier)
	for range r.Array(maxFrozen) {
		key, number := readPair(r)
		e.setFrozen(dag.LaneID{Key: key, Number: dag.LaneNumber(number)})
	}
	for range r.Array(maxSigners) {
		key, number := readPair(r)
		e.number(key, number)
	}
	if err := r.Done(); err != nil {
		return err
	}
	var err error
	if e.state, err = order.DecodeState(e.state.Rules, state); err != nil {
		return err
	}
	e.log, err = merkle.DecodeFrontier(frontier)
	return err
}

func readPair(r *dagcbor.Reader) (key dag.PublicKey, n uint64) {
	r.Tuple(2)
	r.Exactly(key[:])
	return key, r.Uint(dag.MaxCounter)
}

// repeat applies a commit again from its recorded fates.
func (e *Executor) repeat(x *store.Executed) error {
	if err := e.state.Apply(x.Commit); err != nil {
		return err
	}
	for i := range x.Records {
		if x.Records[i].Fate == store.Accepted {
			e.append(x.Records[i].Statement, x.Records[i].Record)
		}
	}
	again := &store.Executed{Commit: x.Commit, Outcome: x.Outcome}
	e.finish(again)
	if again.Root != x.Root || again.Size != x.Size {
		return fmt.Errorf("commit %d: log of %d leaves has root %v, recorded were %d and %v",
			x.Commit.Index, again.Size, again.Root, x.Size, x.Root)
	}
	return nil
}
