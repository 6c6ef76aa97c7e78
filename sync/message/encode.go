package message

import (
	"crypto/sha256"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

// version is the first item of every message. A node refuses every other; peers
// agree on a protocol version before the first message (see sync/PROTOCOL.md).
const version = 1

// Encode appends a message's bytes, which have one form only, and returns the
// extended slice. It checks no bounds: what is over them, Decode refuses (see
// PackBlocks and PackBatches).
func Encode(to []byte, m Message) []byte {
	k := kindOf(m)
	switch m := m.(type) {
	case *Blocks:
		return appendRaw(appendHead(to, k, 1), m.Blocks)
	case *Batches:
		return appendRaw(appendHead(to, k, 1), m.Batches)
	case *Cosign:
		return dagcbor.AppendBytes(appendHead(to, k, 1), m.Cosignature.Encode())
	case *Tips:
		return appendTips(appendHead(to, k, 6), m)
	case *WantBlocks:
		return appendBlockRefs(appendHead(to, k, 1), m.Refs)
	case *WantBatches:
		return appendBatchRefs(appendHead(to, k, 1), m.Refs)
	case *WantLane:
		to = appendLane(appendHead(to, k, 4), m.Lane)
		to = dagcbor.AppendUint(to, uint64(m.From))
		return dagcbor.AppendUint(to, uint64(m.MaxBytes))
	case *WantCommits:
		return dagcbor.AppendUint(appendHead(to, k, 1), uint64(m.After))
	case *Commits:
		to = dagcbor.AppendBytes(appendHead(to, k, 2), m.Certified.Encode())
		return appendRaw(to, m.Commits)
	}
	return to
}

// ContentID names a message by its bytes: the SHA-256 digest of its encoding.
// Whoever passes a message on passes it on under the same name.
func ContentID(raw []byte) dag.Digest { return sha256.Sum256(raw) }

// appendHead begins a message of a kind with so many fields.
func appendHead(to []byte, k kind, fields int) []byte {
	to = dagcbor.AppendArray(to, 2+fields)
	to = dagcbor.AppendUint(to, version)
	return dagcbor.AppendUint(to, uint64(k))
}

func appendRaw[T interface{ Raw() []byte }](to []byte, items []T) []byte {
	to = dagcbor.AppendArray(to, len(items))
	for _, item := range items {
		to = dagcbor.AppendBytes(to, item.Raw())
	}
	return to
}

func appendTips(to []byte, m *Tips) []byte {
	to = dagcbor.AppendArray(to, len(m.Highest))
	for _, round := range m.Highest {
		to = dagcbor.AppendUint(to, uint64(round))
	}
	if m.Newest == nil {
		to = dagcbor.AppendNull(to)
	} else {
		to = dagcbor.AppendBytes(to, m.Newest.Raw())
	}
	if m.Cosignature == nil {
		to = dagcbor.AppendNull(to)
	} else {
		to = dagcbor.AppendBytes(to, m.Cosignature.Encode())
	}
	if m.Certified == nil {
		to = dagcbor.AppendNull(to)
	} else {
		to = dagcbor.AppendBytes(to, m.Certified.Encode())
	}
	to = dagcbor.AppendArray(to, len(m.Lanes))
	for i := range m.Lanes {
		tip := &m.Lanes[i]
		to = appendPosition(to, tip.Lane, tip.Seq, tip.Batch)
	}
	if m.Reply {
		return dagcbor.AppendUint(to, 1)
	}
	return dagcbor.AppendUint(to, 0)
}

func appendBlockRefs(to []byte, refs []dag.BlockRef) []byte {
	to = dagcbor.AppendArray(to, len(refs))
	for i := range refs {
		to = dagcbor.AppendArray(to, 3)
		to = dagcbor.AppendUint(to, uint64(refs[i].Round))
		to = dagcbor.AppendUint(to, uint64(refs[i].Author))
		to = dagcbor.AppendBytes(to, refs[i].ID[:])
	}
	return to
}

func appendBatchRefs(to []byte, refs []BatchRef) []byte {
	to = dagcbor.AppendArray(to, len(refs))
	for i := range refs {
		to = appendPosition(to, refs[i].Lane, refs[i].Seq, refs[i].ID)
	}
	return to
}

// appendPosition appends a batch's place and id. Ids are plain byte strings
// here and not links: nobody stores a message.
func appendPosition(to []byte, lane dag.LaneID, seq dag.Seq, id dag.BatchID) []byte {
	to = appendLane(dagcbor.AppendArray(to, 4), lane)
	to = dagcbor.AppendUint(to, uint64(seq))
	return dagcbor.AppendBytes(to, id[:])
}

func appendLane(to []byte, lane dag.LaneID) []byte {
	to = dagcbor.AppendBytes(to, lane.Key[:])
	return dagcbor.AppendUint(to, uint64(lane.Number))
}
