package replica

import (
	"fmt"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// ordering is the DAG and what has been decided of it. It may be ahead of
// execution.
type ordering struct {
	graph    *order.Graph
	decider  *order.Decider
	head     *order.Head
	rotation *order.Rotation // the head's, by which the decider decides
	queue    []*dag.Commit   // decided and not executed, in order
	moved    dag.CommitIndex // the last decided commit that moved the cut
	halted   bool            // what is decided cannot be: see halt
}

func newOrdering(r *Replica) ordering {
	state := r.exec.State()
	graph := order.NewGraph(r.committee.N(), state.Floor())
	o := ordering{graph: graph, head: r.exec.Head()}
	o.decideAfter()
	for _, l := range state.Lanes {
		o.moved = max(o.moved, l.Moved)
	}
	return o
}

// decideAfter has the slots after the last commit decided, whatever was of them before.
func (o *ordering) decideAfter() {
	o.rotation = o.state().Rotation()
	o.decider = order.NewDecider(o.graph, o.rotation.Own(), o.state().LeaderRound)
}

// reschedule has those decided anew that are not yet, if others lead now.
func (o *ordering) reschedule() {
	if now := o.state().Rotation(); now != o.rotation {
		o.rotation = now
		o.decider.Reschedule(now.Own())
	}
}

// state is as of the last commit decided; read only.
func (o *ordering) state() *order.State { return o.head.State() }

// follow moves on by a commit that is known to follow.
func (o *ordering) follow(c *dag.Commit) {
	head, err := o.head.Next(c)
	if err != nil {
		panic("a commit that follows does not apply: " + err.Error())
	}
	o.head = head
}

// decide emits the commits that the blocks here decide.
func (r *Replica) decide() {
	o := &r.ordering
	for len(o.queue) < maxQueuedCommits && !o.halted {
		slot, ok := o.decider.Next()
		if !ok {
			return
		}
		if slot.Status != order.Commit {
			continue
		}
		c := order.MakeCommit(o.state(), o.graph, slot.Block.Ref, r.founding.IsGateway)
		if err := r.checkPlaces(c, nil); err != nil {
			r.halt(err.Error())
			return
		}
		o.follow(c)
		o.reschedule()
		r.decided(c)
	}
}

// decided follows a commit, whether this node decided it or learned it with
// its certificate.
func (r *Replica) decided(c *dag.Commit) {
	r.ordering.queue = append(r.ordering.queue, c)
	r.moveCuts(c)
	if len(c.Cut) > 0 {
		r.ordering.moved = c.Index
	}
	if !r.seated {
		return
	}
	r.pace.committed(r, c)
	r.ordering.graph.Prune(r.ordering.state().Floor())
	r.raiseFloor()
	r.pace.leap(r)
}

// checkPlaces checks that a commit cuts no batch in another place than the one
// that it is known to stand in, by what is held here and by places, if given,
// which it adds to. A batch is signed for one place. At least one honest member
// vouches for what a cut says, so that another place means more than f liars.
func (r *Replica) checkPlaces(c *dag.Commit, places map[dag.BatchID]message.BatchRef) error {
	if places == nil {
		places = map[dag.BatchID]message.BatchRef{}
	}
	for i := range c.Cut {
		change := &c.Cut[i]
		if !r.founding.IsGateway(change.Lane.Key) {
			return fmt.Errorf("lane %v is of no gateway: more than f members lie", change.Lane)
		}
		first := change.Seq - dag.Seq(len(change.Batches)) + 1
		for k, id := range change.Batches {
			ref := message.BatchRef{Lane: change.Lane, Seq: first + dag.Seq(k), ID: id}
			other, twice := places[id]
			if h := r.laneBook.held[id]; h != nil && !twice {
				other, twice = h.ref, h.ref != ref
			}
			if twice {
				return misplaced(other, ref)
			}
			places[id] = ref
		}
	}
	return nil
}

// checkPlace checks that a batch stands where it was cut.
func (r *Replica) checkPlace(h *held, b *dag.Batch) bool {
	found := message.BatchRef{Lane: b.Lane, Seq: b.Seq, ID: b.ID()}
	if found == h.ref {
		return true
	}
	r.halt(misplaced(found, h.ref).Error())
	return false
}

func misplaced(found, cut message.BatchRef) error {
	return fmt.Errorf("batch %v of lane %v, seq %d, was cut as seq %d of lane %v: more than f members lie",
		found.ID, found.Lane, found.Seq, cut.Seq, cut.Lane)
}

// halt ends this node's part in ordering: what members decided cannot be, so that
// more than f of them lie, and the log here stays at the last commit that can. It
// goes on storing records and answering. A restart comes to the same end.
func (r *Replica) halt(why string) {
	r.ordering.halted = true
	r.diverge(why)
}
