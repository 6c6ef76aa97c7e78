package demo

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/fleet"
	"github.com/floormesh/floormesh/node/internal/terminal"
)

// draw keeps the table up to date until ctx is done.
func (d *demo) draw(ctx context.Context) {
	every := lineEvery
	if d.screen.Live() {
		every = redrawEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.show()
		}
	}
}

// show draws the table once: in place on a terminal, as a line elsewhere.
func (d *demo) show() {
	states := d.ask()
	t := d.book.sum()
	text := d.line(states, t)
	if d.screen.Live() {
		text = d.table(states, t)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.screen.Draw(text)
}

// ask asks every gateway that runs for its status, all at once; nil for one that
// does not answer.
func (d *demo) ask() []*client.Status {
	states := make([]*client.Status, len(d.fleet.Gateways))
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	var asking sync.WaitGroup
	for i, g := range d.fleet.Gateways {
		if g.State() != fleet.Running {
			continue
		}
		asking.Go(func() {
			c := client.New(g.Ready().HTTP)
			defer c.Close()
			if st, err := c.Status(ctx); err == nil {
				states[i] = st
			}
		})
	}
	asking.Wait()
	return states
}

func (d *demo) table(states []*client.Status, t tally) string {
	out := &terminal.Table{}
	out.Add("gateway", "state", "accepted", "waiting", "replicated", "final", "latency ms", "peers")
	for i, g := range d.fleet.Gateways {
		seen := t.gateways[i]
		waiting, replicated, peers := "", "", ""
		if st := states[i]; st != nil {
			waiting, replicated = fmt.Sprint(st.Stored), fmt.Sprint(st.Replicated)
			peers = fmt.Sprint(connected(st))
		}
		out.Add(g.Name, g.State(), seen.accepted, waiting, replicated, seen.final, fmt.Sprintf("%.1f", millis(seen.latency)), peers)
	}
	return fmt.Sprintf("\n%s\n%d readings accepted in %.0f s\n", out, t.accepted, time.Since(d.start).Seconds())
}

func connected(st *client.Status) (n int) {
	for _, p := range st.Peers {
		if p.Connected {
			n++
		}
	}
	return n
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// line is the table for a file or a pipe.
func (d *demo) line(states []*client.Status, t tally) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%5.1f s  accepted %d; final", time.Since(d.start).Seconds(), t.accepted)
	for i, g := range d.fleet.Gateways {
		seen := t.gateways[i]
		fmt.Fprintf(&b, " %s %d", g.Name, seen.final)
		if st := states[i]; st != nil {
			fmt.Fprintf(&b, " (%.0f ms", millis(seen.latency))
			if st.Stored > 0 {
				fmt.Fprintf(&b, ", %d waiting, %d of them replicated", st.Stored, st.Replicated)
			}
			b.WriteString(")")
		} else {
			fmt.Fprintf(&b, " (%s)", g.State())
		}
	}
	return b.String() + "\n"
}
