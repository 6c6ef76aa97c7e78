package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// send puts what a run left into the object store. Its name is this attempt's
// own: two workers that run one job must not write over each other.
func (w *Worker) send(ctx context.Context, t task, dir string) (object string, err error) {
	if none, err := empty(dir); none || err != nil {
		return "", err
	}
	object = fmt.Sprintf("%d-%s-%d", t.Job, w.Name, time.Now().UnixNano())
	var packed error
	err = w.insist(ctx, "send what point "+t.Point.ID+" left", func() error {
		ctx, moved, cancel := w.unlessStuck(ctx)
		defer cancel()
		from, to := io.Pipe()
		var packer sync.WaitGroup
		packer.Go(func() {
			packed = pack(to, dir)
			to.CloseWithError(packed)
		})
		_, err := w.q.objects.Put(ctx, jetstream.ObjectMeta{Name: object}, io.TeeReader(from, moved))
		err = errors.Join(err, from.Close())
		packer.Wait()
		if packed != nil && err != nil && !errors.Is(packed, io.ErrClosedPipe) {
			return nil // the server is not to blame: see below
		}
		return err
	})
	if packed != nil && !errors.Is(packed, io.ErrClosedPipe) {
		err = packed
	}
	return object, err
}

// unlessStuck returns a context that ends when nothing has moved for the time of
// one exchange: a server that died does not answer, and no deadline fits both a
// small archive and a large one.
func (w *Worker) unlessStuck(ctx context.Context) (limited context.Context, moved watch, cancel func()) {
	limited, cancel = context.WithCancel(ctx)
	return limited, watch{time.AfterFunc(w.Conn.waits.Call, cancel), w.Conn.waits.Call}, cancel
}

// A watch counts from the last write to it.
type watch struct {
	timer *time.Timer
	wait  time.Duration
}

func (w watch) Write(moved []byte) (int, error) {
	w.timer.Reset(w.wait)
	return len(moved), nil
}

// insist does something with the server until it works, waiting for a server
// that is away: what a long run found must not be lost to a restart.
func (w *Worker) insist(ctx context.Context, what string, do func() error) error {
	for {
		err := do()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || w.Conn.nats.IsClosed() {
			return fmt.Errorf("%s: %w", what, err)
		}
		w.say("%s: %v; trying again", what, err)
		pause(ctx, w.q.about.Options.Retry)
	}
}

// deliver publishes a result, waiting for a server that is away, and then
// acknowledges the job. If another worker was first, its result stands.
func (w *Worker) deliver(ctx context.Context, m jetstream.Msg, d delivery) error {
	late := false
	err := w.insist(ctx, "publish the result of point "+d.Outcome.ID, func() error {
		limited, cancel := context.WithTimeout(ctx, w.Conn.waits.Try)
		defer cancel()
		_, err := w.q.js.Publish(limited, resultSubject(w.q.about.ID, d.Outcome.Job), encode(d))
		if late = taken(err); late {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case late && !w.stands(ctx, d):
		w.settled(w.drop(ctx, d.Archive))
	default:
		w.say("point %q: %s after %.1f s", d.Outcome.ID, d.Outcome.State, d.Outcome.WallSeconds)
	}
	return w.acknowledge(ctx, m)
}

// stands reports whether the result in the stream is this one: the answer to a
// first attempt to publish it may have been lost. If that cannot be told it is
// taken for this one, since what it left is removed with the sweep anyhow.
func (w *Worker) stands(ctx context.Context, d delivery) bool {
	m, err := w.result(ctx, d.Outcome.Job)
	if err != nil {
		return true
	}
	return bytes.Equal(m.Data, encode(d))
}

// drop removes what another's run of the same job makes superfluous.
func (w *Worker) drop(ctx context.Context, archive string) error {
	if archive == "" {
		return nil
	}
	return w.q.objects.Delete(ctx, archive)
}

func (w *Worker) acknowledge(ctx context.Context, m jetstream.Msg) error {
	limited, cancel := context.WithTimeout(ctx, w.Conn.waits.Try)
	defer cancel()
	if err := m.DoubleAck(limited); err != nil && ctx.Err() == nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	return nil
}
