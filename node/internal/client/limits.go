package client

import "time"

const (
	// maxAnswerBytes bounds an answer held in memory: the largest is a page of
	// 1,000 records with their content.
	maxAnswerBytes = 256 << 20

	// maxEventBytes bounds one line of an event stream; ours have some 200 bytes.
	maxEventBytes = 64 << 10

	// MaxSequence is the most records that one request may hold. A gateway takes
	// 4,096; a quarter of it keeps an answer lost to a broken connection cheap.
	MaxSequence = 1024

	// MaxSequenceBytes bounds the bytes of one request, for the same reason.
	MaxSequenceBytes = 1 << 20

	// dialTimeout is how long a gateway may take to accept a connection.
	dialTimeout = 3 * time.Second

	// requestTimeout bounds one request with its answer, event streams aside. The
	// gateway itself gives up on a submission after 15 s.
	requestTimeout = 30 * time.Second

	// quietTimeout is how long an event stream may say nothing: the gateway sends
	// a comment every 15 s.
	quietTimeout = 40 * time.Second
)
