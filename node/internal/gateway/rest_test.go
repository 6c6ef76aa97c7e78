package gateway

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestReleaseAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var activity, adjustments, releases atomic.Uint64
		ctx, cancel := context.WithCancel(t.Context())
		go releaseAtRest(ctx, activity.Load, func() { adjustments.Add(1) }, func() { releases.Add(1) })
		step := func(work, want uint64) {
			t.Helper()
			activity.Add(work)
			time.Sleep(restCheck) // of the bubble's clock
			synctest.Wait()
			if got := releases.Load(); got != want {
				t.Errorf("released %d times, want %d", got, want)
			}
		}
		step(0, 0) // nothing was ever done
		step(7, 0) // at work
		step(1, 0)
		step(0, 1) // at rest
		step(0, 1) // and still
		step(1, 1)
		step(0, 2)
		if got := adjustments.Load(); got != 3 {
			t.Errorf("adjusted %d times, want once for each look at work", got)
		}
		cancel()
	})
}
