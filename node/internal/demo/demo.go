package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/proof"
	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/fleet"
	"github.com/floormesh/floormesh/node/internal/terminal"
)

// Options of Run.
type Options struct {
	Gateways int
	// For ends the demo after so long, with the story told in that time. 0: the
	// story takes DefaultStory, and readings go on until ctx is done.
	For time.Duration
	// Show takes the table and the story.
	Show io.Writer
}

// Validate returns what is wrong with the options.
func (o *Options) Validate() error {
	if o.Gateways < 1 || o.Gateways > MaxGateways {
		return fmt.Errorf("%d gateways: want 1 to %d on one machine", o.Gateways, MaxGateways)
	}
	if o.For != 0 && o.For < MinStory {
		return fmt.Errorf("%s is too short for the story: want %s or more", o.For, MinStory)
	}
	return nil
}

// Summary is how the demo ended.
type Summary struct {
	Gateways  int        `json:"gateways"`
	MeshID    dag.MeshID `json:"mesh_id"`
	Accepted  int        `json:"accepted"`   // readings acknowledged to sensors
	Final     []int      `json:"final"`      // records in each gateway's log
	Lost      int        `json:"lost"`       // acknowledged and not in every log
	Repeated  int        `json:"repeated"`   // in a log twice
	LatencyMs []float64  `json:"latency_ms"` // newest median at each gateway
	Steps     []string   `json:"steps"`      // of the story that were told
	// Proof has the checks of one reading's proof, made offline.
	Proof []proof.Result `json:"proof"`
}

// OK reports whether nothing was lost.
func (s *Summary) OK() bool { return s.Lost == 0 && s.Repeated == 0 }

// demo is one run.
type demo struct {
	Options

	fleet  *fleet.Fleet
	book   *book
	screen *terminal.Screen
	start  time.Time

	mu    sync.Mutex // of the screen
	steps []string
}

// Run shows the demo. When ctx is done it ends in order, which is no error. It
// leaves no process and no file behind.
func Run(ctx context.Context, o Options) (*Summary, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "floormesh-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the gateways: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what cannot be removed stays
	d := &demo{Options: o, book: newBook(o.Gateways), screen: terminal.NewScreen(o.Show)}
	if d.fleet, err = fleet.New(fleet.Options{Dir: dir, Gateways: o.Gateways}); err != nil {
		return nil, err
	}
	defer d.fleet.Close()
	d.say("Starting %d gateways, each a process of its own, in %s", o.Gateways, dir)
	if err := d.fleet.Start(ctx); err != nil {
		return nil, err
	}
	return d.run(ctx)
}

// run has the sensors publish while the story is told, and then settles.
func (d *demo) run(ctx context.Context) (*Summary, error) {
	d.start = time.Now()
	last, giveUp := context.WithCancel(context.WithoutCancel(ctx)) // for what was begun
	defer giveUp()
	var watching sync.WaitGroup
	defer watching.Wait()
	watch, stopWatching := context.WithCancel(last)
	defer stopWatching()
	for i, g := range d.fleet.Gateways {
		watching.Go(func() { d.book.follow(watch, i, g) })
	}
	watching.Go(func() { d.draw(watch) })

	d.say("%d sensors publish over MQTT, %d readings/s in all; one of them cannot sign, so that its gateway signs for it",
		d.Gateways*sensorsPerGateway, d.Gateways*sensorsPerGateway*int(time.Second/publishEvery))
	publish, stopPublishing := context.WithCancel(ctx)
	defer stopPublishing()
	var sensors errgroup.Group
	for _, s := range newSensors(d.fleet, d.book) {
		sensors.Go(func() error { return s.run(publish, last) })
	}
	err := d.tell(ctx)
	stopPublishing()
	late := time.AfterFunc(settleTimeout, giveUp)
	defer late.Stop()
	if err := errors.Join(err, d.heal(last), sensors.Wait()); err != nil {
		return nil, err
	}
	return d.settle(last)
}

// settle waits until every acknowledged reading is final everywhere, and sums up.
func (d *demo) settle(ctx context.Context) (*Summary, error) {
	d.say("Sensors have stopped. Waiting until everything they had acknowledged is final on every gateway")
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for d.book.sum().missing > 0 && ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	t := d.book.sum()
	s := &Summary{
		Gateways: d.Gateways, MeshID: d.fleet.Mesh, Accepted: t.accepted,
		Lost: t.missing, Repeated: t.repeated, Steps: d.steps,
	}
	for _, g := range t.gateways {
		s.Final = append(s.Final, g.final)
		s.LatencyMs = append(s.LatencyMs, float64(g.latency.Microseconds())/1e3)
	}
	d.show()
	return s, d.prove(ctx, s)
}

// prove fetches a proof and checks it with the mesh id alone.
func (d *demo) prove(ctx context.Context, s *Summary) error {
	id, ok := d.book.anyRecord()
	if !ok {
		return nil // stopped before anything was final
	}
	c := client.New(d.fleet.Gateways[0].Ready().HTTP)
	defer c.Close()
	for {
		file, err := c.Proof(ctx, id)
		if p, ok := errors.AsType[*client.ProblemError](err); ok && p.Status == http.StatusConflict {
			select { // certified in a moment
			case <-time.After(redrawEvery):
				continue
			case <-ctx.Done():
			}
		}
		if err != nil {
			return fmt.Errorf("fetch a proof: %w", err)
		}
		return d.check(file, s)
	}
}

func (d *demo) check(file []byte, s *Summary) error {
	p, err := proof.Decode(file)
	if err != nil {
		return fmt.Errorf("check a proof: %w", err)
	}
	report, err := proof.Verify(p, d.fleet.Mesh, rand.Reader)
	s.Proof = report.Results
	if err != nil {
		return fmt.Errorf("check a proof: %w", err)
	}
	d.say("A proof of one reading, %d bytes, checked offline, knowing only the mesh id:", len(file))
	for _, r := range report.Results {
		d.say("  ✓ %-11s %s", r.Check, r.Detail)
	}
	return nil
}

// say tells a part of the story.
func (d *demo) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.screen.Say(fmt.Sprintf(format, args...))
}
