package disk

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// fence stands between Pebble and the disk. The first write that fails closes
// it: the store is told, and that call and every later one that writes never
// returns. To Pebble the disk hangs; what is on it stays as a crash at that moment would
// leave it, which is the case that Pebble is made and tested for. Reads go on.
//
// Pebble's own answers to a failed write differ by place: a log that the caller is
// trusted to end the process in, panics, one of them with a mutex in a state that
// kills the process without a word, and retries in a busy loop.
type fence struct {
	vfs.FS

	armed atomic.Bool // not while opening: there errors are for the caller of Open
	fail  func(error)
	down  chan struct{} // closed with the first error

	usualSync atomic.Int64 // nanoseconds that a sync of the log takes
	pace      pace
}

// check passes err on, or never returns.
func (f *fence) check(err error) error {
	if !f.armed.Load() {
		return err
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.fail(err)
	}
	select {
	case <-f.down:
		select {}
	default:
		return err
	}
}

func (f *fence) file(name string, file vfs.File, err error) (vfs.File, error) {
	if err := f.check(err); err != nil {
		return nil, err
	}
	if strings.HasSuffix(name, ".sst") {
		file = &pacedFile{File: file, pace: &f.pace}
	}
	return &fencedFile{File: file, fence: f, log: strings.HasSuffix(name, ".log")}, nil
}

// Create implements vfs.FS.
func (f *fence) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, category)
	return f.file(name, file, err)
}

// OpenReadWrite implements vfs.FS.
func (f *fence) OpenReadWrite(
	name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption,
) (vfs.File, error) {
	file, err := f.FS.OpenReadWrite(name, category, opts...)
	return f.file(name, file, err)
}

// OpenDir implements vfs.FS.
func (f *fence) OpenDir(name string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(name)
	return f.file(name, dir, err)
}

// ReuseForWrite implements vfs.FS.
func (f *fence) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(from, to, category)
	return f.file(to, file, err)
}

// Link implements vfs.FS.
func (f *fence) Link(from, to string) error { return f.check(f.FS.Link(from, to)) }

// Remove implements vfs.FS.
func (f *fence) Remove(name string) error { return f.check(f.FS.Remove(name)) }

// RemoveAll implements vfs.FS.
func (f *fence) RemoveAll(name string) error { return f.check(f.FS.RemoveAll(name)) }

// Rename implements vfs.FS.
func (f *fence) Rename(from, to string) error { return f.check(f.FS.Rename(from, to)) }

// MkdirAll implements vfs.FS.
func (f *fence) MkdirAll(dir string, perm os.FileMode) error {
	return f.check(f.FS.MkdirAll(dir, perm))
}

// Unwrap implements vfs.FS.
func (f *fence) Unwrap() vfs.FS { return f.FS }

// fencedFile is a file open for writing, or a directory open for syncing.
type fencedFile struct {
	vfs.File

	fence *fence
	log   bool // a write-ahead log
}

// Write implements vfs.File.
func (f *fencedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.fence.check(err)
}

// WriteAt implements vfs.File.
func (f *fencedFile) WriteAt(p []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(p, at)
	return n, f.fence.check(err)
}

// Sync implements vfs.File.
func (f *fencedFile) Sync() error { return f.fence.check(f.File.Sync()) }

// SyncData implements vfs.File.
func (f *fencedFile) SyncData() error {
	if f.log {
		return f.fence.check(f.syncLog())
	}
	return f.fence.check(f.File.SyncData())
}

// SyncTo implements vfs.File.
func (f *fencedFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.fence.check(err)
}

// Close implements vfs.File.
func (f *fencedFile) Close() error { return f.fence.check(f.File.Close()) }

// Preallocate implements vfs.File. Pebble reserves more than a memtable for
// each log at once. On a gateway's small disk, space held for nothing is worse
// than the few µs that it saves, and a full disk comes sooner.
func (f *fencedFile) Preallocate(int64, int64) error { return nil }
