package picture_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/picture"
	"github.com/floormesh/floormesh/sim/result/resulttest"
)

var rewrite = flag.Bool("rewrite", false, "accept the pictures as they are")

// golden compares a picture with the one that was looked at.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), string(want)); diff != "" {
		t.Errorf("%s is another picture; look at it, then run the test with -rewrite:\n%s", name, diff)
	}
}

// small is a run of three messages, one of them lost, and a crash.
func small() *result.Run {
	const ms = 1_000_000
	event := func(at result.Instant, node result.Node, act result.Act, peer result.Node, m result.Message, label string) result.Logged {
		return result.Logged{Event: result.Event{At: at * ms, Node: node, Peer: peer, Act: act, Message: m, Label: label}}
	}
	run := &result.Run{Asked: result.Asked{{To: 100 * ms}}, Events: []result.Logged{
		event(1, 0, result.Made, result.NoNode, 0, "block 1"),
		event(1, 0, result.Sent, 1, 7, ""),
		event(1, 0, result.Sent, 2, 7, ""),
		event(3, 1, result.Received, 0, 7, ""),
		event(4, 2, result.Lost, 0, 7, ""),
		event(6, 1, result.Committed, result.NoNode, 0, ""),
		event(7, 2, result.Crashed, result.NoNode, 0, "power cut"),
		event(9, 1, result.Sent, 0, 8, ""),
		event(30, 2, result.Restarted, result.NoNode, 0, "back"),
		event(31, 2, result.Received, 9, 8, ""),
	}}
	run.Summary.Kinds = []string{"block"}
	run.Summary.Faults = []result.Fault{
		{Kind: "crash", Label: "n2", From: 7 * ms, To: 30 * ms, Nodes: []result.Node{2}},
		{Kind: "clog", Label: "all", From: 90 * ms, To: 95 * ms},
	}
	run.Blocks = []result.Block{
		{ID: 1, Round: 1, Author: 0},
		{ID: 2, Round: 1, Author: 1},
		{ID: 3, Round: 1, Author: 2},
		{ID: 4, Round: 1, Author: 2},
		{ID: 5, Round: 2, Author: 0, Parents: []uint64{1, 2, 3}},
		{ID: 6, Round: 2, Author: 1, Parents: []uint64{1, 2, 4}},
		{ID: 7, Round: 3, Author: 1, Parents: []uint64{6, 5}},
	}
	run.Decisions = []result.Decision{{Round: 1, Author: 0, Committed: true, Block: 1}, {Round: 2, Author: 2}, {Round: 3, Author: 1}}
	return run
}

// TestPictures draws a small run, as it is attached to failures.
func TestPictures(t *testing.T) {
	var spaceTime, dag bytes.Buffer
	if err := picture.SpaceTime(&spaceTime, small(), picture.Span{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "space-time.svg", spaceTime.Bytes())
	if err := picture.DAG(&dag, small(), 0, picture.Rounds{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "dag.svg", dag.Bytes())
}

// TestMuchIsCut: a picture stays readable, and says that something is missing.
func TestMuchIsCut(t *testing.T) {
	run := resulttest.Run(t, resulttest.Options{Seed: 7, Nodes: 10, Logged: true})
	var out bytes.Buffer
	if err := picture.SpaceTime(&out, run, picture.Span{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), " later events are not shown") {
		t.Error("events are missing, and nothing says so")
	}
	out.Reset()
	if err := picture.DAG(&out, run, 0, picture.Rounds{From: 2, To: 4}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), " blocks that were kept are shown") || strings.Contains(out.String(), "round 5,") {
		t.Error("rounds 2 to 4 were asked for")
	}
}

// TestNothingToDraw: a run without events and blocks gives empty pictures, not a panic.
func TestNothingToDraw(t *testing.T) {
	var out bytes.Buffer
	if err := picture.SpaceTime(&out, &result.Run{}, picture.Span{}); err != nil || out.Len() == 0 {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
	if err := picture.DAG(&out, &result.Run{}, 0, picture.Rounds{}); err != nil {
		t.Error(err)
	}
}
