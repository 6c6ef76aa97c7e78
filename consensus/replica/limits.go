package replica

import "time"

// backlogBatchSpacing is the least time between own batches of a lane whose list is full
// already: nothing is gained by many.
const backlogBatchSpacing = Instant(20 * time.Millisecond)

const (
	// maxAheadBatches bounds the batches kept in memory for a lane that do not
	// chain to what is held yet: enough to bridge the reordering of one round
	// trip, after which the gap is asked for.
	maxAheadBatches = 64

	// maxPayloadBytes bounds the payload kept in memory for batches that are
	// not executed yet. What is beyond is read back from the store when its turn comes.
	maxPayloadBytes = 16 << 20

	// maxLoad is how many batches are asked from the own store or from peers
	// ahead of execution at a time.
	maxLoad = 256

	// maxBehindCommits and maxBehindBytes: a member that is so far ahead of
	// its own execution stops acking, so that the others cannot bury it.
	maxBehindCommits = 64
	maxBehindBytes   = 8 << 20

	// maxQueuedCommits: a member this far ahead of its execution stops
	// deciding. Far above maxBehindCommits, since the others may go on without it.
	maxQueuedCommits = 4096

	// maxPendingBlocks bounds, per author, the blocks that wait for a parent.
	// Four windows' worth of what an honest author can have made.
	maxPendingBlocks = 512

	// maxSlotBlocks bounds the blocks of one slot accepted unasked. An honest
	// member needs more only if another block refers to them, and then asks.
	maxSlotBlocks = 2

	// roundHorizon is how far above the highest round known a block may lie,
	// in windows; others have that many before they would forget it.
	roundHorizonWindows = 8

	// maxPushBlocks bounds what one Tips is answered with.
	maxPushBlocks = 512

	// maxCosignatures is how many recent checkpoints' cosignatures are
	// collected per author.
	maxCosignatures = 8

	// maxSubmissions and maxSubmissionBytes bound what waits to be sealed into
	// a batch. Beyond, a submitter is told to come again.
	maxSubmissions     = 1 << 15
	maxSubmissionBytes = 8 << 20

	// maxListedBytes bounds the batches that one block acks, so that what a
	// commit finalises is executed before the next.
	maxListedBytes = 2 << 20

	// maxChases is how often a gap is asked for without an answer, before the
	// claim that there is one is dropped.
	maxChases = 8

	// maxLaneBytes is how much of a lane is asked for at a time.
	maxLaneBytes = 2 << 20

	// maxOwnPending bounds the memory of own statements not executed yet; older
	// ones are judged at execution only.
	maxOwnPending = 1 << 16

	// quietRounds is how many rounds may pass without the cut moving before
	// the round spacing doubles: a batch needs about five to become final.
	quietRounds = 6

	// snapshotCommits is after how many commits the executor's state is
	// written again at the latest; a restart repeats at most that many.
	snapshotCommits = 64
)
