package explore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/adversary"
	"github.com/floormesh/floormesh/sim/scenario"
)

// Scenario returns a plan as a scenario, to be read and played with. Its run has other
// streams of randomness and submits by a rate, so that what the plan shows may take
// some seeds there. Plans that a scenario has no words for give an error that says why.
func Scenario(name string, f *sim.Finding) (string, error) {
	if err := speakable(&f.Plan); err != nil {
		return "", err
	}
	p := &f.Plan
	var b strings.Builder
	if f.Violates != "" {
		fmt.Fprintf(&b, "# Violated %s as a plan; floorsim check --plan %s.json replays that exactly.\n", f.Violates, name)
	}
	fmt.Fprintf(&b, "name: %s\nseed: %d\nduration: %v\n", name, p.Seed, end(p).Round(time.Second)+time.Minute)
	fmt.Fprintf(&b, "sites: [{name: plant, gateways: %d}]\n", p.Nodes)
	fmt.Fprintf(&b, "roles: {member: {disk: {fsync: %v, jitter: %v, read: %v}, clock: {skew: 0s, drift: 0%%}}}\n", p.Disk.Sync, p.Disk.Jitter, p.Disk.Read)
	fmt.Fprintf(&b, "network:\n  notice: %v\n  within: {latency: %v, jitter: %v, loss: %s, copies: %s, ordered: %v}\n",
		p.Link.Notice, p.Link.Latency, p.Link.Jitter, thousandths(p.Link.Loss), thousandths(p.Link.Copies), p.Link.Ordered)
	if p.Load.Records > 0 {
		visits := max(1, p.Load.Records/p.Load.Group)
		every := max(p.Load.Spread/time.Duration(visits), time.Millisecond)
		start := time.Duration(p.Load.Start)
		fmt.Fprintf(&b, "load: [{per: all, rate: 1/%v, records: %d, size: %dB, start: %v, stop: %v, again: %s}]\n",
			every, min(p.Load.Group, p.Load.Records), max(p.Load.Payload, 16), start, start+every*time.Duration(visits), thousandths(p.Load.Again))
	}
	section(&b, "faults", p.Faults, func(f sim.Fault) string { return faultWords(&f, p.Nodes) })
	section(&b, "adversaries", p.Liars, func(l sim.LiarPlan) string { return liarWords(&l) })
	if _, err := scenario.Read([]scenario.Source{{Name: name + ".yaml", Text: b.String()}}); err != nil {
		return "", fmt.Errorf("a scenario has no words for it: %w", err)
	}
	return b.String(), nil
}

// section writes a list, if there is anything in it.
func section[T any](b *strings.Builder, name string, items []T, words func(T) string) {
	for i, item := range items {
		if i == 0 {
			fmt.Fprintf(b, "%s:\n", name)
		}
		fmt.Fprintf(b, "  - {%s}\n", words(item))
	}
}

// speakable says what of a plan a scenario cannot say.
func speakable(p *sim.Plan) error {
	switch {
	case slices.ContainsFunc(p.Clocks, func(c sim.ClockPlan) bool { return c != sim.ClockPlan{} }):
		return errors.New("a scenario cannot set each node's clock")
	case p.Link.Loss > 0 && p.Link.Loss != p.Link.LossAfter:
		return errors.New("a scenario's loss does not change once faults are over")
	case p.CPU != nil:
		return errors.New("a scenario's processors are not those of a plan")
	case slices.ContainsFunc(p.Liars, func(l sim.LiarPlan) bool { return l.Kind == adversary.Scripted }):
		return errors.New("a scenario has no scripts for liars")
	}
	return nil
}

// end returns when the last fault and the last submission are over.
func end(p *sim.Plan) time.Duration {
	last := time.Duration(p.Load.Start) + p.Load.Spread
	for _, f := range p.Faults {
		last = max(last, time.Duration(f.To))
	}
	return last
}

func thousandths(n int) string { return fmt.Sprintf("%d.%d%%", n/10, n%10) }

// faultWords returns the keys of a fault.
func faultWords(f *sim.Fault, nodes int) string {
	kind, more := f.Kind, ""
	switch f.Kind {
	case sim.FaultDeaf: // nobody is told, which is what a clog is
		kind, more = "clog", ", direction: in, loss: 100%, extra: 0s"
	case sim.FaultDelay:
		kind, more = "clog", fmt.Sprintf(", extra: %v", f.Extra)
	case sim.FaultDisk:
		kind, more = "disk-slow", fmt.Sprintf(", extra: %v", f.Extra)
	}
	text := fmt.Sprintf("kind: %s, at: %v, for: %v%s", kind, time.Duration(f.From), max(time.Duration(f.To-f.From), 1), more)
	if len(f.Nodes) < nodes {
		text += ", who: " + who(f.Nodes)
	}
	return text
}

// liarWords returns the keys of an adversary. What a liar was not told, the
// scenario's defaults say.
func liarWords(l *sim.LiarPlan) string {
	text := fmt.Sprintf("kind: %s, who: %s", l.Kind, who([]int{l.Node}))
	if l.Until != 0 {
		text += fmt.Sprintf(", from: %v, until: %v", time.Duration(l.From), time.Duration(l.Until))
	}
	s := l.Settings
	if s == nil {
		return text
	}
	switch scenario.Attack(l.Kind) {
	case scenario.AttackSelective, scenario.AttackCensor, scenario.AttackEclipse:
		if len(s.Victims) > 0 {
			text += ", victims: " + who(s.Victims)
		}
	case scenario.AttackSkew:
		text += fmt.Sprintf(", skew: %v", s.Skew)
	case scenario.AttackSyncFlood:
		if s.Every > 0 {
			text += fmt.Sprintf(", rate: 1/%v", s.Every)
		}
	default: // how late a block is, a scenario says in shares of a timeout that plans do not have
	}
	return text
}

// who names nodes as a scenario does.
func who(nodes []int) string {
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = fmt.Sprintf("plant/member/%d", n)
	}
	return "{node: [" + strings.Join(names, ", ") + "]}"
}
