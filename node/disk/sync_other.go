//go:build !linux

package disk

// syncLog makes what was written to a log durable.
func (f *fencedFile) syncLog() error { return f.File.SyncData() }
