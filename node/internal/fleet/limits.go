package fleet

import "time"

const (
	// startTimeout is how long a gateway may take to say that it is ready: its
	// store is opened and replayed by then.
	startTimeout = 60 * time.Second

	// lookEvery is how often gateways are asked whether they are connected.
	lookEvery = 20 * time.Millisecond

	// stopTimeout is how long a gateway may take to end by itself.
	stopTimeout = 15 * time.Second

	// logTailBytes is how much of a gateway's log an error repeats.
	logTailBytes = 2 << 10
)
