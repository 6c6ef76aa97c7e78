package serve

const (
	// MaxAnswerBytes bounds what one request is answered with. A request costs
	// its sender a few bytes; this is how much it can multiply them. Who wants
	// more asks again, and thereby says that it keeps up.
	MaxAnswerBytes = 2 << 20
)
