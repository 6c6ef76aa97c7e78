package merkle

const (
	// MaxSize is the most leaves a log can have. At 20,000 records per second it
	// lasts over four centuries, and it keeps every index computation, in
	// particular tlog's dense numbering of 2·size hashes, far from overflow.
	MaxSize = 1 << (maxLevels - 1)

	// maxLevels is how many levels a tree of MaxSize leaves has, leaves and root included.
	maxLevels = 49

	// MaxProofHashes is the most hashes of a valid inclusion or consistency
	// proof: the tree is at most 48 levels high, and a consistency proof
	// has one hash more than that.
	MaxProofHashes = 49

	// MaxEntryBytes is the most bytes of a leaf's data: entry bundles count
	// them in 16 bits.
	MaxEntryBytes = 1<<16 - 1

	// maxTilePathBytes is longer than the longest path of a tile that a log of
	// MaxSize leaves can have.
	maxTilePathBytes = 64

	// maxStackLeafBytes is the longest leaf that is hashed without allocating.
	// Records have 64 bytes and outcomes about 100.
	maxStackLeafBytes = 255
)
