package sweep

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Collector queues the jobs of a sweep and gathers what comes of them. There
// must be one per sweep.
type Collector struct {
	Folder   *Folder
	Conn     *Conn
	Options  Options
	Notice   func(say string) // what people must know, at once; may be nil
	Progress func(Status)     // how far it is, about once a second; may be nil
	Opened   func()           // called once, when workers can join; may be nil

	q       *queue
	tally   *tally
	pace    *pace
	results chan jetstream.Msg
	failed  chan error
}

// Collect queues what has no folder yet and returns when everything has one.
// Stopped before, it has lost nothing: a later call goes on.
func (c *Collector) Collect(ctx context.Context) (*Report, error) {
	options, err := c.Options.complete()
	if err != nil {
		return nil, err
	}
	outcomes, err := c.Folder.Outcomes()
	if err != nil {
		return nil, err
	}
	s := c.Folder.sweep
	c.tally, c.pace = newTally(s, outcomes), newPace(time.Now())
	c.q, err = openQueue(ctx, c.Conn, notice{
		ID: s.ID(), Name: s.Name, Build: s.Build, Points: len(s.Points), Jobs: s.Jobs(), Options: options,
	})
	if err != nil {
		return nil, err
	}
	if err := c.gather(ctx); err != nil {
		return nil, err
	}
	if err := c.close(ctx); err != nil {
		return nil, err
	}
	return c.tally.report(), nil
}

// close ends the sweep: for workers that come, for those that wait or run what
// another was quicker with, and for the server.
func (c *Collector) close(ctx context.Context) error {
	return errors.Join(c.q.announce(ctx, false), c.Conn.nats.Publish(subject(c.q.about.ID, "over"), nil), c.q.remove(ctx), c.Conn.flush())
}

