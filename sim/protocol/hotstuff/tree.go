package hotstuff

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// tree is the blocks from some way below the newest certified checkpoint on, or
// below what is executed here if that is less: what a peer that is behind may ask for.
//
//	… ── decided ── decided ── head ─┬─ open ── open
//	                                 └─ open
type tree struct {
	vertices map[dag.BlockID]*vertex
	decided  []*vertex // in order, the head last; at first the empty chain
	open     []*vertex // by (view, arrival): beyond the head
	parked   []*parked // they wait for the block they extend
}

// vertex is a block in its place.
type vertex struct {
	ref    dag.BlockRef
	block  *Block // nil for what came with a certified checkpoint instead, and for the empty chain
	commit *dag.Commit
	index  dag.CommitIndex
	id     dag.CommitID
	state  *order.State // after it; nil once it is decided
	at     replica.Instant
	kept   uint64 // the Persist that has it, 0: none yet
}

// parked is a block without its parent.
type parked struct {
	block *Block
	from  dag.PublicKey
}

// head returns the last decided block.
func (t *tree) head() *vertex { return t.decided[len(t.decided)-1] }

// parent returns what an open block extends; nil: it is not here.
func (t *tree) parent(b *Block) *vertex { return t.vertices[b.Justify.block()] }

// waiting returns a block that waits for its parent, nil if it does not.
func (t *tree) waiting(id dag.BlockID) *parked {
	for _, p := range t.parked {
		if p.block.id == id {
			return p
		}
	}
	return nil
}

// rivals returns how many open blocks there are of a view.
func (t *tree) rivals(v View) (n int) {
	for _, x := range t.open {
		if x.block.View == v {
			n++
		}
	}
	return n
}

// add puts an open block in its place.
func (t *tree) add(x *vertex) {
	at := len(t.open)
	for at > 0 && t.open[at-1].block.View > x.block.View {
		at--
	}
	t.open = slices.Insert(t.open, at, x)
	t.vertices[x.block.id] = x
}

// follow adds a decided block and drops what is decided against.
func (t *tree) follow(x *vertex) {
	x.state = nil
	t.decided = append(t.decided, x)
	t.vertices[x.ref.ID] = x
	t.open = slices.DeleteFunc(t.open, func(o *vertex) bool {
		gone := o.block.View <= x.ref.Round
		if gone && o != x {
			delete(t.vertices, o.block.id)
		}
		return gone
	})
	t.parked = slices.DeleteFunc(t.parked, func(p *parked) bool { return p.block.View <= x.ref.Round })
}

// prune forgets decided blocks below a commit; the head stays.
func (t *tree) prune(below dag.CommitIndex) {
	n := 0
	for n < len(t.decided)-1 && t.decided[n].index < below {
		delete(t.vertices, t.decided[n].ref.ID)
		n++
	}
	if n > 0 {
		t.decided = append([]*vertex(nil), t.decided[n:]...)
	}
}

// path returns the open blocks from the head, exclusive, to x, the oldest first;
// nil if x does not extend the head.
func (t *tree) path(x *vertex) []*vertex {
	var path []*vertex
	for x != nil && x.state != nil {
		path = append(path, x)
		x = t.parent(x.block)
	}
	if x != t.head() {
		return nil
	}
	slices.Reverse(path)
	return path
}
