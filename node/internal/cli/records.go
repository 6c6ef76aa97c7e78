package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/terminal"
)

type recordsCommand struct {
	gatewayFlag
	Device string `help:"Only this device's: its public key, or the name of one that a gateway signs for." placeholder:"KEY|NAME"`
	From   string `help:"From this time on, like 2026-01-02T15:04:05Z or seconds since 1970." placeholder:"TIME"`
	To     string `help:"Before this time." placeholder:"TIME"`
	Limit  int    `help:"Most records to list, 1 to 1000." default:"100"`
	Cursor string `help:"Go on where the page before ended: its next." placeholder:"CURSOR"`
	Follow bool   `help:"Show records as they become final, until Ctrl-C." short:"f"`
	Since  string `help:"With --follow: begin at this leaf of the log; else with what comes." placeholder:"LEAF"`
	jsonFlag
}

// Run lists or follows records.
func (c *recordsCommand) Run(ctx context.Context, s *streams) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return misused(fmt.Errorf("--limit %d: want 1 to 1000", c.Limit), "take further pages with --cursor")
	}
	gateway, err := c.open()
	if err != nil {
		return err
	}
	defer gateway.Close()
	if c.Follow {
		return c.follow(ctx, s, gateway)
	}
	page, err := gateway.Records(ctx, client.Query{Device: c.Device, From: c.From, To: c.To, Limit: c.Limit, Cursor: c.Cursor})
	if err != nil {
		return err
	}
	if c.JSON {
		fmt.Fprintf(s.out, "%s\n", page.Raw)
		return nil
	}
	t := &terminal.Table{}
	t.Add("id", "status", "time", "device", "readings")
	for _, r := range page.Records {
		t.Add(r.ID, r.Status, r.Time.Local().Format(time.DateTime), describeDevice(r), describeContent(r.Content))
	}
	fmt.Fprint(s.out, t)
	if page.Next != "" {
		s.say("There are more: floormesh records --cursor %s", page.Next)
	}
	return nil
}

// follow shows records as they become final. When the gateway goes away it goes
// on, once it is back, where it was.
func (c *recordsCommand) follow(ctx context.Context, s *streams, gateway *client.Client) error {
	f := &follower{command: c, streams: s, gateway: gateway, next: client.FromEnd}
	if c.Since != "" {
		leaf, err := strconv.ParseUint(c.Since, 10, 64)
		if err != nil {
			return misused(fmt.Errorf("--since %q is no leaf's index", c.Since), "leaf indexes stand in 'floormesh records --json'")
		}
		f.next = leaf
	}
	for wait := backoffFirst; ; wait = min(2*wait, backoffLast) {
		before := f.seen
		err := f.stream(ctx)
		if ctx.Err() != nil || !f.opened || !mayPass(err) { // told to stop, or it never worked
			return quietly(ctx, err)
		}
		if f.seen > before {
			wait = backoffFirst
		}
		s.say("%v; trying again", err)
		if !pause(ctx, wait) {
			return nil
		}
	}
}

// follower shows the log from a leaf on.
type follower struct {
	command *recordsCommand
	streams *streams
	gateway *client.Client
	next    uint64 // leaf
	seen    int
	opened  bool
}

// stream follows one connection to its end.
func (f *follower) stream(ctx context.Context) error {
	if f.next == client.FromEnd { // so that nothing is missed if the connection is lost at once
		status, err := f.gateway.Status(ctx)
		if err != nil {
			return err
		}
		f.next = status.LogSize
	}
	for e, err := range f.gateway.Events(ctx, f.next, func() { f.opened = true }) {
		if err != nil {
			return err
		}
		if f.command.Device == "" || e.Device == f.command.Device {
			r, err := f.gateway.Record(ctx, e.ID)
			if err != nil {
				return err
			}
			f.show(r)
		}
		f.next, f.seen = e.Leaf+1, f.seen+1
	}
	return ctx.Err()
}

func (f *follower) show(r *client.Record) {
	if f.command.JSON {
		fmt.Fprintf(f.streams.out, "%s\n", r.Raw)
		return
	}
	leaf := ""
	if r.Leaf != nil {
		leaf = strconv.FormatUint(*r.Leaf, 10)
	}
	fmt.Fprintf(f.streams.out, "%8s  %s  %s  %s\n", leaf, r.Time.Local().Format(time.TimeOnly), describeDevice(r), describeContent(r.Content))
}

// describeDevice shows who a record is from, and the difference between a device
// that signed and one that its gateway vouches for.
func describeDevice(r *client.Record) string {
	if r.AttestedBy == nil {
		return shorten(r.Device)
	}
	return fmt.Sprintf("%s (attested by %s)", r.Device, *r.AttestedBy)
}

// describeContent shows a pack's first readings.
func describeContent(content json.RawMessage) string {
	const shown = 3
	var pack senml.Pack
	if json.Unmarshal(content, &pack) != nil {
		return "(not SenML)"
	}
	var parts []string
	for i, r := range pack {
		if i == shown {
			parts = append(parts, fmt.Sprintf("and %d more", len(pack)-shown))
			break
		}
		parts = append(parts, describeReading(&r))
	}
	return strings.Join(parts, ", ")
}

func describeReading(r *senml.Record) string {
	name := r.Name[strings.LastIndexByte(r.Name, '/')+1:]
	unit := ""
	if r.Unit != nil {
		unit = " " + *r.Unit
	}
	switch {
	case r.Value != nil:
		return fmt.Sprintf("%s %v%s", name, *r.Value, unit)
	case r.StringValue != nil:
		return fmt.Sprintf("%s %q", name, *r.StringValue)
	case r.BoolValue != nil:
		return fmt.Sprintf("%s %t", name, *r.BoolValue)
	case r.Sum != nil:
		return fmt.Sprintf("%s sum %v%s", name, *r.Sum, unit)
	}
	return name
}
