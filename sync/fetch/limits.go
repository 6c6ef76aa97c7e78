package fetch

import "time"

const (
	// MaxWanted bounds how many things one Tracker waits for. What does not
	// fit is refused and asked for again when it is next referred to. Chosen
	// so that a full tracker costs well under a megabyte.
	MaxWanted = 4096

	// MaxPerRequest bounds how many things one request names: an answer's
	// worth, and small enough that a lost request costs little.
	MaxPerRequest = 256

	// maxTries is how often a thing that only might exist is asked for. With
	// doubling delays that is about half a minute; who refers to it again
	// starts it anew.
	maxTries = 8

	// maxBackoff caps the delay between two requests for one thing.
	maxBackoff = 5 * time.Second
)
