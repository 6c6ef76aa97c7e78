package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/node/internal/fleet"
)

// step is one turn of the story.
type step struct {
	name string
	at   int // hundredths of the story's time
	do   func(ctx context.Context) error
	text string
}

// story returns the steps. Which gateways go is chosen so that what is shown
// is what matters: one that the others can spare, then one more than they can spare.
func (d *demo) story() []step {
	var (
		all     = d.fleet.Gateways
		n, q    = len(all), quorum.Q(len(all))
		dies    = all[n-1]
		cut     = all[q-1:]
		cutList = names(cut)
	)
	if n == 1 {
		return []step{
			{"kill", 20, ignore(dies.Kill), "kill -9 " + dies.Name + ", the only gateway. Sensors keep their readings until it is back"},
			{"restart", 50, dies.Start, dies.Name + " starts again from its disk. Nothing that it had acknowledged is lost"},
		}
	}
	without := fmt.Sprintf("%d of %d are enough to agree: 'final' goes on, and its sensors move to the next gateway", n-1, n)
	if n-1 < q {
		without = fmt.Sprintf("%d of %d are too few to agree: 'final' waits; what is accepted is durable", n-1, n)
	}
	return []step{
		{"kill", 15, ignore(dies.Kill), fmt.Sprintf("kill -9 %s. %s", dies.Name, without)},
		{"restart", 35, dies.Start, fmt.Sprintf("%s starts again from its disk, and fetches what it missed: its 'final' catches up with the others'", dies.Name)},
		{"cut", 55, each(cut, (*fleet.Gateway).Freeze), fmt.Sprintf("%s are cut off (frozen with SIGSTOP: their connections stand and say nothing). "+
			"%d of %d cannot agree: 'final' stands still; what is accepted is durable and waits", cutList, n-len(cut), n)},
		{"heal", 75, each(cut, (*fleet.Gateway).Thaw), fmt.Sprintf("%s are back. What waited becomes final on all within moments", cutList)},
	}
}

func names(gateways []*fleet.Gateway) string {
	var list []string
	for _, g := range gateways {
		list = append(list, g.Name)
	}
	return strings.Join(list, " and ")
}

func ignore(do func() error) func(context.Context) error {
	return func(context.Context) error { return do() }
}

func each(gateways []*fleet.Gateway, do func(*fleet.Gateway) error) func(context.Context) error {
	return func(context.Context) error {
		var errs []error
		for _, g := range gateways {
			errs = append(errs, do(g))
		}
		return errors.Join(errs...)
	}
}

// tell tells the story, until its end or that of ctx, which is no error.
func (d *demo) tell(ctx context.Context) error {
	length := d.For
	if length == 0 {
		length = DefaultStory
	}
	for _, s := range d.story() {
		if !d.sleepUntil(ctx, length*time.Duration(s.at)/100) {
			return nil
		}
		err := s.do(ctx)
		if errors.Is(err, errors.ErrUnsupported) { // no SIGSTOP on this system
			continue
		}
		if ctx.Err() != nil {
			break // told to stop in the middle of a step; heal mends what it left
		}
		if err != nil {
			return err
		}
		d.steps = append(d.steps, s.name)
		d.say("%5.1f s  %s", time.Since(d.start).Seconds(), s.text)
	}
	if d.For == 0 && d.sleepUntil(ctx, length) {
		d.say("That was the story. Readings go on; end with Ctrl-C")
		<-ctx.Done()
		return nil
	}
	d.sleepUntil(ctx, length)
	return nil
}

// heal brings back whoever is not there: the story may have been cut short.
func (d *demo) heal(ctx context.Context) error {
	var errs []error
	for _, g := range d.fleet.Gateways {
		switch g.State() {
		case fleet.Frozen:
			errs = append(errs, g.Thaw())
		case fleet.Killed:
			errs = append(errs, g.Start(ctx))
		case fleet.Stopped:
			errs = append(errs, fmt.Errorf("%s has ended by itself; its log: %s", g.Name, g.LogTail()))
		case fleet.Running:
		}
	}
	return errors.Join(errs...)
}

func (d *demo) sleepUntil(ctx context.Context, at time.Duration) bool {
	t := time.NewTimer(time.Until(d.start.Add(at)))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
