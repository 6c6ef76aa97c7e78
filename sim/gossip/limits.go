package gossip

import (
	"time"

	"github.com/floormesh/floormesh/sim/engine"
)

const (
	// FrameBytes is what surrounds a payload on the wire unless [Config] says otherwise:
	// pubsub's RPC with the topic (some 70 bytes here), Noise's tag, yamux's and TCP/IP's headers.
	FrameBytes = 160

	// idBytes is a message's id, a SHA-256, with what stands around it in an RPC.
	idBytes = 36

	// stampBits make a unit of instants that are kept in 32 bits: they last for 73 minutes,
	// and delays are many times as long as it.
	stampBits = 10

	// freshHeartbeats is for how long it is known which copies come first, at least: nearly
	// all come within one heartbeat.
	freshHeartbeats = 2

	// meshPeers is how many peers' room a mesh has from the start: two lines of the cache. More
	// than that find it elsewhere.
	meshPeers = 16

	// graceHeartbeats is how long a message outlives what may refer to it.
	graceHeartbeats = 2

	// HopsUnknown is how far a message has come that was asked for, and all that
	// follows from it.
	HopsUnknown = 255
)

// What broken promises come to, as in node/p2p: the square of what is above 6 is the
// peer's score, negative; it falls by a tenth every ten seconds. Below 0 a peer gets into
// no mesh, below -50 (seven above 6) it is told nothing and not listened to.
const (
	brokenUnit   = 64 // one promise
	shunFrom     = 6 * brokenUnit
	ignoreFrom   = 13 * brokenUnit
	brokenMost   = 64 * brokenUnit // far above all thresholds, so that a peer is forgiven some time
	forgiveEvery = engine.Instant(10 * time.Second)
)
