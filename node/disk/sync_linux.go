package disk

import (
	"runtime"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// quickSync is how long a sync may usually take to be made without the Go
// scheduler's help.
const quickSync = 3 * time.Millisecond

// syncLog makes what was written to a log durable.
//
// A blocking system call lets other goroutines have its processor, which the
// runtime's monitor has to notice: it wakes 50,000 times a second while calls
// block, and with several hundred syncs a second that was a seventh of all
// CPU. So while syncs are quick, the call is made as one that does not block,
// and one of the process's processors waits. On a slow disk, or with one
// processor only, the usual way is better and is taken. With four gateways on
// two cores, 283 rounds a second became 377.
func (f *fencedFile) syncLog() error {
	start := time.Now()
	err := f.syncLogQuickly()
	// Pebble syncs its log from one goroutine at a time; the mean over the last
	// eight or so says what to expect.
	usual := f.fence.usualSync.Load()
	f.fence.usualSync.Store(usual + (int64(time.Since(start))-usual)/8)
	return err
}

func (f *fencedFile) syncLogQuickly() error {
	quick := time.Duration(f.fence.usualSync.Load()) < quickSync && runtime.GOMAXPROCS(0) > 1
	if !quick || f.Fd() == vfs.InvalidFd {
		return f.File.SyncData()
	}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_FDATASYNC, f.Fd(), 0, 0); errno != 0 {
		return errno
	}
	return nil
}
