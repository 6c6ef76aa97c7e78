package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
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
	_, err := w.q.results.GetLastMsgForSubject(ctx, resultSubject(w.q.about.ID, job))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	return err == nil, err
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
		ID: t.Point.ID, Seed: t.Point.Seed, Axes: t.Point.Axes, Again: t.Again,
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

// send puts what a run left into the object store. Its name is this attempt's
// own: two workers that run one job must not write over each other.
func (w *Worker) send(ctx context.Context, t task, dir string) (object string, err error) {
	if none, err := empty(dir); none || err != nil {
		return "", err
	}
	object = fmt.Sprintf("%d-%s-%d", t.Job, w.Name, time.Now().UnixNano())
	var packed error
	err = w.insist(ctx, "send what point "+t.Point.ID+" left", func() error {
		from, to := io.Pipe()
		var packer sync.WaitGroup
		packer.Go(func() {
			packed = pack(to, dir)
			to.CloseWithError(packed)
		})
		_, err := w.q.objects.Put(ctx, jetstream.ObjectMeta{Name: object}, from)
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
	m, err := w.q.results.GetLastMsgForSubject(ctx, resultSubject(w.q.about.ID, d.Outcome.Job))
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
