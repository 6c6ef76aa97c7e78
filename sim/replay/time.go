package replay

import (
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// instant writes an instant as the time since the gateway's start.
func instant(i replica.Instant) string {
	if i == replica.Never {
		return "never"
	}
	return time.Duration(i).String()
}

// wall writes what the gateway's clock read.
func wall(t dag.UnixMilli) string { return time.UnixMilli(int64(t)).UTC().Format(time.RFC3339Nano) }
