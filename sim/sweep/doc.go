// Package sweep does many runs of the simulator, spread over workers.
//
// A [Sweep] is an ordered list of [Point]s, each a resolved scenario and a
// seed, the text that they were made of, and the build that must run them. What a run is, the caller says: a
// [Run] function gets a point and an empty folder and returns a small summary,
// a fingerprint, and whatever it left in the folder.
//
//	list, err := sweep.New("loss", build, text, points)
//	folder, err := sweep.Open("out", list)             // results, here or on the way
//	server, err := sweep.Serve(sweep.ServerOptions{Dir: folder.QueueDir()})
//	conn, err := sweep.Connect(sweep.Target{URL: server.URL()})
//	collector := &sweep.Collector{Sweep: list, Folder: folder, Conn: conn}
//	report, err := collector.Collect(ctx)              // until every point is in
//
// and anywhere else, any number of times:
//
//	worker := &sweep.Worker{Build: build, Run: run, Conn: conn}
//	err := worker.Work(ctx, "")                        // until the sweep is finished
//
// # Jobs
//
// Every point is one job. One percent of the points, at least one, are run
// twice: which ones follows from the points alone. Jobs are numbered, points
// first, second runs after them, and the numbers mean the same in the queue, in
// a Slurm array, in a Kubernetes Job and in a list for GNU parallel, as a [Folder] emits them. Such jobs
// are given the text and not the points, so that what they carry stays small.
// Two runs of one point must have one fingerprint. If they differ, the runs are
// not reproducible, the sweep has failed, and the report says so first.
//
// # Queue
//
// The queue is a NATS server with JetStream: one in this process ([Serve]), or
// any server or cluster elsewhere. All names begin with the sweep's id, a hash
// of its build and points, so sweeps do not meet. For the sweep X there are
//
//	key-value bucket  floorsim-sweeps, key X    what the sweep is, whether it is open
//	stream            floorsim-X-jobs           floorsim.X.job.N: work queue, one message a job
//	stream            floorsim-X-results        floorsim.X.result.N: the first result of a job; a second is refused
//	stream            floorsim-X-events         floorsim.X.event.N.KIND: a run began, failed, was given back
//	object store      floorsim-X                the folders of runs, packed, until they are collected
//	plain subjects    floorsim.X.progress.N, floorsim.X.refused, floorsim.X.here, floorsim.X.over
//
// A worker takes a job under a lease (the ack wait), renews it while it runs,
// publishes the result, and only then acknowledges the job. So a job is in the
// queue or its result is in the stream, whatever dies when: a worker killed in
// the middle loses its lease and another begins again. Should two workers run
// one job, because one was cut off for longer than its lease, the stream takes
// the first result and refuses the second. Results are exactly once; runs are
// at least once.
//
// Beginning a run is an event before it begins, so that a point that kills its
// worker is counted like one that returns an error. After the last permitted
// attempt the point is recorded as failed, with its error, and the rest goes on.
//
// The [Collector] writes results into folders and never believes the queue
// alone: on a restart it asks the queue only for what has no folder yet. It is
// one per sweep; when all is in, it removes the streams.
//
// # What it does not do
//
// It does not know what a scenario is, draws no plots, and starts no machine.
package sweep
