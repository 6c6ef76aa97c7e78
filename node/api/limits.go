package api

import (
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

const (
	// maxRecordBytes bounds a single COSE body: no record is larger.
	maxRecordBytes = dag.MaxRecordBytes

	// maxPackBytes bounds a SenML body: no pack is larger.
	maxPackBytes = senml.MaxPackBytes

	// maxSequenceBytes bounds a sequence: eight full batches, some 20,000 readings.
	maxSequenceBytes = 8 * dag.MaxBatchBytes

	// maxSequenceItems bounds a sequence's items to one batch's records, so that
	// its sender waits for some 50 ms of signature checks at most.
	maxSequenceItems = dag.MaxBatchRecords

	// maxBodiesBytes bounds the bodies held at one time over all requests:
	// sixteen of the longest. Beyond it senders are asked to come back.
	maxBodiesBytes = 16 * maxSequenceBytes

	// firstBodyBytes is what a body is given before its first byte is read, what
	// its Content-Length may claim notwithstanding; then it doubles.
	firstBodyBytes = 16 << 10

	// maxCBORDepth bounds nesting in an item of a sequence. A record has three levels.
	maxCBORDepth = 16

	// maxHeaderBytes bounds a request's header; a request of ours has some 200 bytes.
	maxHeaderBytes = 16 << 10

	// maxConnections bounds open connections, each with two goroutines and
	// buffers of some 30 KiB. Devices send to one gateway of several.
	maxConnections = 1024

	// maxStreams bounds event streams, each with a buffer of maxEventBytes.
	maxStreams = 128

	// maxEventBytes bounds the events written to a stream at once, but for the last
	// of them: as many as a gateway gives at a time, of usual devices.
	maxEventBytes = 64 << 10

	// maxTilePathBytes bounds a tile's path: the longest that exists has some 40 bytes.
	maxTilePathBytes = 100

	// maxCursorBytes bounds a cursor; this gateway's are shorter.
	maxCursorBytes = 256

	// maxEchoBytes bounds how much of a caller's text an error repeats.
	maxEchoBytes = 80

	// maxPage is the most records on one page, see [node.Query].
	maxPage = 1000
)

const (
	// headerTimeout is how long a client may take to send its header. Together
	// with bodyTimeout it keeps slow senders from holding connections.
	headerTimeout = 5 * time.Second

	// bodyTimeout is how long a whole request may take to arrive: the longest
	// sequence at 1 Mbit/s.
	bodyTimeout = 40 * time.Second

	// answerTimeout is how long a request may take from its header to the end
	// of its answer. Event streams extend it with every write.
	answerTimeout = 60 * time.Second

	// idleTimeout is how long a connection may wait for its next request: longer
	// than a device's usual interval, so that it can keep its connection.
	idleTimeout = 120 * time.Second

	// submitTimeout is how long a submission may wait to become durable. A
	// healthy disk takes milliseconds, a worn eMMC has pauses of seconds.
	submitTimeout = 15 * time.Second

	// keepAlive is the pause between comments on an idle event stream: below the
	// 30 s after which common proxies give up.
	keepAlive = 15 * time.Second

	// streamWriteTimeout is how long one write to an event stream may hang.
	streamWriteTimeout = 20 * time.Second

	// stopTimeout is how long Serve waits for requests under way when told to stop.
	stopTimeout = 5 * time.Second

	// retrySoon is the Retry-After of what passes by itself, the least the header
	// can say. retryLater is that of what an operator has to mend.
	retrySoon  = 1 * time.Second
	retryLater = 60 * time.Second
)
