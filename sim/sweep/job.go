package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// handle brings one job as far as it gets. What goes wrong between here and the
// server ends with the lease: then the job is delivered again, here or elsewhere.
func (w *Worker) handle(ctx context.Context, m jetstream.Msg) {
	var t task
	if err := strictJSON(m.Data(), &t); err != nil {
		w.say("a job cannot be read: %v", err) // of this build: never
		w.settled(m.TermWithReason("unreadable"))
		return
	}
	stop := w.renew(m)
	defer stop()
	switch done, err := w.done(ctx, t.Job); {
	case err != nil:
		w.say("job %d: %v", t.Job, err)
		w.settled(m.NakWithDelay(w.q.about.Options.Retry))
	case done:
		w.settled(m.Ack())
	case t.Avoid == w.Name && w.accompanied(ctx):
		w.settled(m.NakWithDelay(w.q.about.Options.Retry))
	default:
		if err := w.attempt(ctx, m, t); err != nil {
			w.say("job %d, point %q: %v", t.Job, t.Point.ID, err)
		}
	}
}

// settled says what could not be told to the server.
func (w *Worker) settled(err error) {
	if err != nil {
		w.say("acknowledge: %v", err)
	}
}

// done reports whether a job has a result: its worker died between publishing
// and acknowledging.
func (w *Worker) done(ctx context.Context, job int) (bool, error) {
	_, err := w.result(ctx, job)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	return err == nil, err
}

// result reads the result of a job. The library's own deadline does not hold
// under a context that has one, however far: a server that died before its
// answer would be waited for as long.
func (w *Worker) result(ctx context.Context, job int) (*jetstream.RawStreamMsg, error) {
	limited, cancel := context.WithTimeout(ctx, w.Conn.waits.Try)
	defer cancel()
	return w.q.results.GetLastMsgForSubject(limited, resultSubject(w.q.about.ID, job))
}

// accompanied reports whether another worker is there, by asking.
func (w *Worker) accompanied(ctx context.Context) bool {
	inbox := nats.NewInbox()
	answers, err := w.Conn.nats.SubscribeSync(inbox)
	if err != nil {
		return false
	}
	defer func() { w.settled(answers.Unsubscribe()) }()
	if err := w.Conn.nats.PublishRequest(subject(w.q.about.ID, "here"), inbox, []byte(w.Name)); err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, w.Conn.waits.Presence)
	defer cancel()
	for {
		m, err := answers.NextMsgWithContext(ctx)
		if err != nil {
			return false
		}
		if len(m.Data) > 0 && string(m.Data) != w.Name {
			return true
		}
	}
}

// attempt runs a job and settles it.
func (w *Worker) attempt(ctx context.Context, m jetstream.Msg, t task) error {
	attempts, err := w.begin(ctx, t.Job)
	if err != nil {
		return errors.Join(err, m.NakWithDelay(w.q.about.Options.Retry))
	}
	o := w.outcome(t, attempts)
	if attempts > w.q.about.Options.Attempts {
		o.Attempts--
		o.fail(fmt.Errorf("its workers died %d times while they ran it, the last was %s: out of memory? Run it alone with floorsim sweep point --index %d", o.Attempts, w.lastWorker(ctx, t.Job, attempts), t.Job))
		return w.deliver(ctx, m, delivery{Outcome: o})
	}
	dir, err := os.MkdirTemp(w.Scratch, "floorsim-run-")
	if err != nil {
		return errors.Join(fmt.Errorf("make a folder for the run: %w", err), m.NakWithDelay(w.q.about.Options.Retry))
	}
	err = w.runIn(ctx, m, t, o, dir)
	return errors.Join(err, os.RemoveAll(dir))
}

