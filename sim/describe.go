package sim

import (
	"fmt"
	"strings"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/protocol"
	"github.com/floormesh/floormesh/sync/message"
)

// describe returns what a message says, for people.
func describe(m message.Message) string {
	switch m := m.(type) {
	case *message.Blocks:
		return "blocks" + each(m.Blocks, describeBlock)
	case *message.Batches:
		return "batches" + each(m.Batches, func(b *dag.Batch) string {
			return describePlace(b.Lane, b.Seq, b.ID())
		})
	case *message.Cosign:
		return "cosignature"
	case *message.Tips:
		return fmt.Sprintf("tips reply=%v rounds=%d", m.Reply, m.Highest) + each(m.Lanes, func(l message.LaneTip) string {
			return describePlace(l.Lane, l.Seq, l.Batch)
		})
	case *message.WantBlocks:
		return "want blocks" + each(m.Refs, describeRef)
	case *message.WantBatches:
		return "want batches" + each(m.Refs, func(r message.BatchRef) string {
			return describePlace(r.Lane, r.Seq, r.ID)
		})
	case *message.WantLane:
		return fmt.Sprintf("want lane %s/%d from %d", short(m.Lane.Key), m.Lane.Number, m.From)
	case *message.WantCommits:
		return fmt.Sprintf("want commits after %d", m.After)
	case *message.Commits:
		return fmt.Sprintf("commits %d", len(m.Commits))
	case protocol.Message:
		return m.String()
	default:
		return fmt.Sprintf("%T", m)
	}
}

// each describes items one after the other, a space before each.
func each[T any](items []T, one func(T) string) string {
	var text strings.Builder
	for _, item := range items {
		text.WriteString(" " + one(item))
	}
	return text.String()
}

// describePlace names a batch: lane/number#seq:digest.
func describePlace(lane dag.LaneID, seq dag.Seq, id dag.BatchID) string {
	return fmt.Sprintf("%s/%d#%d:%s", short(lane.Key), lane.Number, seq, short(id))
}

// describeRef names a block: round/author:digest.
func describeRef(r dag.BlockRef) string {
	return fmt.Sprintf("r%d/a%d:%s", r.Round, r.Author, short(r.ID))
}

// describeBlock names a block with its parents in brackets and what it acks.
func describeBlock(b *dag.Block) string {
	acks := each(b.Acks, func(a dag.Ack) string {
		return fmt.Sprintf("+%s/%d#%d..%d", short(a.Lane.Key), a.Lane.Number, a.First, a.First+dag.Seq(len(a.Batches))-1)
	})
	return describeRef(b.Ref()) + "[" + strings.TrimSpace(each(b.Parents, describeRef)) + "]" + acks
}
