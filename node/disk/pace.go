package disk

import (
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// pace spreads out the writing of tables. A memtable that is written out all at
// once keeps a core busy for some 80 ms and queues megabytes before the log's
// syncs; on a gateway with two cores that is what the slowest records of a second
// wait for.
type pace struct{ off atomic.Bool }

// pacedFile is a table being written.
type pacedFile struct {
	vfs.File

	pace  *pace
	burst int // bytes since the last pause
}

// Write implements vfs.File.
func (f *pacedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if f.burst += n; f.burst >= paceBytes && !f.pace.off.Load() {
		f.burst = 0
		time.Sleep(pacePause)
	}
	return n, err
}
