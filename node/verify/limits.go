package verify

const (
	// MaxQueued bounds the signatures that wait or are being checked: at 13 µs
	// each some 100 ms of one core. It is twice what the largest message carries
	// (a batch of 4,096 records), so that two of those can follow each other.
	MaxQueued = 8_192

	// jointSignatures is how many signatures a worker takes at once. The gain
	// flattens out there (12 µs each at 256, 13 at 128, 24 alone), and one
	// bad signature makes a worker look at all it took with it one by one.
	jointSignatures = 256
)
