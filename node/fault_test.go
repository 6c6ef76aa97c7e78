package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/dag/store"
	"github.com/floormesh/floormesh/node/disk"
)

func TestRestart(t *testing.T) {
	dir, mesh := initMesh(t, 1)
	home := filepath.Join(dir, "gw1")
	n := start(t, home, Options{})
	first := accepted(t, n.Submit(t.Context(), dag.LaneReadings, records(t, mesh, 0, 0, 10)))
	finals(t, n.Node, 10)
	n.stop(t)

	n = start(t, home, Options{})
	second := accepted(t, n.Submit(t.Context(), dag.LaneReadings, records(t, mesh, 0, 10, 10)))
	if diff := cmp.Diff(finals(t, n.Node, 20), slices.Concat(first, second)); diff != "" {
		t.Error(diff)
	}
	if s := n.Status(); s.Final != 20 || s.Accepted != 10 || s.Stored != 0 || !s.Healthy {
		t.Errorf("status %+v, want 20 final, 10 accepted, none stored, healthy", s)
	}
}

func TestTwoOfFourDead(t *testing.T) {
	dir, mesh := initMesh(t, 4)
	nodes := startMesh(t, dir, 4)
	before := accepted(t, nodes[0].Submit(t.Context(), dag.LaneReadings, records(t, mesh, 0, 0, 5)))
	for _, n := range nodes {
		finals(t, n.Node, 5)
	}
	nodes[2].stop(t)
	nodes[3].stop(t)

	meanwhile := accepted(t, nodes[1].Submit(t.Context(), dag.LaneReadings, records(t, mesh, 0, 5, 5)))
	if v, err := nodes[1].Record(meanwhile[0]); err != nil || v.Status == StatusFinal {
		t.Errorf("got %+v, %v with two of four gateways, want a record that is not final", v, err)
	}
	nodes[3] = start(t, filepath.Join(dir, "gw4"), Options{})
	for _, n := range []*running{nodes[0], nodes[1], nodes[3]} {
		if diff := cmp.Diff(finals(t, n.Node, 10), slices.Concat(before, meanwhile)); diff != "" {
			t.Errorf("%s: %s", n.Config().Name, diff)
		}
	}
}

func TestLostStore(t *testing.T) {
	for name, lose := range map[string]func(data string) error{
		"no directory": os.RemoveAll,
		"empty":        func(data string) error { return errors.Join(os.RemoveAll(data), os.Mkdir(data, dirMode)) },
		"stray file": func(data string) error {
			return errors.Join(os.RemoveAll(data), os.Mkdir(data, dirMode), os.WriteFile(filepath.Join(data, "LOCK"), nil, secretMode))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := initMesh(t, 1)
			home := filepath.Join(dir, "gw1")
			start(t, home, Options{}).stop(t)
			start(t, home, Options{}).stop(t) // as long as the store is there
			if err := lose(filepath.Join(home, dataDir)); err != nil {
				t.Fatal(err)
			}
			for range 2 { // nor does it make a new one
				if n, err := Open(home, Options{}); !errors.Is(err, ErrLostStore) {
					t.Fatalf("opened %v with error %v, want %v", n, err, ErrLostStore)
				}
			}
		})
	}
}

// TestWhoStoppedSigningSaysSo starts a gateway that stopped signing in an earlier
// life: it says so and what to do, and goes on accepting records.
func TestWhoStoppedSigningSaysSo(t *testing.T) {
	dir, mesh := initMesh(t, 1)
	home := filepath.Join(dir, "gw1")
	start(t, home, Options{}).stop(t)
	l, err := disk.Open(filepath.Join(home, dataDir), disk.Options{Mesh: mesh})
	if err != nil {
		t.Fatal(err)
	}
	stop := &store.Write{Retired: "forgot a block", Diverged: "another log"}
	if err := errors.Join(l.Apply(stop), l.Sync(), l.Close()); err != nil {
		t.Fatal(err)
	}
	n := start(t, home, Options{})
	accepted(t, n.Submit(t.Context(), dag.LaneReadings, records(t, mesh, 0, 0, 1)))
	s := n.Status()
	if len(s.Alarms) != 2 || !strings.Contains(s.Alarms[0], "forgot a block; this gateway signs no blocks") ||
		!strings.Contains(s.Alarms[1], "another log; this gateway cosigns no checkpoints") {
		t.Errorf("alarms %q, want both reasons and what to do", s.Alarms)
	}
	if s.Final != 0 || s.Stored != 1 {
		t.Errorf("%d records final and %d stored with the only member retired, want 0 and 1", s.Final, s.Stored)
	}
}

