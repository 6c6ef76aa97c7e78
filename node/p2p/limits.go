package p2p

import (
	"time"

	"github.com/floormesh/floormesh/sync/message"
)

// Bounds on what a peer can make this node hold.
const (
	// seenFor is how long a second copy of a batch is dropped: as long as
	// a busy node may take to check the first.
	seenFor = 2 * time.Second

	// maxSeen bounds the batches remembered as seen, some 300 KB.
	maxSeen = 4096

	// maxJointSignatures bounds the signatures that are checked together where
	// messages are read, and those of a message that is: some 0.2 ms. Beyond,
	// other goroutines take over, and what is small need not wait for it.
	maxJointSignatures = 16

	// maxFrameBytes bounds one frame of a stream: the largest message, and the
	// byte that says how it is packed.
	maxFrameBytes = message.MaxBytes + 1

	// maxHelloBytes bounds a hello, which has about 90 bytes and perhaps a reason.
	maxHelloBytes = 512

	// maxReasonBytes bounds the reason in a refusal.
	maxReasonBytes = 256

	// maxInFlightBytes bounds, per stream, what was read but not yet handed
	// over: four of the largest messages, or some milliseconds of a fast network.
	maxInFlightBytes = 4 * maxFrameBytes

	// maxInFlightMessages bounds their number, for the same reason.
	maxInFlightMessages = 1024

	// maxConnections bounds all connections together: a full committee with a
	// few each, while duplicates last.
	maxConnections = 640

	// maxPeerConnections bounds one peer's: TCP and QUIC dialled from both sides, twice over.
	maxPeerConnections = 8

	// maxPeerStreams bounds one peer's streams: two of ours each way, gossip and
	// identify, and as many again while a connection is replaced.
	maxPeerStreams = 64

	// maxTransientConnections bounds connections that are not yet
	// authenticated: what a stranger on the network can hold.
	maxTransientConnections = 64

	// maxAddrConnections bounds the connections from one address: a whole
	// plant's gateways can stand behind one NAT.
	maxAddrConnections = 256

	// maxLearnedAddrs bounds the addresses kept per peer from what it says of itself.
	maxLearnedAddrs = 16
)

// Bounds on what waits to be sent. What is taken by the writer counts no more,
// so that twice as much can be held for a peer that does not read.
const (
	maxQueuedFrames = 4096
	maxQueuedBytes  = 16 << 20
)

// Bounds of gossip.
const (
	// gossipQueue is the length of each of gossip's queues (outbound per peer,
	// validation, subscription), of which the default is 32: a burst of batches
	// from every lane must fit. Its overflow is dropped and counted.
	gossipQueue = 4096

	// maxGossipBytes bounds a gossip message: the largest message that is
	// gossiped, with room for gossip's own fields.
	maxGossipBytes = message.MaxBatchesBytes + 64<<10

	// gossipMemory is how long a message's name is remembered, so that it is not
	// taken twice. Short, since the protocol may well say the same thing again
	// when it believes it lost.
	gossipMemory = 30 * time.Second
)

// Times.
const (
	// pingAfter is the silence after which a stream says that it is alive. With
	// three peers it costs about 0.2 kB/s.
	pingAfter = 2500 * time.Millisecond

	// A peer is given up when nothing was heard of it for quietTimes times
	// quietTime, about 5 seconds. Several short waits instead of a long one:
	// when this process was frozen for a while itself, the first is over at once, and the
	// signs of life that lie in the network's buffers are read in the next.
	quietTime  = pingAfter + 250*time.Millisecond
	quietTimes = 2

	// writeProgress is how long writeChunk bytes may take to be written. A peer
	// that reads more slowly than 6 kB/s is given up.
	writeProgress = 10 * time.Second
	writeChunk    = 64 << 10

	// dialTimeout and helloTimeout bound how long a peer may take to answer.
	dialTimeout  = 5 * time.Second
	helloTimeout = 5 * time.Second

	// redialMin and redialMax bound the wait between attempts to reach a peer,
	// which doubles. Half of it is random, lest all dial at once after a power cut.
	redialMin = 100 * time.Millisecond
	redialMax = 5 * time.Second

	// yieldTime is how long the gateway with the greater key waits for the other
	// to dial first, so that usually one connection comes about and not two.
	yieldTime = 300 * time.Millisecond
)

// Blame.
const (
	// blamesToBan is how many offences shut a peer out. One could be a bit that
	// flipped in somebody's memory.
	blamesToBan = 5
	// blameFades is the time in which one offence is forgotten.
	blameFades = time.Minute
	// banMin and banMax bound the time a peer is shut out, which doubles.
	banMin = 30 * time.Second
	banMax = 10 * time.Minute
)
