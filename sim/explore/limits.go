package explore

import "time"

const (
	// groupSize is how many plans are run before any is learned from: enough for
	// the workers of a large machine, few enough that what was learned is used soon.
	groupSize = 16

	// maxCorpus is how many plans are kept to be changed. Chosen so that each is
	// changed every few seconds.
	maxCorpus = 256

	// maxMarks bounds what is remembered of what runs showed; a search of a night
	// leaves some thousands.
	maxMarks = 1 << 18

	// maxFaults is how many faults a changed plan has at most: what Draw draws, and a swizzle.
	maxFaults = 16

	// maxChanges is how many changes make a new plan of an old one.
	maxChanges = 4

	// leastTime and mostTime bound the durations of a changed plan, as Draw does.
	leastTime = time.Millisecond
	mostTime  = 20 * time.Second

	// maxTwinRounds is how many rounds a script may have: beyond, the number of
	// scripts does not fit in 63 bits. A run of Brief takes some 25.
	maxTwinRounds = 20

	// maxScripts is how many scripts are drawn at most: each is remembered.
	maxScripts = 1 << 20

	// maxExhaustive is how many scripts are listed one by one; beyond, they are drawn.
	maxExhaustive = 10_000

	// maxTrace is how many bytes of a run's trace are kept for its picture, the last ones.
	maxTrace = 1 << 20

	// maxMoments is how many events a picture has room for (see sim/result/picture).
	maxMoments = 240
)
