package senml

const (
	// MaxPackBytes bounds a pack's encoded size. A reading takes about 60 bytes;
	// 64 KiB is MaxRecords of them, and small enough to copy without a thought.
	MaxPackBytes = 64 << 10

	// MaxRecords bounds a pack's length: half an hour of a sensor read every two
	// seconds, in one delivery. It also bounds how much Resolve may multiply names.
	MaxRecords = 1024

	// MaxNameBytes bounds a name with its base name. Without it one long base name
	// would be copied into every resolved record: 64 KiB in, 64 MiB out. A URN of
	// a device with a resource path stays below 100 bytes.
	MaxNameBytes = 255

	// MaxUnitBytes bounds a unit. Registered ones take a few bytes; chosen to be out
	// of the way of private ones.
	MaxUnitBytes = 64

	// MaxTimeSeconds bounds the distance of any time from 1970 or from now: the
	// year 10000. Milliseconds of it fit an int64 with room for arithmetic.
	MaxTimeSeconds = 253_402_300_800

	// Version is the version that RFC 8428 defines, and the highest accepted.
	Version = 10

	// relativeBelowSeconds divides relative from absolute times (section 4.5.3).
	relativeBelowSeconds = 1 << 28
)
