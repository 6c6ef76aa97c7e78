package sim

import (
	"fmt"

	"github.com/floormesh/floormesh/consensus/execution"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/protocol"
)

// maxRevived bounds the nodes whose disks are tried at the end of a run: a start
// costs as much as some hundred Steps.
const maxRevived = 8

// rest has everything checked that must be so of a mesh that has come to rest;
// it should have done nothing since calm.
func (w *World) rest(calm replica.Instant) {
	w.checks.AtRest(calm)
	if len(w.checks.Violations()) > 0 {
		return // what it holds while it still works says nothing
	}
	for _, n := range w.nodes {
		if n.up && n.liar == nil && n.replica != nil {
			w.checks.HoldsAtRest(n.id, n.replica.Holdings(), n.replica.Bounds())
		}
	}
	w.revive()
}

// revive starts some nodes once more from what their disks hold, beside those
// that run: the ones that crashed in the run, and one more.
func (w *World) revive() {
	one := int(w.plan.Seed % uint64(len(w.nodes)))
	left := maxRevived
	for _, n := range w.nodes {
		if n.disk.settle(); n.disk.failed != nil {
			w.checks.Failf(check.Order, n.id, "write: %v", n.disk.failed)
		}
		idle := n.up && (n.labour == nil || !n.labour.busy)
		if n.liar != nil || !idle || n.life < 2 && n.id != one || left == 0 {
			continue
		}
		left--
		if err := n.revive(w); err != nil {
			w.checks.Failf(check.Crash, n.id, "at the end, %v", err)
		}
	}
}

func (n *node) revive(w *World) error {
	restored, err := n.disk.restore(w.peerIDs[n.id], uint64(w.genesis.DuplicateLeaves))
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	again, err := n.make(w, restored, n.life+1, nil)
	if err != nil {
		return err
	}
	if r, ok := again.(*replica.Replica); ok {
		w.checks.Revived(n.id, n.replica.Standing(), r.Standing())
	}
	return nil
}

// make returns the machine of a life. With a history it looks up what others have executed.
func (n *node) make(w *World, restored *store.Restored, life uint32, history *execution.History) (protocol.Machine, error) {
	seed := newStream(w.plan.Seed, n.id, purposeReplica)
	seed.Jump(uint64(life) << 32)
	r, err := makerOf(w.plan.Protocol)(replica.Config{
		Founding: w.founding, History: history, NodeKey: n.nodeKey, MemberKey: n.memberKey, Rand: randOf(seed),
		Verifier: w.crypto.Verifier(w.domain), Timing: w.timing(),
	}, restored, n.disk.newest())
	if err != nil {
		return nil, fmt.Errorf("start again: %w", err)
	}
	return r, nil
}
