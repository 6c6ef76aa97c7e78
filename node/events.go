package node

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// Events implements Gateway. Every subscriber reads the log from disk at its own
// pace: one that is slow holds up nobody and is owed nothing from memory.
func (n *Node) Events(ctx context.Context, from dag.LeafIndex) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for next := from; ; {
			size, err := n.awaitLeaf(ctx, next)
			if err != nil {
				if ctx.Err() == nil {
					yield(Event{}, err)
				}
				return
			}
			if next, err = n.yieldLeaves(next, size, yield); err != nil {
				yield(Event{}, err)
				return
			}
			if next == done {
				return
			}
		}
	}
}

// done stands for the place after the last event that a consumer wants.
const done = ^dag.LeafIndex(0)

// awaitLeaf waits until the log has a leaf and returns the log's size.
func (n *Node) awaitLeaf(ctx context.Context, leaf dag.LeafIndex) (size uint64, err error) {
	for {
		size, changed := n.progress.log()
		if uint64(leaf) < size {
			return size, ctx.Err()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-n.ended:
			return 0, n.stopped()
		}
	}
}

// yieldLeaves yields some leaves from one on, none at or beyond size. It returns
// the next one to yield, or done.
func (n *Node) yieldLeaves(
	from dag.LeafIndex, size uint64, yield func(Event, error) bool,
) (dag.LeafIndex, error) {
	leaves, err := n.disk.Leaves(from, int(min(size-uint64(from), maxEventLeaves)))
	if err != nil {
		return from, readError(err)
	}
	if len(leaves) == 0 {
		return from, fmt.Errorf("%w: no leaf %d in a log of %d", store.ErrCorrupt, from, size)
	}
	for _, l := range leaves {
		e := Event{
			Leaf: l.Index, Record: l.Record, Commit: l.Commit, Device: l.Device,
			Final: time.UnixMilli(int64(l.Time)).UTC(),
		}
		if !yield(e, nil) {
			return done, nil
		}
		from = l.Index + 1
	}
	return from, nil
}
