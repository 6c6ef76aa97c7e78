package result

// Bounds of what a run may keep and of what a folder may hold. Each is far above what a
// picture can show or a person can read, and low enough for a laptop.
const (
	// maxIntervals bounds a series: from there on its intervals are merged in pairs.
	maxIntervals = 2048
	// maxExact is how many latencies of a stage are kept as they are; beyond it
	// there are buckets.
	maxExact = 1 << 14
	// maxDeliveries bounds the deliveries of a run, and those of a partition while it runs.
	maxDeliveries = 1 << 20
	// maxLinks bounds the chain of a partition.
	maxLinks = 1024
	// firstWindow is the number of events between two links at first.
	firstWindow = 1024
	// maxEvents bounds the event log of a partition; what comes later is only counted.
	maxEvents = 1 << 20
	// maxBlocks and maxDecisions bound the window of the DAG: a committee of
	// hundreds for a few hundred rounds.
	maxBlocks    = 1 << 16
	maxDecisions = 1 << 12
	// maxWindows bounds the windows of the DAG: more than anybody looks at.
	maxWindows = 1024
	// maxParents bounds the parents of one block: those of the largest committee.
	maxParents = 1024
	// maxFaults bounds the faults that run.json names; the rest is counted.
	maxFaults = 1024
	// maxVerdicts bounds the verdicts: a run that violates more says nothing new.
	maxVerdicts = 1024
	// maxKinds and maxRoles: both are one byte.
	maxKinds = 256
	maxRoles = 256
	// maxNodes and maxPartitions are ten times the largest scenario that is meant to run.
	maxNodes      = 1 << 20
	maxPartitions = 1 << 14
	// maxLabelBytes bounds a label in the event log.
	maxLabelBytes = 256
	// maxSummaryBytes and maxScenarioBytes are looked at before a file is read into memory.
	maxSummaryBytes  = 64 << 20
	maxScenarioBytes = 16 << 20
	// probeBytes is what is written and taken away again to see whether a disk has room: what
	// a short run leaves. How much a run will leave is not known before it.
	probeBytes = 1 << 20
	// maxRows bounds the rows of one table when it is read.
	maxRows = 1 << 26
	// rowsAtATime is how many rows are read between two looks at whether there are more.
	rowsAtATime = 1 << 16
	// maxDiffRows bounds what a comparison looks at around the first difference.
	maxDiffRows = 8
)
