package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/adversary"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
)

// attacked is four gateways, each with a few records; the last one lies.
const attacked = `
name: attacked
duration: 2s
sites: [{name: a, gateways: 4}]
load: [{rate: 5/s}]
adversaries: [{kind: silent, who: {node: a/member/3}}]
checks: {settle: 30s}
outputs: {events: [{}]}
`

// war is a run that is over.
type war struct {
	*World

	run *result.Run
}

// wage runs a scenario of one site. Verdicts must hold unless the liars are too many.
func wage(t *testing.T, text string, settings ...string) *war {
	t.Helper()
	s, err := scenario.Read([]scenario.Source{{Name: "test", Text: text}}, settings...)
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewExperiment(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	run, err := x.Run("test")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range run.Summary.Failed() {
		t.Errorf("%v: %s: %s", settings, v.Checker, v.Detail)
	}
	return &war{x.sites[0], run}
}

// commits returns the chain that a node has.
func (w *war) commits(t *testing.T, node int) []*dag.Commit {
	t.Helper()
	_, chain, err := w.nodes[node].disk.store().Commits(0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// final returns how many batches of each gateway are final at a node.
func (w *war) final(t *testing.T, node int) (batches [4]int) {
	t.Helper()
	for _, c := range w.commits(t, node) {
		for _, change := range c.Cut {
			batches[w.numbers[change.Lane.Key]] += len(change.Batches)
		}
	}
	return batches
}

// sent counts what the last gateway sent each of the others while it lied, of a
// kind or, with -1, of all.
func (w *war) sent(kind int) (messages [4]int) {
	for _, e := range w.run.Events {
		if e.Act == result.Sent && e.Node == 3 && e.Peer < 4 && e.At < lied && (kind < 0 || int(e.Kind) == kind) {
			messages[e.Peer]++
		}
	}
	return messages
}

// lied is until when liars lie.
const lied = result.Instant(2 * time.Second)

const tooMany = "adversaries[0].who={node: [a/member/0, a/member/2, a/member/3]}"

// TestCensorship: what f members do not list becomes final all the same; what so
// many do not list that f+1 cannot, does not, and nothing else suffers.
func TestCensorship(t *testing.T) {
	censor := "adversaries[0].kind=censor"
	w := wage(t, attacked, censor, "adversaries[0].victims={node: a/member/1}")
	if got := w.final(t, 0); got[1] < 9 {
		t.Errorf("one censors: batches that are final: %v, want those of gateway 1 too", got)
	}
	w = wage(t, attacked, censor, "adversaries[0].victims={node: a/member/1}", tooMany, "checks.settle=0s")
	if got := w.final(t, 1); got[1] != 0 || got[0] < 5 || got[3] < 5 {
		t.Errorf("three censor: batches that are final: %v, want none of gateway 1 and those of the others", got)
	}
}

// TestSkewedClocks: one wrong clock in four is beyond the median and moves
// nothing; three take the commits' time with them, as far as they are told.
func TestSkewedClocks(t *testing.T) {
	const one = "adversaries[0].who={node: a/member/3}"
	for _, c := range []struct {
		skew, who string
		low, high time.Duration // of the commit in the middle, after the start
	}{
		{"1h", one, 100 * time.Millisecond, 2 * time.Second},
		{"-20m", one, 100 * time.Millisecond, 2 * time.Second},
		{"1h", tooMany, time.Hour, time.Hour + 2*time.Second},
		{"2h", tooMany, 2 * time.Hour, 2*time.Hour + 2*time.Second},
		{"-20m", tooMany, -20 * time.Minute, -20*time.Minute + 2*time.Second},
	} {
		w := wage(t, attacked, "adversaries[0].kind=skew", "adversaries[0].skew="+c.skew, c.who)
		chain := w.commits(t, 1)
		got := time.Duration(chain[len(chain)/2].Time-epochMillis) * time.Millisecond
		if got < c.low || got > c.high {
			t.Errorf("clocks off by %s, %s: a commit's time is %v after the start, want %v to %v", c.skew, c.who, got, c.low, c.high)
		}
	}
}

// TestSelectiveSending: victims are never told anything, and have it all the same.
func TestSelectiveSending(t *testing.T) {
	w := wage(t, attacked, "adversaries[0].kind=selective", "adversaries[0].victims={node: [a/member/0, a/member/2]}")
	if got := w.sent(-1); got[0] != 0 || got[2] != 0 || got[1] < 50 {
		t.Errorf("messages to each gateway: %v, want some to gateway 1 only", got)
	}
	if got := w.final(t, 0); got[3] < 9 {
		t.Errorf("batches that are final: %v, want those of gateway 3 too", got)
	}
}

// TestEclipse: victims are told late and not all of it, others at once.
func TestEclipse(t *testing.T) {
	const blocks = 0
	for victims, others := range map[string][]int{"a/member/1": {0, 2}, "a/member/0, a/member/2": {1}} {
		w := wage(t, attacked, "adversaries[0].kind=eclipse", "adversaries[0].victims={node: ["+victims+"]}")
		got := w.sent(blocks)
		for node := range 3 {
			if fine := got[node] > got[others[0]]*7/8; fine != slices.Contains(others, node) || got[node] == 0 {
				t.Errorf("victims %s: blocks to each gateway: %v, want clearly fewer to victims", victims, got)
			}
		}
	}
}

// TestSyncFlood: each peer is asked at the rate that is said.
func TestSyncFlood(t *testing.T) {
	flood := "adversaries[0].kind=sync-flood"
	none := wage(t, attacked, flood, "adversaries[0].rate=0/s").sent(-1)
	for rate, want := range map[string]int{"20/s": 40, "500/s": 1000} {
		got := wage(t, attacked, flood, "adversaries[0].rate="+rate).sent(-1)
		for peer := range 3 {
			if more := got[peer] - none[peer]; more < want*8/10 || more > want*12/10+20 {
				t.Errorf("%s: %d messages more to gateway %d, want about %d", rate, more, peer, want)
			}
		}
	}
}

// TestLateLeaders: a block that comes before the others' patience ends is
// committed and slows its round, one that comes after is passed over.
func TestLateLeaders(t *testing.T) {
	led := map[string]int{}
	rounds := map[string]uint64{}
	for _, late := range []string{"0%", "90%", "400%"} {
		w := wage(t, attacked, "adversaries[0].kind=leader-late", "adversaries[0].late="+late, "load[0].rate=50/s", "outputs.events=[]")
		for _, c := range w.commits(t, 0) {
			if c.Leader.Author == 3 && time.Duration(c.Time-epochMillis)*time.Millisecond < 2*time.Second {
				led[late]++
			}
		}
		rounds[late] = uint64(w.checks.Rounds())
	}
	if led["90%"] < 5 || led["400%"] > led["90%"]/2 {
		t.Errorf("commits that the liar led: %v, want some of those in time and hardly any of those too late", led)
	}
	if rounds["0%"] < rounds["90%"]*3/2 {
		t.Errorf("rounds: %v, want far more if leaders are quick", rounds)
	}
}

// TestTwoAttacksOfOneNode: a node that is named twice makes both attacks, each in its time.
func TestTwoAttacksOfOneNode(t *testing.T) {
	w := wage(t, attacked, "adversaries=[{kind: silent, who: {node: a/member/3}, until: 1s}, "+
		"{kind: selective, who: {node: a/member/3}, from: 1s, victims: {node: a/member/0}}]")
	for _, e := range w.run.Events {
		silent := e.At < result.Instant(time.Second)
		if e.Act == result.Sent && e.Node == 3 && e.Peer < 4 && e.At < lied && (silent || e.Peer == 0) {
			t.Fatalf("at %v it sends to gateway %d", time.Duration(e.At), e.Peer)
		}
	}
	if got := w.sent(-1); got[1] == 0 {
		t.Errorf("messages to each gateway: %v, want some to gateway 1", got)
	}
}

// TestSettingsInPlans: what liars were told survives a file, and what cannot be run is refused.
func TestSettingsInPlans(t *testing.T) {
	plan := Brief(1, CryptoOracle)
	plan.Liars = []LiarPlan{{
		Node: 3, Kind: "censor", From: 5, Until: instant(time.Second),
		Settings: &adversary.Settings{Victims: []int{0, 2}, Skew: -time.Hour, Every: time.Second, Late: time.Millisecond},
	}}
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadFinding(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plan, read.Plan); diff != "" {
		t.Error(diff)
	}
	for name, spoil := range map[string]func(*LiarPlan){
		"victims": func(l *LiarPlan) { l.Settings.Victims = []int{2, 0} },
		"every":   func(l *LiarPlan) { l.Settings.Every = 1 },
		"late":    func(l *LiarPlan) { l.Settings.Late = -1 },
		"until":   func(l *LiarPlan) { l.Until = -1 },
	} {
		bad, err := ReadFinding(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		spoil(&bad.Liars[0])
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), "liars[0]."+name) && !strings.Contains(err.Error(), "settings."+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// everything is every attack that can be told what to do, a lost disk, a narrow
// link, readings that gateways sign for, and several windows, in six sites.
const everything = `
name: everything
duration: 62s
sites: [{name: a, count: 5, gateways: 4}, {name: b, gateways: 5, committee: 4, devices: 3}]
load:
  - {rate: 2/s, stop: 1s}
  - {name: sensors, who: {role: device}, rate: 4/s, stop: 1s, attested: true, again: 30%}
adversaries:
  - {kind: censor, until: 1s, who: {node: a/0/member/1}, victims: {node: [a/0/member/0, a/0/member/2]}}
  - {kind: skew, until: 1s, who: {node: a/1/member/2}, skew: -3h}
  - {kind: leader-late, until: 1s, who: {node: a/2/member/3}, late: 80%}
  - {kind: selective, until: 1s, who: {node: a/3/member/1}, victims: {site: a/3, role: member, amount: 1}}
  - {kind: eclipse, until: 1s, who: {node: a/4/member/2}}
  - {kind: sync-flood, until: 1s, who: {node: a/4/member/2}, rate: 30/s}
faults:
  - {kind: crash, at: 1s, for: 1m, disk: lost, who: {node: [b/member/1, b/gateway/0]}}
  - {kind: clog, at: 200ms, for: 500ms, extra: 1ms, bandwidth: 2Mbit/s, who: {site: a/0, amount: 2}}
outputs:
  events: [{who: {node: a/0/member/1}, until: 1s}, {who: {site: b}, from: 61s}]
  dag: [{who: {site: a}, until: 1s}]
checks: {settle: 30s}
`

// TestWorkersChangeNoAttack runs all of it on one worker and on two.
func TestWorkersChangeNoAttack(t *testing.T) {
	var prints []string
	for _, workers := range []int{1, 2} {
		s, err := scenario.Read([]scenario.Source{{Name: "test", Text: everything}})
		if err != nil {
			t.Fatal(err)
		}
		x, err := NewExperiment(s, workers)
		if err != nil {
			t.Fatal(err)
		}
		run, err := x.Run("test")
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range run.Summary.Failed() {
			t.Errorf("%d workers: %s: %s", workers, v.Checker, v.Detail)
		}
		prints = append(prints, fmt.Sprint(run.Summary.Fingerprint, len(run.Events), len(run.Blocks), run.Summary.Final))
	}
	if prints[0] != prints[1] {
		t.Errorf("one worker and two: %v", prints)
	}
}
