package message

import (
	"github.com/floormesh/floormesh/dag"
)

// Bounds on what one message may carry. Decode checks each before anything is
// allocated or indexed by the number it bounds; who encodes must keep them.
const (
	// MaxBytes is the longest encoding of any message, that of Commits: what a
	// transport's frame must hold.
	MaxBytes = MaxCommitsBytes

	// MaxBlocksBytes bounds an encoded Blocks: eight of the largest blocks, some
	// thousand usual ones. A larger one would delay what queues behind it.
	MaxBlocksBytes = 1 << 20

	// MaxBatchesBytes bounds an encoded Batches, which gossip must carry too:
	// the largest batch and as much again.
	MaxBatchesBytes = 1 << 20

	// MaxCommitsBytes bounds an encoded Commits. Commits come only up to a
	// certified checkpoint, and between two checkpoints there can be 128 rounds
	// of commits, of which only few are of the largest size.
	MaxCommitsBytes = 4 << 20

	// MaxTipsBytes bounds an encoded Tips: the largest block (128 KiB), a tip of
	// each lane (512 of 90 bytes) and a certified checkpoint (16 KiB).
	MaxTipsBytes = 256 << 10

	// MaxWantBytes bounds an encoded request: 1,024 references of 90 bytes.
	MaxWantBytes = 128 << 10

	// MaxCosignBytes bounds an encoded Cosign, which has some 400 bytes.
	MaxCosignBytes = 2 << 10

	// MaxBlocks bounds the blocks of one message: chosen so that their count
	// never binds before their bytes do.
	MaxBlocks = 4096

	// MaxBatches bounds the batches of one message, for the same reason.
	MaxBatches = 4096

	// MaxCommits bounds the commits of one message, for the same reason.
	MaxCommits = 16_384

	// MaxWants bounds the references of one request, so that one small message
	// cannot ask for more than a small answer's worth of look-ups.
	MaxWants = 1024

	// MaxTipLanes bounds the lanes of Tips: as many as a block acks.
	MaxTipLanes = dag.MaxAckLanes
)

// maxBytes bounds the encoding of a message of one kind; 0 for an unknown kind.
func maxBytes(k kind) int {
	switch k {
	case kindBlocks:
		return MaxBlocksBytes
	case kindBatches:
		return MaxBatchesBytes
	case kindCosign:
		return MaxCosignBytes
	case kindTips:
		return MaxTipsBytes
	case kindWantBlocks, kindWantBatches, kindWantLane, kindWantCommits:
		return MaxWantBytes
	case kindCommits:
		return MaxCommitsBytes
	default:
		return 0
	}
}
