package node

import "time"

const (
	// maxConfigBytes bounds a configuration file: hundreds of peers with several
	// addresses each.
	maxConfigBytes = 1 << 20

	// maxTiming bounds the protocol's durations in a configuration: a mesh that
	// waits for longer is not noticed to live.
	maxTiming = time.Minute

	// MaxSubmit bounds the records of one call of Submit or Attest.
	MaxSubmit = 1 << 14

	// maxWaitingRecords and maxWaitingBytes bound the records that callers of
	// Submit wait for, all together: some two seconds' worth at full speed. A
	// device that is told to come again loses nothing; memory that is gone does.
	maxWaitingRecords = 1 << 15
	maxWaitingBytes   = 32 << 20

	// maxQueuedRequests bounds the verified submissions and the peers' inputs
	// that wait for the replica, each. Beyond, submitters wait and peers are read more slowly.
	maxQueuedRequests = 256

	// maxJoinedRequests bounds how many submissions and how many peers' inputs
	// the replica takes before its outputs go on: few enough that the first of
	// them is not delayed by the others (some 20 µs each).
	maxJoinedRequests = 64

	// maxQueuedOutputs and maxQueuedBytes bound what waits for the disk. Beyond,
	// the replica takes no submissions and no messages, until the disk has caught up.
	maxQueuedOutputs = 1 << 14
	maxQueuedBytes   = 32 << 20

	// maxGroupBytes bounds what one sync of the disk makes durable: enough that
	// its fixed cost does not show, little enough that the first of the group does
	// not wait for long.
	maxGroupBytes = 4 << 20

	// syncDelay is how long what nothing waits for may stay unsynced: other
	// members' blocks, and what follows from them, which can be had again.
	syncDelay = 50 * time.Millisecond

	// readWorkers answer peers and read payload back. Two, so that one long
	// answer does not delay execution.
	readWorkers = 2

	// maxQueuedServes bounds the requests of one peer's that wait to be answered:
	// one for each lane of the usual mesh, many times over. Beyond, they are dropped:
	// who waits in vain asks another.
	maxQueuedServes = 256

	// serveBurstBytes and serveBytesPerSecond bound what one peer is sent for its
	// requests. Who comes back after minutes needs some hundred megabytes at the
	// highest rate, of several peers, and checks signatures at some 5 MB/s a core; to
	// read and pack this much costs us some tenths of a core.
	serveBurstBytes     = 64 << 20
	serveBytesPerSecond = 16 << 20

	// lookupBytes is what a look-up counts for, found or not: a request for a
	// thousand inventions is answered with nothing, and costs a thousand reads.
	lookupBytes = 512

	// defaultPage is how many records a page holds unless its query says.
	defaultPage = 100

	// maxEventLeaves bounds the leaves read at once for one subscriber, some 90
	// bytes each without the device's name.
	maxEventLeaves = 256

	// maxTailBytes bounds the end of the log that is kept in memory while somebody
	// follows it: some 13,000 records, over half a second at full speed. Who
	// is further behind reads the disk.
	maxTailBytes = 2 << 20

	// maxQueuedSteps and maxQueuedStepBytes bound the Steps that wait to be recorded:
	// a second or two at full speed. Beyond, the recording ends.
	maxQueuedSteps     = 1 << 14
	maxQueuedStepBytes = 64 << 20

	// recordBufferBytes joins frames of a recording into writes.
	recordBufferBytes = 256 << 10

	// recordEvery is how much of a recording a kill may cost.
	recordEvery = 100 * time.Millisecond

	// maxRecordedLives bounds the files of one recording: a gateway that was
	// started so often and never cleared away is looked for no further.
	maxRecordedLives = 10_000

	// minRecordBytes and defaultRecordBytes are the least and the usual limit of a
	// recording: a gateway's day in a small plant, an hour in a busy one.
	minRecordBytes     = 1 << 20
	defaultRecordBytes = 1 << 30

	// maxAlarms bounds the alarms that Status shows, newest last.
	maxAlarms = 16
)
