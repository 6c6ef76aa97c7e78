package replica

import (
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/dag"
)

// ordering is the DAG and what has been decided of it. It may be ahead of
// execution: state is as of the last commit decided.
type ordering struct {
	graph   *order.Graph
	decider *order.Decider
	state   *order.State
	queue   []*dag.Commit   // decided and not executed, in order
	moved   dag.CommitIndex // the last decided commit that moved the cut
}

func newOrdering(r *Replica) ordering {
	state := r.exec.State().Clone()
	graph := order.NewGraph(r.committee.N(), state.Floor())
	o := ordering{
		graph:   graph,
		decider: order.NewDecider(graph, state.Rotation(), state.LeaderRound),
		state:   state,
	}
	for _, l := range state.Lanes {
		o.moved = max(o.moved, l.Moved)
	}
	return o
}

// decide emits the commits that the blocks here decide.
func (r *Replica) decide() {
	o := &r.ordering
	for len(o.queue) < maxQueuedCommits {
		slot, ok := o.decider.Next()
		if !ok {
			return
		}
		if slot.Status != order.Commit {
			continue
		}
		c := order.MakeCommit(o.state, o.graph, slot.Block.Ref, r.isGateway)
		if err := o.state.Apply(c); err != nil {
			panic("own commit does not apply: " + err.Error())
		}
		o.decider.Reschedule(o.state.Rotation())
		r.decided(c)
	}
}

// decided follows a commit, whether this node decided it or learned it with
// its certificate.
func (r *Replica) decided(c *dag.Commit) {
	r.ordering.queue = append(r.ordering.queue, c)
	r.moveCuts(c)
	r.pace.committed(r, c)
	if len(c.Cut) > 0 {
		r.ordering.moved = c.Index
	}
	r.ordering.graph.Prune(r.ordering.state.Floor())
	r.raiseFloor()
	r.pace.leap(r)
}

func (r *Replica) isGateway(key dag.PublicKey) bool { return r.gateways[key] }
