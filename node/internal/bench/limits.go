package bench

import "time"

const (
	// maxStreamedRate is up to where every record is followed on the event streams.
	maxStreamedRate = 5000

	// maxPresigned bounds the records signed ahead for the rate "max", per second
	// of the run: more than two cores can finalise.
	maxPresigned = 30_000

	// maxMemoryRecords bounds the records of a run: 1 GB of them with their ids.
	maxMemoryRecords = 4_000_000

	// connections per gateway. With 16 requests under way a gateway that takes
	// 50 ms still takes 320 requests a second.
	connections = 16

	// maxRequestRecords bounds a request; see client.MaxSequence.
	maxRequestRecords = 1024

	// closedLoopRecords is the size of requests with the rate "max".
	closedLoopRecords = 256

	// closedLoopWindow is how many records may be under way with the rate "max":
	// about a second of what four gateways on two cores can do.
	closedLoopWindow = 16_384

	// streamBufferBytes is how much of an event stream is read at once, at most.
	streamBufferBytes = 256 << 10

	// sampleEvery is which share of the records is looked up afterwards where not
	// every one is followed.
	sampleEvery = 100

	// pollFast and pollSlow are the intervals at which logs are sized: where
	// latency depends on it, and where it does not.
	pollFast = 20 * time.Millisecond
	pollSlow = 100 * time.Millisecond

	// requestTimeout is after how long a request is sent again, elsewhere. A
	// gateway itself gives up after 15 s.
	requestTimeout = 20 * time.Second

	// settleTimeout bounds the wait until all is final after the load.
	settleTimeout = 60 * time.Second

	// stallTime is after how long without progress nothing more is expected: many
	// round timeouts.
	stallTime = 8 * time.Second

	// quietTime lies between the load and the measurement at rest.
	quietTime = 5 * time.Second
)
