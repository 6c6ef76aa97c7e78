package recording_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/sync/message"
)

func verifier(d *dag.Domain) *dag.Verifier { return dag.NewVerifier(d, rand.NewChaCha8([32]byte{1})) }

// sample is a start and one Step of each kind of input.
func sample(tb testing.TB) (*recording.Start, []*recording.Taken) {
	g, nodes, members := dagtest.Genesis(4)
	v := verifier(g.Domain())
	record := dagtest.Reading(g.ID(), dagtest.DeviceKey(0), 1)
	records, errs := dag.Verify(v, []*dag.Record{record})
	if errs[0] != nil {
		tb.Fatal(errs[0])
	}
	batch, err := dag.SignBatch(dag.BatchHeader{
		Ledger: g.Ledger(), Lane: dag.LaneID{Key: nodes[0].Public()}, Seq: 1, ClaimedAt: 1_700_000_000_000,
	}, []*dag.Record{record}, nodes[0])
	if err != nil {
		tb.Fatal(err)
	}
	messages, errs := dag.Verify(v, []message.Message{&message.Batches{Batches: []*dag.Batch{batch}}})
	if errs[0] != nil {
		tb.Fatal(errs[0])
	}
	start := &recording.Start{
		Build: "here", Genesis: g, Node: nodes[0].Public(), Member: members[0].Public(), Wall: 7,
		Timing: replica.DefaultTiming(), Seed: [32]byte{9},
		Restored: &store.Restored{
			State: []byte{}, Recent: []dag.Digest{{1}, {2}}, Cosigned: 3, OwnLanes: 4, Retired: "lost", Diverged: "alone",
			LaneTips: []store.BatchMeta{{Lane: batch.Lane, Seq: 1, ID: batch.ID(), Bytes: 5, Records: 1}},
		},
	}
	inputs := []replica.Input{
		replica.Tick{},
		replica.Connected{Peer: nodes[1].Public()},
		replica.Submitted{Records: []replica.Submission{{Ticket: 5, Record: records[0], Class: 1}}},
		replica.Received{From: nodes[1].Public(), Message: messages[0]},
		replica.Loaded{Batches: []*dag.Batch{batch}},
		replica.Persisted{Seq: 8},
		replica.Disconnected{Peer: nodes[1].Public()},
	}
	var steps []*recording.Taken
	for i, in := range inputs {
		steps = append(steps, &recording.Taken{
			Now: replica.Instant(i) * replica.Instant(time.Second), Wall: dag.UnixMilli(i), Input: in, Wake: replica.Never,
			Outputs:    []replica.Output{replica.Stored{Ticket: replica.Ticket(i), Record: record.ID()}, replica.Curbed{}},
			Signatures: []recording.Signature{{Message: recording.DigestOf([]byte{byte(i)}), Signature: dag.Signature{byte(i)}}},
		})
	}
	return start, steps
}

func write(tb testing.TB, start *recording.Start, steps []*recording.Taken) []byte {
	var file bytes.Buffer
	w, err := recording.Begin(&file, start)
	if err != nil {
		tb.Fatal(err)
	}
	for i, s := range steps {
		if err := w.Append(s); err != nil {
			tb.Fatal(err)
		}
		if i == 2 {
			if err := w.Flush(); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if err := w.End("enough"); err != nil {
		tb.Fatal(err)
	}
	if got, want := w.Bytes(), int64(file.Len()); got != want {
		tb.Errorf("%d bytes are said to be written, want %d", got, want)
	}
	return file.Bytes()
}

// read returns the Steps as they could be taken, without outputs.
func read(file []byte) (start *recording.Start, steps []*recording.Taken, err error) {
	r, err := recording.NewReader(bytes.NewReader(file), verifier)
	if err != nil {
		return nil, nil, err
	}
	for {
		s, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r.Start(), steps, nil
		}
		if err != nil {
			return r.Start(), steps, err
		}
		steps = append(steps, &recording.Taken{Now: s.Now, Wall: s.Wall, Input: s.Input, Signatures: s.Signatures})
	}
}

// TestRoundTrip writes a recording, reads it and writes what was read.
func TestRoundTrip(t *testing.T) {
	start, steps := sample(t)
	file := write(t, start, steps)
	gotStart, got, err := read(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(steps) {
		t.Fatalf("read %d steps, want %d", len(got), len(steps))
	}
	for i := range got {
		got[i].Outputs, got[i].Wake = steps[i].Outputs, steps[i].Wake
	}
	if !bytes.Equal(write(t, gotStart, got), file) {
		t.Error("what was read is written in another way")
	}
	if gotStart.Gateway() != start.Genesis.Gateways[0].Name || gotStart.Timing != start.Timing {
		t.Errorf("start: got %+v", gotStart)
	}
	if d := cmp.Diff(start.Restored, gotStart.Restored, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("restored (-want +got):\n%s", d)
	}
	if gotStart.Restored.State == nil {
		t.Error("an empty state is read as none")
	}
}

// TestOutputsAreTold digests outputs that differ a little.
func TestOutputsAreTold(t *testing.T) {
	seen := map[recording.Digest]bool{}
	for _, out := range [][]replica.Output{
		nil,
		{replica.Curbed{}},
		{replica.Curbed{}, replica.Curbed{}},
		{replica.Curbed{Peer: dag.PublicKey{1}}},
		{replica.Stored{Ticket: 1}},
		{replica.Stored{Ticket: 2}},
		{replica.Known{Ticket: 1}},
		{replica.Known{Ticket: 1, Leaf: 1}},
		{replica.Turned{Ticket: 1, Reason: replica.ErrOverloaded}},
		{replica.Turned{Ticket: 1, Reason: replica.ErrNotEntitled}},
	} {
		digest, kinds := new(recording.Digester).Add(out, 1)
		if seen[digest] || len(kinds) != len(out) {
			t.Errorf("%v has digest %s, which another has, or kinds %v", out, digest, kinds)
		}
		seen[digest] = true
	}
}

func TestBuildsAreCompared(t *testing.T) {
	clean := recording.BuildName("", "0123456789abcdef01", false, "")
	release := recording.BuildName("v1.2.0", "", false, "")
	for _, c := range []struct {
		a, b string
		want recording.Same
	}{
		{clean, clean, recording.Equal},
		{clean, "", recording.Unknown},
		{clean, recording.BuildName("", "0123456789abcdef01", true, ""), recording.Unknown},
		{clean, recording.BuildName("", "0123456789abcdef01", false, "x"), recording.Different},
		{clean, recording.BuildName("", "1123456789abcdef01", true, ""), recording.Different},
		{recording.BuildName("", "", false, "x"), clean, recording.Unknown},
		{release, release, recording.Equal},
		{release, recording.BuildName("v1.3.0", "", false, ""), recording.Different},
		{release, recording.BuildName("v1.2.0-dirty", "", false, ""), recording.Unknown},
		{release, clean, recording.Unknown},
	} {
		if got := recording.CompareBuilds(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// FuzzReader reads anything: no panic, and no end but those that are named.
func FuzzReader(f *testing.F) {
	start, steps := sample(f)
	file := write(f, start, steps)
	f.Add(file)
	f.Add(file[:len(file)-5])
	f.Add(file[:60])
	f.Fuzz(func(t *testing.T, file []byte) {
		_, _, err := read(file)
		for _, want := range []error{nil, recording.ErrNoRecording, recording.ErrVersion, recording.ErrCorrupt, recording.ErrTorn} {
			if errors.Is(err, want) {
				return
			}
		}
		t.Errorf("unnamed error %v", err)
	})
}
