package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/terminal"
)

type statusCommand struct {
	gatewayFlag
	Watch bool `help:"Keep showing it until Ctrl-C." short:"w"`
	jsonFlag
}

// Run shows a gateway's status.
func (c *statusCommand) Run(ctx context.Context, s *streams) error {
	gateway, err := c.open()
	if err != nil {
		return err
	}
	defer gateway.Close()
	display := terminal.NewScreen(s.out)
	for {
		status, err := gateway.Status(ctx)
		if err != nil {
			return quietly(ctx, err)
		}
		if c.JSON {
			fmt.Fprintf(s.out, "%s\n", status.Raw)
		} else {
			display.Draw(describeStatus(status, gateway.URL()))
		}
		if !c.Watch {
			return nil
		}
		if !pause(ctx, statusEvery) {
			return nil
		}
	}
}

// quietly makes nothing of an error that came of being told to stop.
func quietly(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// pause waits; false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func describeStatus(st *client.Status, url string) string {
	var b strings.Builder
	health := "healthy"
	if !st.Healthy {
		health = "NOT HEALTHY: " + st.Problem
	}
	fmt.Fprintf(&b, "%s at %s: %s\n", st.Name, url, health)
	fmt.Fprintf(&b, "mesh %s, site %s, id %s\n\n", st.Mesh, st.Site, st.MeshID)
	records := &terminal.Table{}
	records.Add("records", "")
	records.Add("accepted here since start", st.Accepted)
	records.Add("stored, not yet final", st.Stored)
	records.Add("  of those replicated", st.Replicated)
	records.Add("final", st.Final)
	records.Add("log size", st.LogSize)
	records.Add("  of that certified", st.CertifiedSize)
	records.Add("commit", st.Commit)
	records.Add("round", st.Round)
	b.WriteString(records.String())
	b.WriteString("\n")
	peers := &terminal.Table{}
	peers.Add("gateway", "connected", "round", "key")
	peers.Add(st.Name, "this", st.Round, shorten(st.Key))
	for _, p := range st.Peers {
		connected := "no"
		if p.Connected {
			connected = "yes"
		}
		peers.Add(p.Name, connected, p.Round, shorten(p.Key))
	}
	b.WriteString(peers.String())
	for _, alarm := range st.Alarms {
		fmt.Fprintf(&b, "ALARM: %s\n", alarm)
	}
	return b.String()
}

// shorten cuts a key to what tells it from others by eye.
func shorten(key string) string {
	const shown = 16
	if len(key) <= shown {
		return key
	}
	return key[:shown] + "…"
}
