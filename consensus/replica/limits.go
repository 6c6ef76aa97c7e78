package replica

import (
	"time"

	"github.com/floormesh/floormesh/dag"
)

// backlogBatchSpacing is the least time between own batches of a lane whose list is full
// already: nothing is gained by many.
const backlogBatchSpacing = Instant(20 * time.Millisecond)

const (
	// maxAheadBatches bounds the batches kept in memory for a lane that do not
	// chain to what is held yet: enough to bridge the reordering of one round
	// trip, after which the gap is asked for. maxAheadBytes leaves room for two
	// of the largest: a liar fills this much for each of its lanes.
	maxAheadBatches = 64
	maxAheadBytes   = 2 * dag.MaxBatchBytes

	// maxAheadInAll bounds them over all lanes: what those of a full committee
	// may take. There can be a hundred times as many gateways outside it, and no
	// bound on how many of them lie; a batch that is not kept is asked for again.
	maxAheadInAll = dag.LaneClasses * dag.MaxCommittee * maxAheadBytes

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

	// maxParkedBytes bounds, per sender, the blocks that wait for a parent: all
	// that an honest peer pushes at once. Those asked for may take as much again,
	// or what was pushed could keep out what it waits for.
	maxParkedBytes = 8 << 20

	// maxSlotBlocks bounds the blocks of one slot taken unasked. An honest
	// member needs more only if another block refers to them, and then asks.
	maxSlotBlocks = 2

	// roundHorizon is how far above the highest round known a block may lie,
	// in windows; others have that many before they would forget it.
	roundHorizonWindows = 8

	// maxAsked is how many members are told at once how far this one is. Two would
	// do as well against crowding; of three, one is honest and hears of it even if
	// a third lies, nearly always. A committee of four knows no difference.
	maxAsked = 3

	// maxPushBlocks bounds what one Tips is answered with.
	maxPushBlocks = 512

	// pushBurstBytes and pushBytesPerMilli bound what a peer is sent for its tips:
	// a whole window of the usual committee's blocks some forty times at once, and
	// then 4 MB each second. An honest node says tips some times a second at most,
	// and lacks less than a window.
	pushBurstBytes    = 16 << 20
	pushBytesPerMilli = 4 << 10

	// maxNews and maxNewsBytes bound the commits told to those outside the
	// committee at once: a checkpoint comes every 128 rounds at the latest, and
	// gossip carries 1 MiB.
	maxNews      = 256
	maxNewsBytes = 512 << 10

	// sealPatience is for how many round spacings records wait for the own next
	// block to go with, unless they make up a batch of largeBatchBytes: a few,
	// since rounds take longer than their spacing on a busy node.
	sealPatience = 4

	// largeBatchBytes make a batch that gains nothing from waiting: its
	// signatures cost a hundred times what a message does.
	largeBatchBytes = 64 << 10

	// maxSubmissions and maxSubmissionBytes bound what waits to be sealed into
	// a batch. Beyond, a submitter is told to come again.
	maxSubmissions     = 1 << 15
	maxSubmissionBytes = 8 << 20

	// maxListedBytes bounds the batches that one block acks, so that what a
	// commit finalises is executed before the next.
	maxListedBytes = 2 << 20

	// minLaneSlots is how many slots a table of lanes begins with: few, since most
	// nodes of a small mesh hear of few lanes.
	minLaneSlots = 8

	// maxChases is how often a gap is asked for without an answer, before the
	// claim that there is one is dropped.
	maxChases = 8

	// maxLaneBytes is how much of a lane is asked for at a time.
	maxLaneBytes = 2 << 20

	// maxEchoes bounds how often one statement can be submitted again before it
	// is stored; chosen arbitrarily.
	maxEchoes = 64

	// maxUnproven bounds the forks that this node is about to prove. Every other
	// one proves them too.
	maxUnproven = 64

	// maxOwnPending bounds the memory of own statements not executed yet; older
	// ones are judged at execution only.
	maxOwnPending = 1 << 16

	// quietRounds is how many rounds may pass without the cut moving before
	// the round spacing doubles: a batch needs about five to become final.
	quietRounds = 6

	// roundsPerCheckpoint is how many rounds a mesh with nothing left to order
	// makes at least per checkpoint interval until the last commit is certified:
	// the checkpoint comes at most an eighth of it late, and the three rounds that
	// commit it follow soon.
	roundsPerCheckpoint = 8

	// millisPerMinute and maxLaneMinutes make lane numbers of a blank store's
	// first life in time: a minute is far shorter than it takes to lose a store and
	// start anew, and half of the numbers, enough for a thousand years, are left for
	// lanes that follow.
	millisPerMinute = 60_000
	maxLaneMinutes  = 1 << 29

	// snapshotCommits is after how many commits the executor's state is
	// written again at the latest; a restart repeats at most that many.
	snapshotCommits = 64
)
