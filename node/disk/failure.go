package disk

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2"

	"github.com/floormesh/floormesh/dag/store"
)

// ErrFull says that the disk has no space left. Everything that was synced is
// on it; free some space and start again.
var ErrFull = errors.New("disk is full")

// failure is the first thing that went wrong, for good.
type failure struct {
	dir  string
	log  *slog.Logger
	once sync.Once
	down chan struct{} // closed once err is set
	err  error
}

func newFailure(dir string, log *slog.Logger) *failure {
	return &failure{dir: dir, log: log, down: make(chan struct{})}
}

// fail makes err what every later write returns, unless there is one already.
func (f *failure) fail(err error) {
	f.once.Do(func() {
		f.err = fmt.Errorf("store in %s stopped: %w", f.dir, classify(err))
		f.log.Error("store stopped", slog.Any("error", f.err))
		close(f.down)
	})
}

// get returns the failure, nil if there is none.
func (f *failure) get() error {
	select {
	case <-f.down:
		return f.err
	default:
		return nil
	}
}

// windowsDiskFull is ERROR_DISK_FULL, which is no error of a disk elsewhere.
const windowsDiskFull = syscall.Errno(112)

// classify adds the sentinel that callers branch on.
func classify(err error) error {
	switch {
	case errors.Is(err, ErrFull):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, windowsDiskFull):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case pebble.IsCorruptionError(err) && !errors.Is(err, store.ErrCorrupt):
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	default:
		return err
	}
}

// guarded runs f, which writes, and gives up waiting for it when a failure
// happens meanwhile: f may then stand at the fence for ever. A panic of Pebble
// is a failure too; nothing can be said any more of what it left in memory.
func (f *failure) guarded(write func() error) error {
	if err := f.get(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil {
				f.fail(fmt.Errorf("pebble: %v", cause))
			}
		}()
		done <- write()
	}()
	select {
	case err := <-done:
		if err != nil {
			f.fail(err)
		}
		return f.get()
	case <-f.down:
		return f.err
	}
}

// pebbleLogger is what Pebble says, at debug level but for errors.
type pebbleLogger struct{ failure *failure }

// Infof implements pebble.Logger.
func (l pebbleLogger) Infof(format string, args ...any) {
	l.failure.log.Debug("pebble", slog.String("message", fmt.Sprintf(format, args...)))
}

// Errorf implements pebble.Logger.
func (l pebbleLogger) Errorf(format string, args ...any) {
	l.failure.log.Warn("pebble", slog.String("message", fmt.Sprintf(format, args...)))
}

// Fatalf implements pebble.Logger. Failed writes end at the fence, so what
// comes here is a broken invariant of Pebble's or a file that is not what it
// was. Its caller must not go on.
func (l pebbleLogger) Fatalf(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	l.failure.fail(errors.New(message))
	panic("disk: " + message)
}

// events turns what Pebble finds out by itself into failures.
func (f *failure) events() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: f.fail,
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			f.fail(fmt.Errorf("%w: %s: %w", store.ErrCorrupt, info.Path, info.Details))
		},
		LowDiskSpace: func(info pebble.LowDiskSpaceInfo) {
			f.log.Warn("disk is filling up",
				slog.Uint64("free_bytes", info.AvailBytes), slog.Int("below_percent", info.PercentThreshold))
		},
	}
}
