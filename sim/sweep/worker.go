package sweep

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Worker runs the jobs of one sweep, one at a time.
type Worker struct {
	Name    string           // for people, unique among the workers
	Build   string           // of the simulator that Run calls
	Run     Run              // how a point is run
	Conn    *Conn            // to the queue; see Connect
	Scratch string           // where runs leave their files until they are sent; "" is the system's
	Talk    func(say string) // what happens, line by line; may be nil

	q    *queue
	over atomic.Bool // the sweep is finished
}

// Work takes jobs of the open sweep whose id begins as given, "" for the only
// one, until it is finished. Told to stop, it gives its job back.
func (w *Worker) Work(ctx context.Context, id string) error {
	js, err := newJetStream(w.Conn)
	if err != nil {
		return err
	}
	notices, err := js.KeyValue(ctx, noticeBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return errNoSweep
	}
	if err != nil {
		return fmt.Errorf("list of sweeps: %w: does the server have JetStream, and this user leave to use it?", err)
	}
	about, err := find(ctx, notices, id)
	if err != nil {
		return err
	}
	if about.Build != w.Build {
		return w.refuse(about)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if about.Open {
		err = w.join(ctx, js, notices, about, cancel)
	} else {
		w.over.Store(true)
	}
	if w.over.Load() {
		w.say("%s: sweep %s is finished", w.Name, about.ID)
		return nil
	}
	return err
}

// join works on a sweep. It listens before it looks for the queue: one that is
// gone by then belonged to a sweep that has just ended.
func (w *Worker) join(ctx context.Context, js jetstream.JetStream, notices jetstream.KeyValue, about notice, cancel func()) (err error) {
	for words, hear := range map[string]nats.MsgHandler{
		"here": w.answer,
		"over": func(*nats.Msg) { w.over.Store(true); cancel() },
	} {
		sub, err := w.Conn.nats.Subscribe(subject(about.ID, words), hear)
		if err != nil {
			return fmt.Errorf("join sweep %s: %w", about.ID, err)
		}
		defer func() { _ = sub.Unsubscribe() }() // fails on a connection that is closed
	}
	if err := w.Conn.flush(); err != nil {
		return fmt.Errorf("join sweep %s: %w", about.ID, err)
	}
	if w.q, err = joinQueue(ctx, js, notices, about); err != nil {
		w.lookUp(ctx, notices, about.ID)
		return err
	}
	w.say("%s works on sweep %s, %q: %d points", w.Name, about.ID, about.Name, about.Points)
	return w.loop(ctx)
}

// lookUp finds out whether the sweep is finished: the message that says so may
// have come while the connection was away.
func (w *Worker) lookUp(ctx context.Context, notices jetstream.KeyValue, id string) {
	limited, cancel := context.WithTimeout(ctx, w.Conn.waits.Try)
	defer cancel()
	entry, err := notices.Get(limited, id)
	if err != nil {
		return // it is looked up again after the next wait for a job
	}
	var n notice
	if err := strictJSON(entry.Value(), &n); err != nil || !n.Open {
		w.over.Store(true)
	}
}

// refuse tells both ends that this worker is of another build.
func (w *Worker) refuse(about notice) error {
	err := w.Conn.nats.Publish(subject(about.ID, "refused"), encode(refusal{Worker: w.Name, Build: w.Build}))
	return errors.Join(&BuildError{
		Where: fmt.Sprintf("sweep %s", about.ID), Want: about.Build, Have: w.Build,
		Remedy: "copy the server's floorsim to this machine and start the worker again",
	}, err, w.Conn.flush())
}

// answer tells another worker that this one is there.
func (w *Worker) answer(m *nats.Msg) {
	if err := m.Respond([]byte(w.Name)); err != nil {
		w.say("answer %s: %v", m.Data, err) // it will take us for absent, which is harmless
	}
}

// loop takes jobs. Errors of the server are waited out for as long as the
// connection lives; it closes itself when its patience ends.
func (w *Worker) loop(ctx context.Context) error {
	for ctx.Err() == nil && !w.over.Load() {
		m, err := w.next(ctx)
		if err == nil {
			w.handle(ctx, m)
			continue
		}
		if w.Conn.nats.IsClosed() {
			return fmt.Errorf("the server of sweep %s has been away for %v: start it again, then this worker", w.q.about.ID, w.Conn.waits.Patience)
		}
		w.lookUp(ctx, w.q.notices, w.q.about.ID)
		if !errors.Is(err, nats.ErrTimeout) && !w.over.Load() {
			pause(ctx, w.q.about.Options.Retry)
		}
	}
	return ctx.Err()
}

// next waits for one job; it takes none in advance, which would be leased and
// not worked on.
func (w *Worker) next(ctx context.Context) (jetstream.Msg, error) {
	limited, cancel := context.WithTimeout(ctx, w.Conn.waits.Poll)
	defer cancel()
	m, err := w.q.jobs.Next(jetstream.FetchContext(limited))
	if err != nil && limited.Err() != nil {
		return nil, nats.ErrTimeout
	}
	return m, err
}

func (w *Worker) say(format string, args ...any) {
	if w.Talk != nil {
		w.Talk(fmt.Sprintf(format, args...))
	}
}

// pause waits, or until the context ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
