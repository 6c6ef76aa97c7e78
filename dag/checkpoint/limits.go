package checkpoint

import "github.com/floormesh/floormesh/dag"

const (
	// MaxOriginBytes bounds a checkpoint's first line, of which ours has 81 bytes.
	MaxOriginBytes = 128

	// MaxTextBytes bounds a checkpoint's text, which has some 350 bytes.
	MaxTextBytes = 1024

	// MaxSeconds is the latest time that a cosigner can claim: that of dag.MaxUnixMilli.
	MaxSeconds = uint64(dag.MaxUnixMilli / 1000)

	// MaxPerAuthor is how many checkpoints' cosignatures a Collection keeps of one
	// author: those of two seconds at the usual interval.
	MaxPerAuthor = 8

	// MaxEncodedBytes bounds an encoded certified checkpoint: about 90 bytes for
	// each member of the largest committee, and 300 for the checkpoint.
	MaxEncodedBytes = 16 << 10

	// MaxNoteBytes bounds a signed note: about 140 bytes for each member of the
	// largest committee, and the text.
	MaxNoteBytes = 32 << 10
)
