package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/fleet"
)

// Options of Run.
type Options struct {
	Gateways int
	Rate     int // records per second; 0 for as many as can be
	Devices  int
	Size     int // bytes of a record's COSE message
	Duration time.Duration
	Kill     int           // gateways to kill at a third of the duration
	Idle     time.Duration // how long to measure at rest after the load
	Dir      string        // where to make a directory for the gateways; "" for a usual place
	Keep     bool          // leave that directory behind
	Record   string        // directory for the gateways' recordings, made if it is not there, else empty; "": none

	// Say tells a person how far the bench is; nil for nobody.
	Say func(format string, args ...any)
}

// Validate returns what is wrong with the options.
func (o *Options) Validate() error {
	perSecond := o.Rate
	if perSecond == 0 {
		perSecond = maxPresigned
	}
	switch {
	case o.Gateways < 1 || o.Gateways > 32:
		return fmt.Errorf("%d gateways: want 1 to 32 on one machine", o.Gateways)
	case o.Rate < 0:
		return fmt.Errorf("rate %d: want a number of records per second, or max", o.Rate)
	case o.Devices < 1 || o.Devices > 100_000:
		return fmt.Errorf("%d devices: want 1 to 100000", o.Devices)
	case o.Duration < time.Second:
		return fmt.Errorf("duration %s: want a second or more", o.Duration)
	case o.Kill < 0 || o.Kill >= o.Gateways:
		return fmt.Errorf("kill %d of %d gateways: one must stay to take records", o.Kill, o.Gateways)
	case o.Idle < 0:
		return fmt.Errorf("idle %s: want no less than 0", o.Idle)
	case o.Duration.Seconds()*float64(perSecond) > maxMemoryRecords:
		return fmt.Errorf("%s at this rate takes more than %d records; choose a shorter run", o.Duration, maxMemoryRecords)
	}
	return nil
}

// run is one run of the bench. Instants are measured from epoch.
type run struct {
	Options

	fleet  *fleet.Fleet
	load   *load
	sender *sender
	watch  *watch
	epoch  time.Time
	began  time.Duration   // when the load began
	sent   []time.Duration // when each record was sent, at the rate "max"
	due    int             // records that were sent
	asking *client.Client  // of the first gateway, which is never killed
	killed time.Duration   // when gateways were killed
	// returned is when one of them was back, backlog what was acknowledged by then.
	returned time.Duration
	backlog  int
	result   Result
}

// now returns the instant.
func (r *run) now() time.Duration { return time.Since(r.epoch) }

// elapsed returns the time since the load began.
func (r *run) elapsed() time.Duration { return r.now() - r.began }

// streamed reports whether every record is followed on the event streams.
func (r *run) streamed() bool { return r.Rate > 0 && r.Rate <= maxStreamedRate }

// Run measures and cleans up behind itself. The result is what was measured, also
// if something was lost, which is no error; see Result.Lost.
func Run(ctx context.Context, o Options) (*Result, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	dir, err := makeDir(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.Keep {
		o.Say("The gateways' directories and logs stay in %s", dir)
	} else {
		defer os.RemoveAll(dir) //nolint:errcheck // what cannot be removed stays
	}
	r := &run{Options: o, epoch: time.Now()}
	if err := makeRecordings(o.Record); err != nil {
		return nil, err
	}
	r.fleet, err = fleet.New(fleet.Options{Dir: dir, Gateways: o.Gateways, Mesh: "bench", Record: o.Record})
	if err != nil {
		return nil, err
	}
	defer r.fleet.Close()
	if err := r.measure(ctx); err != nil {
		return nil, err
	}
	return &r.result, nil
}

// makeDir prefers a place that is a disk where /tmp is memory.
func makeDir(parent string) (string, error) {
	if parent == "" {
		if info, err := os.Stat("/var/tmp"); err == nil && info.IsDir() {
			parent = "/var/tmp"
		}
	}
	dir, err := os.MkdirTemp(parent, "floormesh-bench-")
	if err != nil {
		return "", fmt.Errorf("make a directory for the gateways: %w", err)
	}
	return dir, nil
}

func (r *run) measure(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if err := r.drive(ctx); err != nil {
		return err
	}
	r.Say("Checking that all %d gateways hold one log, with every record once", len(r.fleet.Gateways))
	if err := r.check(ctx); err != nil {
		return err
	}
	if r.Idle > 0 {
		if err := r.rest(ctx); err != nil {
			return err
		}
	}
	r.asking.Close()
	if err := r.fleet.Stop(); err != nil {
		return err
	}
	return r.measureDisk()
}

// prepare signs the records and starts the gateways.
func (r *run) prepare(ctx context.Context) (err error) {
	rate := r.Rate
	if rate == 0 {
		rate = maxPresigned
	}
	count := max(1, int(r.Duration.Seconds()*float64(rate)))
	r.Say("Signing %d records of %d bytes by %d devices", count, r.Size, r.Devices)
	if r.load, err = presign(ctx, r.fleet.Mesh, r.Devices, r.Size, count); err != nil {
		return err
	}
	r.Say("Starting %d gateways", r.Gateways)
	if err := r.fleet.Start(ctx); err != nil {
		return err
	}
	r.asking = client.New(r.fleet.Gateways[0].Ready().HTTP)
	return r.fleet.AwaitConnected(ctx)
}

// poll asks until done says so or settleTimeout is over.
func (r *run) poll(ctx context.Context, otherwise string, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	tick := time.NewTicker(pollFast)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("%s within %s", otherwise, settleTimeout), err)
		}
	}
}