func (w *Worker) runIn(ctx context.Context, m jetstream.Msg, t task, o Outcome, dir string) error {
	began := time.Now()
	result, err := try(ctx, w.Run, t.Point, dir, w.q.about.Options.Timeout, func(part float64) {
		w.settled(w.Conn.nats.Publish(subject(w.q.about.ID, "progress", strconv.Itoa(t.Job)), strconv.AppendFloat(nil, part, 'f', 4, 64)))
	})
	o.WallSeconds = time.Since(began).Seconds()
	if ctx.Err() != nil {
		return w.giveBack(m, t)
	}
	var object string
	if err == nil {
		object, err = w.send(ctx, t, dir)
	}
	switch {
	case err == nil:
		o.finish(result)
		return w.deliver(ctx, m, delivery{o, object})
	case o.Attempts == w.q.about.Options.Attempts:
		w.record(ctx, t.Job, eventFailed, err)
		o.fail(err)
		return w.deliver(ctx, m, delivery{Outcome: o})
	}
	w.record(ctx, t.Job, eventFailed, err)
	return errors.Join(err, m.NakWithDelay(w.q.about.Options.Retry))
}

// outcome returns what is known of a job before it runs.
func (w *Worker) outcome(t task, attempts int) Outcome {
	return Outcome{
		Sweep: w.q.about.ID, Build: w.Build, Job: t.Job, Index: t.Index,
		ID: t.Point.ID, Seed: t.Point.Seed, Axes: t.Point.Axes, Repeat: t.Point.Repeat, Again: t.Again,
		Worker: w.Name, Attempts: attempts,
	}
}

// begin records that a run begins, durably before it does, and returns which
// attempt it is.
func (w *Worker) begin(ctx context.Context, job int) (attempts int, err error) {
	id := w.q.about.ID
	if _, err := w.q.js.Publish(ctx, eventSubject(id, job, eventBegan), encode(event{Worker: w.Name})); err != nil {
		return 0, fmt.Errorf("record the beginning: %w", err)
	}
	info, err := w.q.events.Info(ctx, jetstream.WithSubjectFilter(subject(id, "event", strconv.Itoa(job), "*")))
	if err != nil {
		return 0, fmt.Errorf("count the attempts: %w", err)
	}
	counts := info.State.Subjects
	return int(counts[eventSubject(id, job, eventBegan)] - counts[eventSubject(id, job, eventReturned)]), nil
}

// lastWorker names who began a job before this worker did.
func (w *Worker) lastWorker(ctx context.Context, job, attempts int) string {
	last := "unknown"
	cons, err := w.q.events.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{eventSubject(w.q.about.ID, job, eventBegan)},
	})
	if err != nil {
		return last
	}
	batch, err := cons.FetchNoWait(attempts - 1)
	if err != nil {
		return last
	}
	for m := range batch.Messages() {
		var e event
		if strictJSON(m.Data(), &e) == nil {
			last = e.Worker
		}
	}
	return last
}

// record says that something happened to a job. It is told to people only.
func (w *Worker) record(ctx context.Context, job int, kind string, why error) {
	if _, err := w.q.js.Publish(ctx, eventSubject(w.q.about.ID, job, kind), encode(event{w.Name, clip(why.Error())})); err != nil {
		w.say("job %d: record that it %s: %v", job, kind, err)
	}
}

// giveBack returns a job that this worker may not finish; it is no attempt.
func (w *Worker) giveBack(m jetstream.Msg, t task) error {
	if w.over.Load() {
		return m.Ack() // another's result was taken
	}
	ctx, cancel := context.WithTimeout(context.Background(), w.Conn.waits.Call)
	defer cancel()
	w.record(ctx, t.Job, eventReturned, errors.New("the worker was told to stop"))
	return errors.Join(m.Nak(), w.Conn.flush())
}

// renew renews the lease of a job until it is stopped.
func (w *Worker) renew(m jetstream.Msg) (stop func()) {
	var group sync.WaitGroup
	quit := make(chan struct{})
	group.Go(func() {
		tick := time.NewTicker(w.q.about.Options.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case <-tick.C:
				if err := m.InProgress(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
					w.say("renew a lease: %v", err)
				}
			}
		}
	})
	return func() {
		close(quit)
		group.Wait()
	}
}
