package sweep

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// errNoSweep says that there is nothing to work on.
var errNoSweep = errors.New("the server has no such sweep that is open: start one with floorsim sweep serve, then the workers")

// find returns the open sweep whose id begins with a prefix, or the finished one
// that was asked for by name: a worker that comes late has nothing to complain of.
func find(ctx context.Context, notices jetstream.KeyValue, prefix string) (about notice, err error) {
	keys, err := notices.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return about, fmt.Errorf("list the sweeps: %w", err)
	}
	var open, closed []notice
	for _, key := range keys {
		entry, err := notices.Get(ctx, key)
		if err != nil {
			return about, fmt.Errorf("list the sweeps: %w", err)
		}
		var n notice
		if err := strictJSON(entry.Value(), &n); err != nil {
			return about, fmt.Errorf("sweep %s was announced by another version of floorsim (%w): use the same build on both sides", key, err)
		}
		switch {
		case !strings.HasPrefix(n.ID, prefix):
		case n.Open:
			open = append(open, n)
		case prefix != "":
			closed = append(closed, n)
		}
	}
	switch len(open) {
	case 1:
		return open[0], nil
	case 0:
		if len(closed) == 1 {
			return closed[0], nil
		}
		return about, errNoSweep
	}
	names := make([]string, len(open))
	for i, n := range open {
		names[i] = fmt.Sprintf("%s (%s)", n.ID, n.Name)
	}
	return about, fmt.Errorf("several sweeps are open: say which with --sweep, one of %s", strings.Join(names, ", "))
}
