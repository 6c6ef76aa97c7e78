package sweep

import "time"

const (
	// maxPoints is the most points of a sweep. The list is held in memory and
	// every message about a job names it by number; more than this is several sweeps.
	maxPoints = 100_000
	// maxScenarioBytes is the longest resolved scenario: with its escapes it
	// must fit a message of a NATS server as it comes (1 MiB).
	maxScenarioBytes = 256 << 10
	// maxNameBytes is the longest name of a sweep or id of a point.
	maxNameBytes = 200
	// maxAxes is the most axes a point may name; each is a column of the table.
	maxAxes = 64
	// maxLineBytes is the longest line of a file of points: a scenario whose
	// every byte is escaped, and the rest.
	maxLineBytes = 6*maxScenarioBytes + 64<<10
	// maxSummaryBytes is the largest summary of a run; what is larger belongs
	// into its folder.
	maxSummaryBytes = 256 << 10
	// maxErrorBytes is how much of an error travels.
	maxErrorBytes = 8 << 10
	// maxColumns is the most columns of the table: a summary that has its own
	// keys in every run would otherwise grow it without end.
	maxColumns = 2_000
	// maxOutcomeBytes is the largest result.json: a summary that was indented, and the rest.
	maxOutcomeBytes = 8 * (maxSummaryBytes + maxErrorBytes + maxAxes*2*maxNameBytes)
	// maxAboutBytes is the largest sweep.json: a few names.
	maxAboutBytes = 64 << 10
	// maxArchiveFiles and maxArchiveBytes bound what a run may leave in its
	// folder, so that one cannot fill the collector's disk.
	maxArchiveFiles = 10_000
	maxArchiveBytes = 4 << 30
	// maxWorkers is the most leases at a time.
	maxWorkers = 10_000
	// maxPublishing is how many jobs are on their way into the queue at a time.
	maxPublishing = 256
	// maxNotices is how many live messages wait for the collector; more are
	// dropped, they only feed the progress line.
	maxNotices = 4_096

	// defaultLease is how long a silent worker keeps a job. It is renewed
	// three times in this time, and a machine that swaps may be slow.
	defaultLease = time.Minute
	// minLease is the shortest: below, renewals crowd out the work.
	minLease = 500 * time.Millisecond
	// defaultAttempts is how often a job is begun before it counts as failed.
	// Runs are deterministic; the second and third try are for full disks and
	// machines short of memory.
	defaultAttempts = 3
	maxAttempts     = 100
	// defaultTimeout ends a run that does not end by itself.
	defaultTimeout = 24 * time.Hour
	// defaultRetry is the pause before a failed job is tried again.
	defaultRetry = time.Second
	// defaultPresence is how long a worker waits for another to say it is there.
	defaultPresence = 500 * time.Millisecond
	// defaultPatience is how long a worker tries to reach a server that went away.
	// Restarting a server by hand takes minutes.
	defaultPatience = 15 * time.Minute
	// defaultReconnect is the pause between two attempts to reach it.
	defaultReconnect = 2 * time.Second
	// defaultPoll is how long one request for a job stays open. A worker that has
	// nothing to do asks after each whether the sweep is finished.
	defaultPoll = 5 * time.Second
	// defaultCall bounds one exchange with the server.
	defaultCall = 30 * time.Second
	// defaultTry bounds one that is tried again: a message to a server that has
	// just died gets no answer at all.
	defaultTry = 3 * time.Second
	// fetchWait bounds the way of one archive to the collector: the largest, over
	// a slow line.
	fetchWait = time.Hour
	// readyWait is how long an embedded server may take to start: it reads its
	// streams first.
	readyWait = time.Minute
	// closedFor is how long the note that a sweep is finished stays for workers
	// that come late.
	closedFor = 30 * 24 * time.Hour

	// maxArrayJobs is Slurm's MaxArraySize-1 as it comes.
	maxArrayJobs = 1_000
	// maxCompletions is the most a Kubernetes Indexed Job with a back-off limit
	// per index may have.
	maxCompletions = 100_000
)
