package order

const (
	// MaxLanes bounds the lanes of a State: a few open ones for each gateway of
	// the largest mesh we think of. A chain of commits that opens more is refused.
	MaxLanes = 1 << 16

	// MaxStateBytes bounds an encoded State: MaxLanes lanes of at most 96 bytes,
	// and room for the rest.
	MaxStateBytes = MaxLanes*96 + 4096

	// listCommits times the size of the committee is how many commits a list of
	// passed-over members stays in force (M). Long enough that a member with a
	// block in any of the windows is surely seen.
	listCommits = 4

	// rotations is how many permutations a Rotation remembers. The undecided
	// slots rarely span more than two; further ones are computed again.
	rotations = 4
)
