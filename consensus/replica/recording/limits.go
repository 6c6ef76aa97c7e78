package recording

const (
	// frameBytes is when Steps that came together make a frame: large enough that
	// frames' heads do not show, small enough that little is lost by a kill.
	frameBytes = 64 << 10

	// MaxFrameBytes bounds a frame. One Step must fit: 64 requests that were joined,
	// of 32 MiB of records altogether (node's bound), or what was read back for a commit.
	MaxFrameBytes = 128 << 20

	// maxPieceBytes bounds a piece of the start, so that no frame is larger for it.
	maxPieceBytes = 1 << 20

	// maxStartBytes bounds the start: blocks of the window, fates since the last
	// state and 2^32 digests at most; chosen so that a desk has room for it.
	maxStartBytes = 1 << 30

	// maxSignatures bounds what one Step signs: batches, a block for each round it
	// passes, cosignatures; chosen arbitrarily.
	maxSignatures = 1 << 16

	// maxTextBytes bounds reasons and names of builds; chosen arbitrarily.
	maxTextBytes = 1 << 10

	// maxVersionBytes bounds the file's first line.
	maxVersionBytes = 64
)
