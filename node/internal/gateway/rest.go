package gateway

import (
	"context"
	"time"
)

// restCheck is how often it is looked whether the gateway has come to rest.
const restCheck = 2 * time.Second

// releaseAtRest calls adjust now and then while the gateway works, and release each
// time it has come to rest, until ctx is done. activity grows while there is
// anything to do.
func releaseAtRest(ctx context.Context, activity func() uint64, adjust, release func()) {
	look := time.NewTicker(restCheck)
	defer look.Stop()
	var seen, released uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		now := activity()
		if now != seen {
			adjust()
		}
		if now == seen && now != released {
			release()
			released = now
		}
		seen = now
	}
}