// drive runs the load with everything that watches it, until all is final.
func (r *run) drive(ctx context.Context) error {
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	if r.Rate == 0 {
		r.sent = make([]time.Duration, r.load.count())
	}
	r.sender = newSender(r.load, r.fleet.Gateways)
	r.watch = newWatch(r.now, r.load, r.fleet.Gateways, r.streamed(), r.sender.notify)
	if err := r.openWatch(ctx, &group); err != nil {
		return err
	}
	r.sender.run(ctx, &group)
	return r.phases(ctx)
}

// openWatch waits until the event streams listen: what is final before is not on them.
func (r *run) openWatch(ctx context.Context, group *sync.WaitGroup) error {
	open := make(chan struct{}, len(r.fleet.Gateways))
	r.watch.run(ctx, group, func() { open <- struct{}{} })
	for range r.fleet.Gateways {
		if !r.streamed() {
			break
		}
		select {
		case <-open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// phases sends the load, kills and restarts as asked, and waits until all is final.
func (r *run) phases(ctx context.Context) error {
	before, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	r.Say("Sending for %s", r.Duration)
	r.began = r.now()
	var disturbing errgroup.Group
	disturbing.Go(func() error { return r.disturb(ctx) })
	if r.Rate == 0 {
		r.due = r.flooded(ctx)
	} else {
		r.due = r.paced(ctx, newSchedule(r.Rate))
	}
	ended := r.now()
	if err := errors.Join(disturbing.Wait(), ctx.Err()); err != nil {
		return err
	}
	after, err := r.snapshot(ctx)
	if err != nil {
		return err
	}
	r.Say("Waiting until all is final")
	r.settle(ctx)
	r.measureLoad(before, after, ended)
	if err := r.revive(ctx); err != nil {
		return err
	}
	return r.measureLatency(ctx)
}

// settle waits until everything acknowledged is final on all gateways that run. What
// a killed gateway alone has acknowledged cannot be: it gives up when nothing
// more becomes final.
func (r *run) settle(ctx context.Context) {
	acknowledged := int(r.sender.total.Load())
	last, since := -1, r.now()
	_ = r.poll(ctx, "not all is final", func() (bool, error) { // what is not is counted later
		if now := r.watch.final(); now != last {
			last, since = now, r.now()
		}
		return last >= acknowledged || r.now()-since > stallTime, nil
	})
}

// revive starts the gateways that were killed, so that what only they hold can become final too.
func (r *run) revive(ctx context.Context) error {
	r.result.WaitedForKilled = max(0, int(r.sender.total.Load())-r.watch.final())
	r.measureRecovery()
	for _, g := range r.fleet.Gateways {
		if g.State() == fleet.Running {
			continue
		}
		r.Say("Starting %s again, for what it alone has acknowledged", g.Name)
		if err := g.Start(ctx); err != nil {
			return err
		}
	}
	r.settle(ctx)
	return nil
}
