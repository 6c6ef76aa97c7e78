package sweep

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"
)

// Local keeps worker processes of this machine alive: a run that dies of its
// own takes one process with it and not the sweep.
type Local struct {
	Workers int
	// Command makes a worker that ends when its standard input does, so that
	// none outlives this process however that dies.
	Command  func(ctx context.Context, number int) *exec.Cmd
	Hopeless func(exitCode int) bool // a worker that ended like this would end like this again
	Deaths   int                     // how many may die before it is no use
	Retry    time.Duration           // pause before one is started again; 0 means the default
	Notice   func(say string)
}

// Run starts the workers and restarts those that die, until the context ends or
// all have finished.
func (l *Local) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		group  sync.WaitGroup
		deaths = make(chan struct{}, l.Deaths)
	)
	for number := range l.Workers {
		group.Go(func() {
			if err := l.keep(ctx, number, deaths); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

// keep runs one worker after another in one place.
func (l *Local) keep(ctx context.Context, number int, deaths chan<- struct{}) error {
	for ctx.Err() == nil {
		err := l.one(ctx, number)
		failed, exited := errors.AsType[*exec.ExitError](err)
		switch {
		case err == nil || ctx.Err() != nil:
			return nil //nolint:nilerr // a worker that was told to stop
		case !exited:
			return fmt.Errorf("start worker %d: %w", number, err)
		case failed.Exited() && l.Hopeless(failed.ExitCode()):
			return fmt.Errorf("worker %d cannot work: %w; what it said stands above", number, err)
		}
		l.Notice(fmt.Sprintf("worker %d died (%v) and is started again", number, err))
		select {
		case deaths <- struct{}{}:
		default:
			return fmt.Errorf("%d workers died, the last of %w: is there enough memory for %d at a time? Give --workers a smaller number", l.Deaths, err, l.Workers)
		}
		pause(ctx, orDefault(l.Retry, defaultRetry))
	}
	return nil
}

func (l *Local) one(ctx context.Context, number int) error {
	command := l.Command(ctx, number)
	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return errors.Join(err, stdin.Close())
	}
	stop := context.AfterFunc(ctx, func() { _ = stdin.Close() }) // it then gives its job back
	defer stop()
	return command.Wait()
}
