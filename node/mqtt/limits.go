package mqtt

import (
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
)

const (
	// maxPayloadBytes bounds a publish's payload: the largest record or pack.
	maxPayloadBytes = max(dag.MaxRecordBytes, senml.MaxPackBytes)

	// maxPacketBytes bounds a packet; the library allocates what a packet's
	// header claims, twice. It leaves room for topic and properties.
	maxPacketBytes = maxPayloadBytes + 4<<10

	// maxConnections bounds open connections, each with up to three goroutines and some
	// 20 KiB. Further ones are closed at once.
	maxConnections = 2048

	// maxSessions bounds sessions that are kept for clients gone or connected,
	// some 10 KiB each.
	maxSessions = 4096

	// maxClientIDBytes bounds a client's name, which is kept with its session; a
	// UUID has 36.
	maxClientIDBytes = 128

	// maxInFlight bounds a client's publishes that are not stored yet, or QoS 2 and not
	// released yet. MQTT 5 clients are told so; from others no more is read for now. Two batches of readings
	// of one client a storing is as far as throughput grows.
	maxInFlight = 256

	// maxTopicAliases bounds the topics that an MQTT 5 client may abbreviate.
	maxTopicAliases = 64

	// maxWritesPending bounds the library's queue of messages to a client, of
	// which there are none.
	maxWritesPending = 1

	// maxWaitingBytes bounds the payloads not stored yet over all clients: as
	// many as the API's. Then connections are read no further.
	maxWaitingBytes = 64 << 20

	// maxReasonBytes bounds a reason string, and what a log line repeats of a client's text.
	maxReasonBytes = 256

	// readBufferBytes is each connection's: some 16 readings a system call.
	readBufferBytes = 4 << 10
)

const (
	// connectTimeout is how long a connection may take to say CONNECT.
	connectTimeout = 10 * time.Second

	// maxKeepAlive is the longest keep-alive, also of clients that want none: their
	// connections are closed after one and a half times of it without a packet.
	maxKeepAlive = time.Hour

	// sessionExpiry is how long a session outlives its connection: long enough for a
	// device's reboot.
	sessionExpiry = time.Hour

	// submitTimeout is how long a publish may wait to become durable. Most
	// clients give up, and reconnect, after 20 to 60 s.
	submitTimeout = 15 * time.Second

	// acceptPause is how long to wait after accepting failed.
	acceptPause = 100 * time.Millisecond

	// farewellTimeout is how long a client's connection may hang when the broker closes.
	farewellTimeout = time.Second

	// housekeeping is how often the library publishes its $SYS topics, which
	// nobody can read: next to never.
	housekeeping = 24 * time.Hour
)
