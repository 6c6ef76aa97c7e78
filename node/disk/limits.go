package disk

import "time"

const (
	// MaxPageRecords bounds the records of one page.
	MaxPageRecords = 1000

	// maxScanBytes bounds the batches one page reads, so that a filter that
	// matches little costs 0.2 s and not the whole history. The page is then
	// short and its cursor leads on.
	maxScanBytes = 32 << 20

	// MaxLeaves bounds the leaves one call of Leaves gives; chosen arbitrarily.
	MaxLeaves = 4096

	// maxPositions bounds the places at which one record id is looked up. A
	// record stands in more than one batch only if it was submitted at
	// several gateways or long after it became final, or if somebody worked for
	// 2³² hashes to make two ids begin alike.
	maxPositions = 64

	// deviceGroup is how many batches share one entry per device in the index
	// of devices. More make the index smaller and a listing read more that it does not want.
	deviceGroup = 16

	// fateGroup is how many batches share one value that says what execution made of
	// them, at most 128. Each key costs some ten bytes and a place in the memtable.
	fateGroup = 16

	// floorStride is how many rounds the floor rises before blocks are deleted.
	// Each deletion costs every later iterator a tombstone until it is compacted away.
	floorStride = 256

	// maxRecentBatches bounds the batches whose arrival number is remembered, some
	// 150 bytes each. At 20,000 records a second they are executed within this many.
	maxRecentBatches = 8192

	// maxLanes bounds the lanes whose tip and cut are remembered between two
	// Writes. Beyond it all are forgotten and looked up again.
	maxLanes = 4096

	// maxSeenDevices bounds the devices remembered as being indexed in the current
	// group (8 bytes each). Beyond it entries are written again, which changes nothing.
	maxSeenDevices = 1 << 16
)

// Pebble's memory. A process at rest must stay below 64 MiB. A memtable grows from
// 256 KiB to its size, and Pebble keeps a second one for reuse. Twice the size costs
// 15 MiB more at rest and saves half a microsecond per record.
const (
	memTableBytes = 8 << 20
	cacheBytes    = 8 << 20
	maxOpenFiles  = 256
	// maxManifestBytes keeps the list of files, rewritten when it is exceeded,
	// small beside the data of a young ledger.
	maxManifestBytes = 1 << 20
)

// A table being written pauses for pacePause after every paceBytes: at most
// 32 MB/s, three times what the highest load writes, merging included.
const (
	paceBytes = 64 << 10
	pacePause = 2 * time.Millisecond
)
