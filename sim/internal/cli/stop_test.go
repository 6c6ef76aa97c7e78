package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/floormesh/floormesh/sim"
)

// presser presses Ctrl-C once so much was written.
type presser struct {
	bytes.Buffer

	lines  int
	cancel context.CancelFunc
}

func (p *presser) Write(text []byte) (int, error) {
	if p.lines -= bytes.Count(text, []byte("\n")); p.lines <= 0 {
		p.cancel()
	}
	return p.Buffer.Write(text)
}

// TestCheckStopped: who stops a check learns what held, and how to go on.
func TestCheckStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, talk := &presser{lines: 3, cancel: cancel}, new(bytes.Buffer)
	c := &checkCommand{Seeds: 1_000_000, From: 5, Nodes: 3, Crypto: sim.CryptoOracle, Protocol: sim.Floormesh, JSON: true}
	code := complain(talk, c.run(ctx, streams{out: out, talk: talk}), exitBroken)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var total summary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &total); err != nil {
		t.Fatalf("the last line is no summary: %v: %s", err, out)
	}
	if done := total.Seeds; code != exitBroken || !total.Stopped || done < 3 || done > 1000 || len(lines) != int(done)+1 {
		t.Errorf("exit code %d, %d lines, %+v", code, len(lines), total)
	}
	want := fmt.Sprintf("stopped after %d of 1000000 seeds: all of them held\nfloorsim: hint: floorsim check --from %d --seeds %d --nodes 3 --json goes on\n",
		total.Seeds, 5+total.Seeds, 1_000_000-total.Seeds)
	if !strings.Contains(talk.String(), want) {
		t.Errorf("no %q in %s", want, talk)
	}
}

// TestStoppedVerdict: which failed is said as far as a line goes.
func TestStoppedVerdict(t *testing.T) {
	for want, total := range map[string]summary{
		"no run is over":            {},
		"all of them held":          {Seeds: 4},
		"2 held, these failed: 7 9": {Seeds: 4, Failed: []uint64{7, 9}},
		"1 held, 11 failed, the first of them: 1 2 3 4 5 6 7 8 9 10": {Seeds: 12, Failed: []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
	} {
		if got := verdict(&total); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	var talk bytes.Buffer
	c := &checkCommand{Seeds: 10, From: 1, Crypto: sim.CryptoOracle, Protocol: "hotstuff", First: true}
	err := c.stopped(streams{talk: &talk}, &summary{Seeds: 4, Failed: []uint64{2}})
	if want := "stopped after 4 of 10 seeds: 3 held, these failed: 2\nfloorsim: hint: floorsim check --from 5 --seeds 6 --protocol hotstuff --first goes on"; err != errFailed || !strings.Contains(talk.String(), want) { //nolint:errorlint // it alone
		t.Errorf("%v, %s, want %q", err, talk.String(), want)
	}
}

// TestFuzzStopped: who stops a search learns the same.
func TestFuzzStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	for hint, c := range map[string]*fuzzCommand{
		"--corpus DIR would keep what it has learnt":          {},
		"floorsim fuzz --corpus " + dir + " --seed 2 goes on": {Corpus: dir},
		"the same command begins anew, with the same scripts": {Twins: true, Rounds: 2},
	} {
		c.For, c.Seed, c.Out = time.Hour, 1, dir
		var talk bytes.Buffer
		code := complain(&talk, c.run(ctx, streams{out: new(bytes.Buffer), talk: &talk}), exitBroken)
		if code != exitBroken || !strings.Contains(talk.String(), " of 1h0m0s: nothing failed in 0 runs\n") || !strings.Contains(talk.String(), hint) {
			t.Errorf("exit code %d, no %q in %s", code, hint, talk.String())
		}
	}
}
