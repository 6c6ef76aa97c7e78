package engine

const (
	eventBytes = 32

	// A byte at a time: eight levels span all of time, and the buckets' heads of
	// the two or three levels in use stay in the cache.
	radixBits   = 8
	radixWidth  = 1 << radixBits
	radixLevels = 64 / radixBits

	// A chunk is 1 KiB. Smaller ones chase more pointers, larger ones waste more
	// when many buckets hold little.
	chunkEvents = 31
	chunkBytes  = 16 + chunkEvents*eventBytes

	// A bucket of at most so many events is sorted rather than dealt out further.
	runEvents = 96

	// slotBits is how many slots few events are sorted by: four each, if there are slotEvents,
	// so many that a place among them fits into a byte.
	slotBits   = 6
	slotEvents = 255

	// dealtEvents is how many events a bucket holds about after dealing, to which more come until
	// its turn: one of few events costs more to begin than to sort.
	dealtEvents = 8

	// lateEvents is how many events may come late: 4 KiB of them stay in the cache, and
	// take seven steps to sort in.
	lateEvents = 128

	// maxPartitions keeps 16 bits of a shared handle for the place.
	maxPartitions = 1 << 16

	// shareChunk is how many values of a [Shared] lie together; maxShareChunks
	// how many such pieces a partition may have.
	shareChunk     = 1024
	maxShareChunks = 1 << 14

	// beat is how many events a partition that runs without windows handles
	// before it tells others how far it is.
	beat = 1 << 13

	// spins is how often a worker looks for the others before it lets other
	// goroutines have its core.
	spins = 4096

	// mostHands is how many a crew has at most: one goroutine cannot hand out more than they do,
	// and each that finds nothing to do must be woken again.
	mostHands = 4

	// offers is how many jobs may wait for one of a crew; patience how often it looks for
	// one before it sleeps: some hundred microseconds, in which a world that has any has some.
	offers   = 1 << 10
	patience = 1 << 10

	// defaultMaxPending is 3.2 GB of events.
	defaultMaxPending = 100_000_000
)
