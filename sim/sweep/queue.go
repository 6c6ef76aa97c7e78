package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Options of a sweep on a queue. A zero field means the default in limits.go.
type Options struct {
	Lease    time.Duration // how long a silent worker keeps a job
	Attempts int           // how often a job is begun before it counts as failed
	Timeout  time.Duration // of one run
	Retry    time.Duration // pause before a failed job is tried again
	Replicas int           // of the streams, in a cluster; 0 means 1
}

func (o Options) complete() (Options, error) {
	o.Lease = orDefault(o.Lease, defaultLease)
	o.Timeout = orDefault(o.Timeout, defaultTimeout)
	o.Retry = orDefault(o.Retry, defaultRetry)
	o.Attempts = orDefault(o.Attempts, defaultAttempts)
	o.Replicas = orDefault(o.Replicas, 1)
	switch {
	case o.Lease < minLease:
		return o, fmt.Errorf("a lease of %v is too short, %v is the least", o.Lease, minLease)
	case o.Attempts < 1 || o.Attempts > maxAttempts:
		return o, fmt.Errorf("%d attempts: 1 to %d are possible", o.Attempts, maxAttempts)
	case o.Timeout < 0 || o.Retry < 0:
		return o, errors.New("times are positive")
	case o.Replicas < 1 || o.Replicas > 5:
		return o, fmt.Errorf("%d replicas: NATS keeps 1 to 5", o.Replicas)
	}
	return o, nil
}

func orDefault[T comparable](value, instead T) T {
	var zero T
	if value == zero {
		return instead
	}
	return value
}

// notice is what a worker must know of a sweep: the value in the bucket.
type notice struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Build   string  `json:"build"`
	Points  int     `json:"points"`
	Jobs    int     `json:"jobs"`
	Open    bool    `json:"open"`
	Options Options `json:"options"`
}

// task is the message of a job.
type task struct {
	Job   int    `json:"job"`
	Index int    `json:"index"`
	Again bool   `json:"again,omitempty"`
	Avoid string `json:"avoid,omitempty"` // the worker that ran it first
	Point Point  `json:"point"`
}

// delivery is the message of a result.
type delivery struct {
	Outcome Outcome `json:"outcome"`
	Archive string  `json:"archive,omitempty"` // object that holds what the run left, "" for nothing
}

// event is the message that something happened to a job.
type event struct {
	Worker string `json:"worker"`
	Error  string `json:"error,omitempty"`
}

// Kinds of events: the last word of their subject.
const (
	eventBegan    = "began"
	eventFailed   = "failed"
	eventReturned = "returned" // given back by a worker that was told to stop
)

// refusal is the message of a worker of another build.
type refusal struct {
	Worker string `json:"worker"`
	Build  string `json:"build"`
}

// Names of a sweep's parts.
const noticeBucket = "floorsim-sweeps"

func streamName(id, part string) string { return "floorsim-" + id + "-" + part }
func objectBucket(id string) string     { return "floorsim-" + id }

func subject(id string, words ...string) string {
	return "floorsim." + id + "." + strings.Join(words, ".")
}

func jobSubject(id string, job int) string    { return subject(id, "job", strconv.Itoa(job)) }
func resultSubject(id string, job int) string { return subject(id, "result", strconv.Itoa(job)) }

func eventSubject(id string, job int, kind string) string {
	return subject(id, "event", strconv.Itoa(job), kind)
}

// jobOf reads the number out of a subject.
func jobOf(of string) (job int, ok bool) {
	words := strings.Split(of, ".")
	if len(words) < 4 {
		return 0, false
	}
	job, err := strconv.Atoi(words[3])
	return job, err == nil
}

// queue is a sweep's part of a server.
type queue struct {
	js      jetstream.JetStream
	about   notice
	notices jetstream.KeyValue
	jobs    jetstream.Consumer
	results jetstream.Stream
	events  jetstream.Stream
	objects jetstream.ObjectStore
}

func newJetStream(conn *Conn) (jetstream.JetStream, error) {
	return jetstream.New(conn.nats, jetstream.WithDefaultTimeout(conn.waits.Call), jetstream.WithPublishAsyncMaxPending(maxPublishing))
}

// makeNotices returns the bucket that lists the sweeps of a server, which it
// makes if it is the first to come.
func makeNotices(ctx context.Context, js jetstream.JetStream, replicas int) (jetstream.KeyValue, error) {
	bucket, err := js.KeyValue(ctx, noticeBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		bucket, err = js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket: noticeBucket, TTL: closedFor, Replicas: replicas, Storage: jetstream.FileStorage,
			Description: "Sweeps of floorsim: what they are, whether they are open",
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list of sweeps: %w: does the server have JetStream, and this user leave to use it?", err)
	}
	return bucket, nil
}

