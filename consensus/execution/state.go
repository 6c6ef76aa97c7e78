package execution

import (
	"fmt"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/planted"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
	"github.com/floormesh/floormesh/dag/merkle"
	"github.com/floormesh/floormesh/dag/store"
)

const (
	digestDomain  = "floormesh/state/v1\x00"
	stateVersion  = 1
	maxFrozen     = maxFrozenLanes * dag.MaxGateways
	maxSigners    = dag.MaxGateways
	maxFrontier   = 8 + 64*32
	stateElements = 5
)

// Encode returns the executor's state for Restore. The window of duplicates is
// not part of it: the store has the log.
//
//	[1, order state, frontier, [[key, number]…] frozen, [[key, number]…] administrative]
func (e *Executor) Encode() []byte {
	if !e.shared {
		return e.at.encode()
	}
	defer e.history.hold()()
	if e.at.encoded == nil {
		e.at.encoded = e.at.encode()
	}
	return e.at.encoded
}

func (l *ledger) encode() []byte {
	to := dagcbor.AppendArray(nil, stateElements)
	to = dagcbor.AppendUint(to, stateVersion)
	to = dagcbor.AppendBytes(to, l.head.State().Encode())
	to = dagcbor.AppendBytes(to, l.log.Encode())
	to = dagcbor.AppendArray(to, len(l.frozen))
	for _, lane := range l.frozenLanes() {
		to = appendPair(to, lane.Key, uint64(lane.Number))
	}
	to = dagcbor.AppendArray(to, len(l.numbers))
	for _, signer := range l.signers() {
		to = appendPair(to, signer, l.numbers[signer])
	}
	return to
}

func appendPair(to []byte, key dag.PublicKey, n uint64) []byte {
	to = dagcbor.AppendArray(to, 2)
	to = dagcbor.AppendBytes(to, key[:])
	return dagcbor.AppendUint(to, n)
}

// Restore returns the executor that a store remembers. Errors wrap store.ErrCorrupt.
func Restore(f *consensus.Founding, h *History, from *store.Restored) (*Executor, error) {
	if from.State == nil && len(from.Executed) == 0 {
		return New(f, h), nil
	}
	e := New(f, nil)
	e.history = h
	if from.State != nil {
		if err := e.at.decode(from.State); err != nil {
			return nil, fmt.Errorf("%w: executor state: %w", store.ErrCorrupt, err)
		}
		e.recent.restore(e.at.log.Size(), from.Recent)
	}
	for _, x := range from.Executed {
		if err := e.repeat(x); err != nil {
			return nil, fmt.Errorf("%w: %w", store.ErrCorrupt, err)
		}
	}
	e.at.changed = false
	defer h.hold()()
	e.join(e.State().Last)
	return e, nil
}

func (l *ledger) decode(raw []byte) error {
	r := dagcbor.NewReader(raw)
	r.Tuple(stateElements)
	if version := r.Uint(stateVersion); version != stateVersion {
		return fmt.Errorf("version %d, want %d", version, stateVersion)
	}
	state, frontier := r.Bytes(order.MaxStateBytes), r.Bytes(maxFrontier)
	for range r.Array(maxFrozen) {
		key, number := readPair(r)
		if !planted.FrozenForgotten {
			l.freeze(dag.LaneID{Key: key, Number: dag.LaneNumber(number)})
		}
	}
	for range r.Array(maxSigners) {
		key, number := readPair(r)
		l.number(key, number)
	}
	if err := r.Done(); err != nil {
		return err
	}
	decoded, err := order.DecodeState(l.head.State().Rules, state)
	if err != nil {
		return err
	}
	if l.log, err = merkle.DecodeFrontier(frontier); err != nil {
		return err
	}
	l.head, l.root = order.NewHead(decoded, nil), l.log.Root()
	return nil
}

func readPair(r *dagcbor.Reader) (key dag.PublicKey, n uint64) {
	r.Tuple(2)
	r.Exactly(key[:])
	return key, r.Uint(dag.MaxCounter)
}

// repeat applies a commit again from its recorded fates.
func (e *Executor) repeat(x *store.Executed) error {
	if err := e.advance(x.Commit); err != nil {
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
