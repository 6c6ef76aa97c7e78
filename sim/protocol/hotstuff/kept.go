package hotstuff

import (
	"fmt"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sim/protocol/ledger"
)

// kept is what a member finds again after a crash. It is written before whatever
// it binds its author to is sent: a vote, a timeout, a proposal.
type kept struct {
	voted   View // the highest view that was voted in or left
	high    *Certificate
	last    *TimeoutCertificate
	decided []link
	open    []*Block // parents before children
	bytes   int
}

// link is a decided block and the commit that it became.
type link struct {
	ref    dag.BlockRef
	block  *Block
	commit dag.CommitID
	index  dag.CommitIndex
}

// Bytes implements protocol.Kept.
func (k *kept) Bytes() int { return k.bytes }

// fixedBytes is what a write has beside blocks: numbers and the highest certificate.
func (r *Rule) fixedBytes() int { return 16 + len(r.high.appendTo(nil)) + len(r.last.appendTo(nil)) }

// keep writes down what this member is bound by from now on.
func (r *Rule) keep(signed bool) {
	k := &kept{voted: r.voted, high: r.high, last: r.last, bytes: r.fixedBytes()}
	for _, x := range r.tree.decided {
		k.decided = append(k.decided, link{x.ref, x.block, x.id, x.index})
	}
	for _, x := range r.tree.open {
		k.open = append(k.open, x.block)
		if x.kept == 0 || x.kept == r.ledger.Writing() {
			x.kept = r.ledger.Writing()
			k.bytes += len(x.block.raw)
		}
	}
	r.ledger.Keep(k, signed)
}

// restore goes on from what was kept. What was decided and not executed is
// decided again from the same certificates.
func (r *Rule) restore(k *kept) error {
	r.voted, r.high, r.last = k.voted, k.high, k.last
	executed := r.ledger.State()
	at := 0
	for at < len(k.decided) && (k.decided[at].index != executed.Index || k.decided[at].commit != executed.Last) {
		at++
	}
	if at == len(k.decided) {
		return fmt.Errorf("%w: commit %d is executed, and none of the blocks kept became it", store.ErrCorrupt, executed.Index)
	}
	r.tree.decided, r.tree.vertices = nil, map[dag.BlockID]*vertex{}
	for _, l := range k.decided[:at+1] {
		r.tree.follow(&vertex{ref: l.ref, block: l.block, id: l.commit, index: l.index})
	}
	for _, l := range k.decided[at+1:] {
		if l.block != nil {
			r.place(l.block)
		}
	}
	for _, b := range k.open {
		r.place(b)
	}
	r.view = max(r.high.view(), r.last.view()) + 1
	return nil
}

var _ ledger.Rule = (*Rule)(nil)
