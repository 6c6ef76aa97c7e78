package message

import (
	"fmt"
	"math"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/checkpoint"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

// Decode parses what Encode returns, and nothing else. The message keeps raw,
// which must not change any more. It checks form and bounds, no signatures.
// Its errors are dag.ErrEncoding, dag.ErrLimit and dag.ErrRule; whoever sent
// what gives one of them does not follow the protocol.
func Decode(mesh dag.MeshID, raw []byte) (Message, error) {
	if len(raw) > MaxBytes {
		return nil, fmt.Errorf("message: %w: %d bytes", dag.ErrLimit, len(raw))
	}
	d := decoder{Reader: dagcbor.NewReader(raw), mesh: mesh}
	m := d.message(len(raw))
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("message: %w", err)
	}
	return m, nil
}

// decoder reads straight down: after its first error all it reads is zero.
type decoder struct {
	*dagcbor.Reader

	mesh dag.MeshID
}

func (d *decoder) message(size int) Message {
	items := d.Array(maxFields)
	if v := d.Uint(math.MaxUint64); v != version {
		d.Fail(fmt.Errorf("%w: version %d", dag.ErrEncoding, v))
	}
	k := kind(d.Uint(math.MaxUint8))
	if limit := maxBytes(k); size > limit {
		d.Fail(fmt.Errorf("%w: kind %d with %d bytes, at most %d", dag.ErrLimit, k, size, limit))
	}
	if d.Err() != nil {
		return nil
	}
	m, fields := d.body(k)
	if items != 2+fields {
		d.Fail(fmt.Errorf("%w: kind %d with %d items", dag.ErrEncoding, k, items))
	}
	return m
}

// maxFields is the most items of a message, those of Tips.
const maxFields = 8

// body reads a message's fields and returns how many it has.
func (d *decoder) body(k kind) (m Message, fields int) {
	switch k {
	case kindBlocks:
		return &Blocks{Blocks: list(d, MaxBlocks, dag.MaxBlockBytes, dag.DecodeBlock)}, 1
	case kindBatches:
		return &Batches{Batches: list(d, MaxBatches, dag.MaxBatchBytes, d.decodeBatch)}, 1
	case kindCosign:
		return &Cosign{Cosignature: one(d, MaxCosignBytes, checkpoint.DecodeCosignature)}, 1
	case kindTips:
		return d.tips(), 6
	case kindWantBlocks:
		return &WantBlocks{Refs: d.blockRefs()}, 1
	case kindWantBatches:
		return &WantBatches{Refs: d.batchRefs()}, 1
	case kindWantLane:
		return &WantLane{
			Lane:     d.lane(),
			From:     dag.Seq(d.Uint(dag.MaxCounter)),
			MaxBytes: uint32(d.Uint(math.MaxUint32)),
		}, 4
	case kindWantCommits:
		return &WantCommits{After: dag.CommitIndex(d.Uint(dag.MaxCounter))}, 1
	case kindCommits:
		return &Commits{
			Certified: one(d, checkpoint.MaxEncodedBytes, checkpoint.DecodeCertified),
			Commits:   list(d, MaxCommits, dag.MaxCommitBytes, dag.DecodeCommit),
		}, 2
	default:
		d.Fail(fmt.Errorf("%w: kind %d", dag.ErrEncoding, k))
		return nil, 0
	}
}

func (d *decoder) decodeBatch(raw []byte) (*dag.Batch, error) { return dag.DecodeBatch(d.mesh, raw) }

func (d *decoder) tips() *Tips {
	m := &Tips{Highest: make([]dag.Round, d.Array(dag.MaxCommittee))}
	for i := range m.Highest {
		m.Highest[i] = dag.Round(d.Uint(dag.MaxCounter))
	}
	m.Newest = optional(d, dag.MaxBlockBytes, dag.DecodeBlock)
	m.Cosignature = optional(d, MaxCosignBytes, checkpoint.DecodeCosignature)
	m.Certified = optional(d, checkpoint.MaxEncodedBytes, checkpoint.DecodeCertified)
	m.Lanes = make([]LaneTip, d.Array(MaxTipLanes))
	for i := range m.Lanes {
		tip := &m.Lanes[i]
		tip.Lane, tip.Seq, tip.Batch = d.position()
		if i > 0 && m.Lanes[i-1].Lane.Compare(tip.Lane) >= 0 {
			d.Fail(fmt.Errorf("%w: lanes do not ascend", dag.ErrRule))
			return nil
		}
	}
	m.Reply = d.Uint(1) == 1
	return m
}

func (d *decoder) blockRefs() []dag.BlockRef {
	refs := make([]dag.BlockRef, d.Array(MaxWants))
	for i := range refs {
		d.Tuple(3)
		refs[i].Round = dag.Round(d.Uint(dag.MaxCounter))
		refs[i].Author = dag.Author(d.Uint(dag.MaxCommittee - 1))
		d.Exactly(refs[i].ID[:])
	}
	return refs
}

func (d *decoder) batchRefs() []BatchRef {
	refs := make([]BatchRef, d.Array(MaxWants))
	for i := range refs {
		refs[i].Lane, refs[i].Seq, refs[i].ID = d.position()
	}
	return refs
}

func (d *decoder) position() (lane dag.LaneID, seq dag.Seq, id dag.BatchID) {
	d.Tuple(4)
	lane = d.lane()
	seq = dag.Seq(d.Uint(dag.MaxCounter))
	d.Exactly(id[:])
	return lane, seq, id
}

func (d *decoder) lane() (lane dag.LaneID) {
	d.Exactly(lane.Key[:])
	lane.Number = dag.LaneNumber(d.Uint(math.MaxUint32))
	return lane
}

// one reads a byte string and decodes it; zero after an error.
func one[T any](d *decoder, limit int, decode func([]byte) (T, error)) (item T) {
	raw := d.Bytes(limit)
	if d.Err() != nil {
		return item
	}
	item, err := decode(raw)
	if err != nil {
		d.Fail(err)
	}
	return item
}

// optional reads null, or what one reads.
func optional[T any](d *decoder, limit int, decode func([]byte) (T, error)) (item T) {
	if d.Null() {
		return item
	}
	return one(d, limit, decode)
}

// list reads an array of byte strings and decodes each.
func list[T any](d *decoder, count, limit int, decode func([]byte) (T, error)) []T {
	items := make([]T, 0, d.Array(count))
	for range cap(items) {
		items = append(items, one(d, limit, decode))
		if d.Err() != nil {
			return nil
		}
	}
	return items
}
