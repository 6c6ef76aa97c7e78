package ledger

const (
	// maxAhead is how far beyond a lane's final batch one is kept: as much as some
	// commits of full lists take away. What is further comes when its turn does.
	maxAhead = 1024

	// maxRivals is how many batches of one place are kept: a liar signs as many as it likes, and
	// what is decided is asked for by its digest.
	maxRivals = 4

	// maxListedBytes bounds the batches of one proposal, as in consensus/replica.
	maxListedBytes = 2 << 20

	// maxLoad is how many batches are read from the own store at a time.
	maxLoad = 256

	// maxSubmissions bounds what waits to be sealed into a batch.
	maxSubmissions = 1 << 15

	// maxBehind: a member that has decided so many commits more than it could
	// execute proposes no batches, and takes no commits from others.
	maxBehind = 64

	// snapshotCommits is after how many commits the executor's state is written
	// again at the latest; a restart repeats at most that many.
	snapshotCommits = 64

	// RetainedCommits is for how many commits below the newest certified one a rule keeps
	// what it needs to show a peer how they were decided. Who is further behind takes
	// certified commits at once; others only if they could not do without.
	RetainedCommits = 64

	// maxPendingOwn is how many own batches Own names: what a peer that has none
	// of them is to ask for first.
	maxPendingOwn = 16
)
