package gossip

const (
	// frameBytes is what surrounds a payload on the wire: pubsub's RPC with the topic
	// (some 70 bytes here), Noise's tag, yamux's and TCP/IP's headers.
	frameBytes = 160

	// graceHeartbeats is how long a message outlives what may refer to it.
	graceHeartbeats = 2

	// HopsUnknown is how far a message has come that was asked for, and all that
	// follows from it.
	HopsUnknown = 255
)