// openQueue makes the sweep's parts, or finds them, and announces it.
func openQueue(ctx context.Context, conn *Conn, about notice) (*queue, error) {
	js, err := newJetStream(conn)
	if err != nil {
		return nil, err
	}
	q := &queue{js: js, about: about}
	if q.notices, err = makeNotices(ctx, js, about.Options.Replicas); err != nil {
		return nil, err
	}
	if err := q.create(ctx); err != nil {
		return nil, fmt.Errorf("make the queue of sweep %s: %w", about.ID, err)
	}
	return q, q.announce(ctx, true)
}

func (q *queue) create(ctx context.Context) (err error) {
	id, replicas := q.about.ID, q.about.Options.Replicas
	stream := func(part, subjects string) jetstream.StreamConfig {
		return jetstream.StreamConfig{
			Name: streamName(id, part), Subjects: []string{subject(id, subjects)},
			Storage: jetstream.FileStorage, Replicas: replicas,
		}
	}
	once := func(c jetstream.StreamConfig) jetstream.StreamConfig { // one message a subject, the first
		c.MaxMsgsPerSubject, c.Discard, c.DiscardNewPerSubject = 1, jetstream.DiscardNew, true
		return c
	}
	jobs := once(stream("jobs", "job.*"))
	jobs.Retention = jetstream.WorkQueuePolicy
	if _, err = q.js.CreateOrUpdateStream(ctx, jobs); err != nil {
		return err
	}
	if q.results, err = q.js.CreateOrUpdateStream(ctx, once(stream("results", "result.*"))); err != nil {
		return err
	}
	if q.events, err = q.js.CreateOrUpdateStream(ctx, stream("events", "event.*.*")); err != nil {
		return err
	}
	q.objects, err = q.js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: objectBucket(id), Storage: jetstream.FileStorage, Replicas: replicas,
	})
	if err != nil {
		return err
	}
	q.jobs, err = q.js.CreateOrUpdateConsumer(ctx, jobs.Name, jetstream.ConsumerConfig{
		Durable: "workers", AckPolicy: jetstream.AckExplicitPolicy, AckWait: q.about.Options.Lease,
		MaxDeliver:    -1, // attempts are counted by events: a job handed on is no attempt
		MaxAckPending: maxWorkers, Replicas: replicas,
	})
	return err
}

// joinQueue finds the parts of a sweep that is open.
func joinQueue(ctx context.Context, js jetstream.JetStream, notices jetstream.KeyValue, about notice) (q *queue, err error) {
	q = &queue{js: js, about: about, notices: notices}
	defer func() {
		if err != nil {
			err = fmt.Errorf("join sweep %s: %w", about.ID, err)
		}
	}()
	if q.jobs, err = js.Consumer(ctx, streamName(about.ID, "jobs"), "workers"); err != nil {
		return nil, err
	}
	if q.results, err = js.Stream(ctx, streamName(about.ID, "results")); err != nil {
		return nil, err
	}
	if q.events, err = js.Stream(ctx, streamName(about.ID, "events")); err != nil {
		return nil, err
	}
	q.objects, err = js.ObjectStore(ctx, objectBucket(about.ID))
	return q, err
}

// announce writes whether the sweep is open.
func (q *queue) announce(ctx context.Context, open bool) error {
	q.about.Open = open
	if _, err := q.notices.Put(ctx, q.about.ID, encode(q.about)); err != nil {
		return fmt.Errorf("announce sweep %s: %w", q.about.ID, err)
	}
	return nil
}

// remove deletes all but the note that the sweep is finished.
func (q *queue) remove(ctx context.Context) error {
	for _, part := range []string{"jobs", "results", "events"} {
		if err := q.js.DeleteStream(ctx, streamName(q.about.ID, part)); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("remove the queue of sweep %s: %w", q.about.ID, err)
		}
	}
	if err := q.js.DeleteObjectStore(ctx, objectBucket(q.about.ID)); err != nil && !errors.Is(err, jetstream.ErrBucketNotFound) {
		return fmt.Errorf("remove the queue of sweep %s: %w", q.about.ID, err)
	}
	return nil
}

// taken reports whether a publish was refused because its subject has a message.
func taken(err error) bool {
	const perSubjectLimit = 10077 // JSStreamStoreFailed, told apart by its text
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && api.ErrorCode == perSubjectLimit && strings.Contains(api.Description, "per subject")
}

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode %T: %v", v, err)) // plain data, checked before
	}
	return text
}
