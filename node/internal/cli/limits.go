package cli

import "time"

const (
	// helpColumns is the width of help texts.
	helpColumns = 100

	// maxInputBytes bounds a file that publish reads: a day of a plant's readings.
	maxInputBytes = 256 << 20

	// maxKeyFileBytes bounds a key file; ours have some 120 bytes.
	maxKeyFileBytes = 64 << 10

	// statusEvery is how often status --watch looks.
	statusEvery = time.Second

	// backoffFirst and backoffLast bound the pause before something is tried
	// again; it doubles in between.
	backoffFirst = 100 * time.Millisecond
	backoffLast  = 2 * time.Second

	// pollEvery is how often a record is looked at until it is final.
	pollEvery = 25 * time.Millisecond
)
