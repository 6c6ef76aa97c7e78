package node

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
)

// Events implements Gateway. Every subscriber goes through the log at its own
// pace: one that keeps up reads memory, one that is slow reads the disk, holds
// up nobody and is owed nothing from memory.
func (n *Node) Events(ctx context.Context, from dag.LeafIndex) iter.Seq2[[]Event, error] {
	return func(yield func([]Event, error) bool) {
		leave := n.tail.follow()
		defer leave()
		var run []Event
		for next := from; ; {
			size, err := n.awaitLeaf(ctx, next)
			if err != nil {
				if ctx.Err() == nil {
					yield(nil, err)
				}
				return
			}
			if run == nil { // not before: who waits for long needs no memory
				run = make([]Event, 0, maxEventLeaves)
			}
			if run, err = n.readEvents(next, size, run[:0]); err != nil {
				yield(nil, err)
				return
			}
			next = run[len(run)-1].Leaf + 1
			if !yield(run, nil) {
				return
			}
		}
	}
}

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

// readEvents appends some leaves from one on, at least one and none at or
// beyond size, as far as to has room: from memory if they are there.
func (n *Node) readEvents(from dag.LeafIndex, size uint64, to []Event) ([]Event, error) {
	if to = n.tail.read(from, size, to); len(to) > 0 {
		return to, nil
	}
	leaves, err := n.disk.Leaves(from, int(min(size-uint64(from), uint64(cap(to)))))
	if err != nil {
		return nil, readError(err)
	}
	if len(leaves) == 0 {
		return nil, fmt.Errorf("%w: no leaf %d in a log of %d", store.ErrCorrupt, from, size)
	}
	for i := range leaves {
		l := &leaves[i]
		to = append(to, Event{
			Leaf: l.Index, Record: l.Record, Commit: l.Commit, Device: l.Device, Final: finalTime(l.Time),
		})
	}
	return to, nil
}

// finalTime is a commit's time as people see it.
func finalTime(t dag.UnixMilli) time.Time { return time.UnixMilli(int64(t)).UTC() }
