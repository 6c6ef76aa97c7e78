package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// RunHere runs one job in this process and puts it into the folder: what a
// Slurm task, a Kubernetes pod or a line of a job list does. A job that is there
// already is not run again. A run that returns an error is tried again here, and
// after the last attempt leaves a failed outcome.
func (f *Folder) RunHere(ctx context.Context, job int, worker string, run Run, attempts int) (o Outcome, err error) {
	if job < 0 || job >= f.sweep.Jobs() {
		return o, fmt.Errorf("there is no job %d: this sweep has %d points and %d second runs, numbered from 0 to %d",
			job, len(f.sweep.Points), len(f.sweep.again), f.sweep.Jobs()-1)
	}
	o, there, err := f.Outcome(job)
	if there || err != nil {
		return o, err
	}
	if attempts < 1 || attempts > maxAttempts {
		return o, fmt.Errorf("%d attempts: 1 to %d are possible", attempts, maxAttempts)
	}
	o = f.sweep.outcome(job)
	o.Worker = worker
	for {
		o.Attempts++
		err = f.attemptHere(ctx, &o, run, o.Attempts == attempts)
		if err == nil || ctx.Err() != nil || o.Attempts == attempts {
			return o, err
		}
	}
}

// attemptHere runs a job once. The last attempt keeps an error of the run as the
// outcome; one before returns it.
func (f *Folder) attemptHere(ctx context.Context, o *Outcome, run Run, last bool) (err error) {
	partial, err := f.partial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(partial)) }()
	began := time.Now()
	r, err := try(ctx, run, f.sweep.Points[o.Index], filepath.Join(partial, "run"), defaultTimeout, func(float64) {})
	o.WallSeconds = time.Since(began).Seconds()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !last:
		return fmt.Errorf("point %q: %w", o.ID, err)
	case err != nil:
		o.fail(err)
	default:
		o.finish(r)
	}
	return f.settle(partial, *o)
}