// gather runs until nothing is left to run.
func (c *Collector) gather(ctx context.Context) error {
	live := make(chan *nats.Msg, maxNotices)
	for _, words := range []string{"event.*.*", "progress.*", "refused"} {
		sub, err := c.Conn.nats.ChanSubscribe(subject(c.q.about.ID, words), live)
		if err != nil {
			return fmt.Errorf("listen to the workers: %w", err)
		}
		defer func() { c.complain(sub.Unsubscribe()) }()
	}
	ctx, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	c.results, c.failed = make(chan jetstream.Msg), make(chan error, 1)
	group.Go(func() {
		if err := c.pump(ctx); err != nil && ctx.Err() == nil {
			c.failed <- err
		}
	})
	if err := c.fill(ctx); err != nil {
		return err
	}
	if err := c.Conn.flush(); err != nil {
		return fmt.Errorf("listen to the workers: %w", err)
	}
	if c.Opened != nil {
		c.Opened()
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for !c.tally.complete() {
		select {
		case m := <-c.results:
			if err := c.take(ctx, m); err != nil {
				return err
			}
		case m := <-live:
			c.hear(m)
		case <-tick.C:
			if c.Conn.nats.IsClosed() {
				return fmt.Errorf("the server has been away for %v: start it again, then this command: it goes on where it was", c.Conn.waits.Patience)
			}
			c.show()
		case err := <-c.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (c *Collector) show() {
	if c.Progress == nil {
		return
	}
	s := c.pace.status(time.Now(), c.Folder.sweep.Jobs(), c.tally.open)
	for i := range s.Under {
		index, _ := c.tally.sweep.place(s.Under[i].Job)
		s.Under[i].ID = c.tally.sweep.Points[index].ID
	}
	c.Progress(s)
}

// pump reads the stream of results from its beginning.
func (c *Collector) pump(ctx context.Context) error {
	cons, err := c.q.results.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("read the results: %w", err)
	}
	messages, err := cons.Messages()
	if err != nil {
		return fmt.Errorf("read the results: %w", err)
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read the results: %w", err)
		}
		select {
		case c.results <- m:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fill queues every job that may run and has no result in the stream. A job
// that is in the queue already is refused there, which is fine.
func (c *Collector) fill(ctx context.Context) error {
	info, err := c.q.results.Info(ctx, jetstream.WithSubjectFilter(subject(c.q.about.ID, "result.*")))
	if err != nil {
		return fmt.Errorf("count the results: %w", err)
	}
	var waiting []jetstream.PubAckFuture
	for job := range c.Folder.sweep.Jobs() {
		if !c.tally.ready(job) || info.State.Subjects[resultSubject(c.q.about.ID, job)] > 0 {
			continue
		}
		text, err := c.message(job)
		if err != nil {
			return err
		}
		future, err := c.q.js.PublishAsync(jobSubject(c.q.about.ID, job), text, jetstream.WithStallWait(c.Conn.waits.Call))
		if err != nil {
			return fmt.Errorf("queue job %d: %w", job, err)
		}
		if waiting = append(waiting, future); len(waiting) == maxPublishing {
			if err := await(ctx, waiting); err != nil {
				return err
			}
			waiting = waiting[:0]
		}
	}
	return await(ctx, waiting)
}

func await(ctx context.Context, waiting []jetstream.PubAckFuture) error {
	for _, future := range waiting {
		select {
		case <-future.Ok():
		case err := <-future.Err():
			if !taken(err) {
				return fmt.Errorf("queue a job: %w", err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// message encodes a job, if the server takes messages of that size.
func (c *Collector) message(job int) ([]byte, error) {
	text := encode(c.tally.task(job))
	if most := c.Conn.nats.MaxPayload(); int64(len(text)) > most-1024 {
		return nil, fmt.Errorf("point %q makes a message of %d bytes, the server takes %d: raise its max_payload, or shorten the scenario", c.tally.task(job).Point.ID, len(text), most)
	}
	return text, nil
}

// take keeps one result.
func (c *Collector) take(ctx context.Context, m jetstream.Msg) error {
	job, ok := jobOf(m.Subject())
	var d delivery
	if err := strictJSON(m.Data(), &d); err != nil || !ok || job >= c.Folder.sweep.Jobs() {
		return fmt.Errorf("the result %s cannot be read (%w): did another program write to %s?", m.Subject(), err, streamName(c.q.about.ID, "results"))
	}
	if c.tally.outcomes[job] != nil {
		c.drop(ctx, d.Archive)
		return nil
	}
	o := c.identified(job, d.Outcome)
	if err := c.keep(ctx, o, d.Archive); err != nil {
		return c.rerun(ctx, o, err)
	}
	c.drop(ctx, d.Archive)
	c.count(o)
	if second, ok := c.tally.sweep.second(o.Index); ok && !o.Again && c.tally.ready(second) {
		return c.queueOne(ctx, second)
	}
	return nil
}

// identified takes from a worker what only it can know.
func (c *Collector) identified(job int, from Outcome) Outcome {
	o := c.Folder.sweep.outcome(job)
	o.State, o.Error, o.Fingerprint, o.Summary = from.State, from.Error, from.Fingerprint, from.Summary
	o.Worker, o.Attempts, o.WallSeconds = from.Worker, from.Attempts, from.WallSeconds
	return o
}

// keep writes a result into its folder.
func (c *Collector) keep(ctx context.Context, o Outcome, archive string) error {
	if archive == "" {
		return c.Folder.Save(o, nil)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchWait)
	defer cancel()
	return c.Folder.Save(o, func(dir string) error {
		from, err := c.q.objects.Get(ctx, archive)
		if err != nil {
			return err
		}
		return errors.Join(unpack(from, dir), from.Error(), from.Close())
	})
}

// drop removes an archive that is no longer needed. A server too slow to do so ends
// nothing: at the end all archives go.
func (c *Collector) drop(ctx context.Context, archive string) {
	if archive == "" {
		return
	}
	if err := c.q.objects.Delete(ctx, archive); err != nil && !errors.Is(err, jetstream.ErrObjectNotFound) && ctx.Err() == nil {
		c.notice("%s stays on the server until the sweep is over: %v", archive, err)
	}
}

// rerun queues a job again whose files did not arrive: a power cut may have
// taken them. If they cannot be written here, that does not help, and ends it.
func (c *Collector) rerun(ctx context.Context, o Outcome, why error) error {
	if !errors.Is(why, jetstream.ErrObjectNotFound) && !errors.Is(why, jetstream.ErrDigestMismatch) {
		return why
	}
	c.notice("point %q is run again: what it left is gone from the server: %v", o.ID, why)
	if err := c.q.results.Purge(ctx, jetstream.WithPurgeSubject(resultSubject(c.q.about.ID, o.Job))); err != nil {
		return fmt.Errorf("run point %q again: %w", o.ID, err)
	}
	return c.queueOne(ctx, o.Job)
}

func (c *Collector) queueOne(ctx context.Context, job int) error {
	text, err := c.message(job)
	if err != nil {
		return err
	}
	if _, err := c.q.js.Publish(ctx, jobSubject(c.q.about.ID, job), text); err != nil && !taken(err) {
		return fmt.Errorf("queue job %d: %w", job, err)
	}
	return nil
}

// count adds an outcome, loudly if it is bad.
func (c *Collector) count(o Outcome) {
	c.tally.add(o)
	c.pace.done++
	c.pace.ended(o.Job)
	if o.State != Fine {
		c.pace.troubles++
		c.notice("point %q: %s: %s", o.ID, o.State, o.Error)
	}
	if first := c.tally.outcomes[o.Index]; o.Again && first != nil && o.State != Failed {
		if d, differ := compare(first, &o); differ {
			c.pace.troubles++
			c.notice("%s", d)
		}
	}
}

// hear takes a live message. They may be lost; nothing depends on them.
func (c *Collector) hear(m *nats.Msg) {
	if strings.HasSuffix(m.Subject, ".refused") {
		var r refusal
		if strictJSON(m.Data, &r) == nil {
			c.notice("refused: %v", &BuildError{
				Where: "worker " + r.Worker, Want: r.Build, Have: c.q.about.Build,
				Remedy: "copy this floorsim to its machine and start it again",
			})
		}
		return
	}
	job, ok := jobOf(m.Subject)
	if !ok || job >= len(c.tally.outcomes) || c.tally.outcomes[job] != nil {
		return
	}
	var e event
	switch kind := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]; {
	case kind == eventBegan:
		c.pace.moved(job, 0)
	case kind == eventReturned:
		c.pace.ended(job)
	case kind == eventFailed && strictJSON(m.Data, &e) == nil:
		c.pace.ended(job)
		index, _ := c.tally.sweep.place(job)
		c.notice("point %q: an attempt on %s failed: %s", c.tally.sweep.Points[index].ID, e.Worker, e.Error)
	default:
		if part, err := strconv.ParseFloat(string(m.Data), 64); err == nil {
			c.pace.moved(job, part)
		}
	}
}

func (c *Collector) notice(format string, args ...any) {
	if c.Notice != nil {
		c.Notice(fmt.Sprintf(format, args...))
	}
}

func (c *Collector) complain(err error) {
	if err != nil && !c.Conn.nats.IsClosed() {
		c.notice("%v", err)
	}
}
