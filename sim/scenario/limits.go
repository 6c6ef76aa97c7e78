package scenario

import "time"

// Bounds of what is read. A scenario is written by a person; these keep a
// damaged or hostile file from costing more than an error.
const (
	// MaxSourceBytes bounds one file: the largest library scenario, fully
	// explained with comments, has some 40 KiB.
	MaxSourceBytes = 256 << 10
	// maxSources and maxSettings bound the overlays and --set of one run; chosen arbitrarily.
	maxSources  = 64
	maxSettings = 256
	// maxLineBytes bounds a line, and with it how deep blocks can nest in one.
	maxLineBytes = 4 << 10
	// maxDepth bounds nesting. The deepest key there is lies six levels down.
	maxDepth = 32
	// maxTreeNodes bounds keys and values of all overlays together.
	maxTreeNodes = 200_000
	// maxItems bounds every list.
	maxItems = 10_000
	// maxTextBytes bounds a text value, of which descriptions are the longest.
	maxTextBytes = 16 << 10
	// maxProblems is how many problems are told: more do not help anybody.
	maxProblems = 25
	// maxShownRunes is how much of a source line an error shows.
	maxShownRunes = 120
	// maxPathSteps bounds a key path in --set and in sweeps; see maxDepth.
	maxPathSteps = 2 * maxDepth
)

// Bounds of what a scenario may ask for, beside the ranges in the types' tags. Those that
// the protocol knows are repeated here, since scenarios know nothing of it; a test compares.
const (
	// maxNodes is ten times what the simulator has been built for.
	maxNodes = 1_000_000
	// maxConnections bounds those of a site in which all are connected with each other: each
	// takes some 200 bytes, and real nodes do not keep thousands.
	maxConnections = 10_000_000
	// maxSites is how many a results folder can hold.
	maxSites = 16_384
	// maxAsksPerSecond is how often a liar may ask: beyond it a run holds hardly anything else.
	maxAsksPerSecond = 10_000
	// maxSubmitsPerSecond is how often anybody may submit: a period is whole nanoseconds, so that
	// beyond it a rate would be off by more than a thousandth, and from 1,000/us on be no rate at all.
	maxSubmitsPerSecond = 1_000_000
	// leastLoss is how long a node is away that loses its disk: the protocol numbers new lanes by
	// the minute, and one that was used before would be used twice.
	leastLoss = time.Minute
	// maxNameBytes is a DNS label's, as for every name in a genesis document.
	maxNameBytes = 63
	// maxRecordBytes is the protocol's bound on a record's payload.
	maxRecordBytes = 64<<10 - 128
	// maxBatchBytes is the protocol's, less what stands around the records.
	maxBatchBytes = 512<<10 - 1<<10
	// recordOverheadBytes is about what an envelope adds to a record's payload.
	recordOverheadBytes = 120
	// maxPoints bounds a sweep: at a minute each, two months on one core.
	maxPoints = 100_000
	// maxOccurrences bounds how often one fault repeats.
	maxOccurrences = 1_000_000
	// maxSelections bounds selectors times nodes, which is what checking them
	// costs: some seconds.
	maxSelections = 200_000_000
	// defaultCommittee is how many gateways get a seat unless a site says otherwise.
	defaultCommittee = 31
)
