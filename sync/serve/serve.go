// Package serve answers peers' requests from a store. Both drivers use it: the
// state machine decides whom to serve (replica.Serve), this package what.
//
// # Design
//
// Requests are answered with the same messages that push fresh things, so that
// a receiver has one way in for both: what it did not ask for and what it asked
// for twice look alike to it and are checked alike. Nothing says "I do not have
// it": who waits in vain asks another.
package serve

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

// Answer returns the messages that answer a request, none if nothing of it is
// stored or if the message is no request. An answer has at most MaxAnswerBytes
// of batches, blocks or commits: of a longer one the beginning (WantLane,
// WantCommits), or what comes first in the order asked; its asker asks again
// for the rest. One item always fits. A store error is returned as it is.
func Answer(from store.Reader, request message.Message) ([]message.Message, error) {
	switch want := request.(type) {
	case *message.WantBlocks:
		return blocks(from, want)
	case *message.WantBatches:
		return batches(from, want)
	case *message.WantLane:
		return lane(from, want)
	case *message.WantCommits:
		return commits(from, want)
	case *message.Blocks, *message.Batches, *message.Cosign, *message.Tips, *message.Commits:
		return nil, nil
	default:
		panic(fmt.Sprintf("message of unknown type %T", request))
	}
}

func blocks(from store.Reader, want *message.WantBlocks) ([]message.Message, error) {
	found, err := inSteps(want.Refs, from.Blocks)
	if err != nil {
		return nil, err
	}
	// Parents before children: what is accepted in this order needs no second look.
	slices.SortStableFunc(found, func(a, b *dag.Block) int { return cmp.Compare(a.Round, b.Round) })
	return message.PackBlocks(found), nil
}

func batches(from store.Reader, want *message.WantBatches) ([]message.Message, error) {
	ids := make([]dag.BatchID, len(want.Refs))
	for i := range want.Refs {
		ids[i] = want.Refs[i].ID
	}
	found, err := inSteps(ids, from.Batches)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b *dag.Batch) int {
		return cmp.Or(a.Lane.Compare(b.Lane), cmp.Compare(a.Seq, b.Seq))
	})
	return message.PackBatches(found), nil
}

func lane(from store.Reader, want *message.WantLane) ([]message.Message, error) {
	size := min(int64(want.MaxBytes), MaxAnswerBytes)
	found, err := from.Lane(want.Lane, want.From, int(size))
	if err != nil {
		return nil, err
	}
	return message.PackBatches(found[:upTo(found, MaxAnswerBytes)]), nil
}

func commits(from store.Reader, want *message.WantCommits) ([]message.Message, error) {
	certified, found, err := from.Commits(want.After, MaxAnswerBytes)
	if err != nil || certified == nil || len(found) == 0 {
		return nil, err
	}
	return []message.Message{&message.Commits{Certified: certified, Commits: found}}, nil
}

// stepRefs is how many references are looked up at once: few enough that what
// is read and then left out stays small, many enough to share a store's reads.
const stepRefs = 16

// inSteps looks references up until the answer is full, so that a request for
// 1,024 large batches reads a few of them and not all.
func inSteps[R any, T raw](refs []R, read func([]R) ([]T, error)) (found []T, err error) {
	left := MaxAnswerBytes
	for step := range slices.Chunk(refs, stepRefs) {
		items, err := read(step)
		if err != nil {
			return nil, err
		}
		kept := upTo(items, left)
		for _, item := range items[:kept] {
			left -= len(item.Raw())
		}
		if found = append(found, items[:kept]...); kept < len(items) {
			break
		}
	}
	return found, nil
}

type raw interface{ Raw() []byte }

// upTo returns how many of the first items have at most size bytes together.
// Any item has fewer than MaxAnswerBytes, so that the first always fits.
func upTo[T raw](items []T, size int) int {
	for i, item := range items {
		if size -= len(item.Raw()); size < 0 {
			return i
		}
	}
	return len(items)
}
