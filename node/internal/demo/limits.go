package demo

import "time"

const (
	// DefaultStory is how long the story takes without a limit.
	DefaultStory = 40 * time.Second

	// MinStory is the least time in which all steps can be seen to happen.
	MinStory = 10 * time.Second

	// MaxGateways bounds the processes; each takes some 50 MiB.
	MaxGateways = 16

	// sensors per gateway, and how often each publishes. Few enough to be read along.
	sensorsPerGateway = 3
	publishEvery      = 200 * time.Millisecond

	// ackTimeout is after how long without PUBACK a sensor tries the next gateway.
	ackTimeout = 1500 * time.Millisecond

	// tryHomeEvery is after how many readings a sensor elsewhere tries its own gateway.
	tryHomeEvery = 25

	// redrawEvery is how often the table is drawn on a terminal, lineEvery elsewhere.
	redrawEvery = 250 * time.Millisecond
	lineEvery   = 2 * time.Second

	// settleTimeout bounds the wait for the last readings to become final.
	settleTimeout = 20 * time.Second

	// latencyWindow is how many readings the latency shown is the median of.
	latencyWindow = 101

	// askTimeout bounds one question to a gateway, which may be frozen.
	askTimeout = 500 * time.Millisecond
)
