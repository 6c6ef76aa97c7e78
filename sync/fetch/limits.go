package fetch

import "time"

const (
	// MaxRumours bounds how many things are wanted on one holder's word: what
	// one block can refer to. What does not fit is refused and asked for again
	// when it is next referred to. Per holder, so that a liar's inventions crowd
	// out nobody else's word.
	MaxRumours = 1024

	// MaxPerRequest bounds how many things one request names: an answer's
	// worth, and small enough that a lost request costs little.
	MaxPerRequest = 256

	// maxHolders bounds who is remembered to have referred to one thing: enough
	// that one of them is honest in all but the largest committees, where there
	// is no lack of others to ask.
	maxHolders = 16

	// maxTries is how often a thing that only might exist is asked for. With
	// delays doubling from 250 ms that is some ten seconds; who refers to it
	// again starts it anew.
	maxTries = 6

	// maxBackoff caps the delay between two requests for one thing, and
	// maxCertainBackoff for one that others wait behind, since it must exist.
	maxBackoff        = 5 * time.Second
	maxCertainBackoff = time.Second
)