// brittle is a disk that fails when told to.
type brittle struct {
	ledger

	err atomic.Pointer[error]
}

func (b *brittle) Apply(w *store.Write) error {
	if err := b.err.Load(); err != nil {
		return *err
	}
	return b.ledger.Apply(w)
}

func TestFullDisk(t *testing.T) {
	dir, mesh := initMesh(t, 1)
	home := filepath.Join(dir, "gw1")
	var b *brittle
	n, err := Open(home, Options{openLedger: func(dir string, o disk.Options) (ledger, error) {
		l, err := disk.Open(dir, o)
		b = &brittle{ledger: l}
		return b, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()

	kept := accepted(t, n.Submit(ctx, dag.LaneReadings, records(t, mesh, 0, 0, 10)))
	finals(t, n, 10)
	full := fmt.Errorf("%w: %w", disk.ErrFull, syscall.ENOSPC)
	b.err.Store(&full)
	for range 2 { // the first meets the failure, the second comes later
		got := n.Submit(ctx, dag.LaneReadings, records(t, mesh, 0, 10, 1))
		if !errors.Is(got[0].Err, ErrStopped) || !errors.Is(got[0].Err, syscall.ENOSPC) {
			t.Errorf("got error %v, want %v with the disk's", got[0].Err, ErrStopped)
		}
	}
	if s := n.Status(); s.Healthy || s.Problem == "" {
		t.Errorf("status %+v, want unhealthy with a problem", s)
	}
	if v, err := n.Record(kept[0]); err != nil || v.Status != StatusFinal {
		t.Errorf("got %+v, %v from a full disk, want a final record", v, err)
	}
	cancel()
	if err := <-done; !errors.Is(err, ErrStopped) {
		t.Errorf("run ended with %v, want %v", err, ErrStopped)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}

	again := start(t, home, Options{})
	late := accepted(t, again.Submit(t.Context(), dag.LaneReadings, records(t, mesh, 0, 10, 1)))
	if diff := cmp.Diff(finals(t, again.Node, 11), slices.Concat(kept, late)); diff != "" {
		t.Error(diff)
	}
}

func TestReceipts(t *testing.T) {
	dir := t.TempDir()
	mesh, err := Init(dir, InitOptions{
		Mesh: "test", Site: "plant", Gateways: 1, Devices: []dag.PublicKey{dagtest.DeviceKey(1).Public()},
	})
	if err != nil {
		t.Fatal(err)
	}
	n := start(t, filepath.Join(dir, "gw1"), Options{})
	good := records(t, mesh, 1, 0, 1)[0]
	broken := slices.Clone(good)
	broken[len(broken)-1] ^= 1
	stranger := records(t, mesh, 2, 0, 1)[0]
	foreign := records(t, dag.MeshID{1}, 1, 0, 1)[0]

	got := n.Submit(t.Context(), dag.LaneReadings, [][]byte{broken, good, stranger, {0x80}, foreign})
	if got[1].Err != nil || got[1].Known {
		t.Errorf("a good record among bad ones: %+v", got[1])
	}
	for i, want := range map[int]error{0: dag.ErrSignature, 2: ErrNotEntitled, 3: dag.ErrEncoding, 4: dag.ErrSignature} {
		if !errors.Is(got[i].Err, want) {
			t.Errorf("record %d: got error %v, want %v", i, got[i].Err, want)
		}
	}
	again := n.Submit(t.Context(), dag.LaneReadings, [][]byte{good, good})
	for _, r := range again {
		if r.Err != nil || !r.Known || r.ID != got[1].ID {
			t.Errorf("a record once more: %+v, want %v known", r, got[1].ID)
		}
	}
	if got := n.Submit(t.Context(), dag.LaneReadings, make([][]byte, MaxSubmit+1)); !errors.Is(got[MaxSubmit].Err, dag.ErrLimit) {
		t.Errorf("too many at once: got error %v, want %v", got[MaxSubmit].Err, dag.ErrLimit)
	}
}

func TestViews(t *testing.T) {
	dir, mesh := initMesh(t, 1)
	n := start(t, filepath.Join(dir, "gw1"), Options{})
	ids := accepted(t, n.Submit(t.Context(), dag.LaneReadings, records(t, mesh, 1, 0, 3)))
	ids = append(ids, accepted(t, n.Attest(t.Context(), dag.LaneAlarms, []senml.Pack{
		senml.Reading("press-9", "oil", "Cel", 61.5, 1_700_000_000_000),
	}))...)
	finals(t, n.Node, 4)

	v, err := n.Record(ids[3])
	if err != nil {
		t.Fatal(err)
	}
	if v.Device != "press-9" || v.AttestedBy != "gw1" || v.Gateway != "gw1" || v.Status != StatusFinal ||
		v.Leaf == nil || v.Time.UnixMilli() != 1_700_000_000_000 || v.Content[0].Name != "press-9/oil" {
		t.Errorf("attested record is shown as %+v", v)
	}
	page, err := n.Records(Query{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Records) != 3 || page.Next == "" || page.Records[0].AttestedBy != "" {
		t.Errorf("first page has %d records and cursor %q, want 3 and more to come", len(page.Records), page.Next)
	}
	rest, err := n.Records(Query{Limit: 3, Cursor: page.Next})
	if err != nil || len(rest.Records) != 1 || rest.Next != "" {
		t.Errorf("second page %+v, %v, want the last record", rest, err)
	}
	for _, q := range []Query{{Limit: -1}, {Limit: disk.MaxPageRecords + 1}, {Cursor: "?"}} {
		if _, err := n.Records(q); !errors.Is(err, ErrQuery) {
			t.Errorf("query %+v: got error %v, want %v", q, err, ErrQuery)
		}
	}

	if _, err := n.Record(dag.RecordID{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got error %v, want %v", err, ErrNotFound)
	}
	if _, err := n.Proof(dag.RecordID{1}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got error %v, want %v", err, ErrNotFound)
	}
	checkProof(t, n.Node, mesh, ids[3])
	if note, err := n.Checkpoint(); err != nil || len(note) == 0 {
		t.Errorf("checkpoint %q, %v", note, err)
	}
	if tile, err := n.Tile("0/000.p/2"); err != nil || len(tile) != 64 {
		t.Errorf("tile of %d bytes, %v, want 64", len(tile), err)
	}
	for _, path := range []string{"0/001", "entries/000", "../0/000", ""} {
		if _, err := n.Tile(path); !errors.Is(err, ErrNotFound) {
			t.Errorf("tile %q: got error %v, want %v", path, err, ErrNotFound)
		}
	}
}

func TestEventsResume(t *testing.T) {
	dir, mesh := initMesh(t, 1)
	n := start(t, filepath.Join(dir, "gw1"), Options{})
	accepted(t, n.Submit(t.Context(), dag.LaneReadings, records(t, mesh, 1, 0, 5)))
	all := leaves(t, n.Node, 0, 6) // five records and their commit, at least
	if diff := cmp.Diff(leaves(t, n.Node, all[3].Leaf, 1)[0], all[3]); diff != "" {
		t.Error(diff)
	}
	for i, e := range all {
		if e.Leaf != dag.LeafIndex(i) || e.Final.IsZero() || e.Commit == 0 {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	// Ends when its consumer's context does, however long it would have to wait.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for run, err := range n.Events(ctx, 1<<40) {
		t.Errorf("got %+v, %v of a leaf far away", run, err)
	}
}
