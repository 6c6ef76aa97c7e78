package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/dag/proof"
	"github.com/floormesh/floormesh/dag/senml"
)

// patience bounds every wait of a test that would otherwise hang.
const patience = 30 * time.Second

// initMesh founds a mesh of n gateways in a temporary directory.
func initMesh(t testing.TB, n int) (dir string, mesh dag.MeshID) {
	t.Helper()
	dir = t.TempDir()
	mesh, err := Init(dir, InitOptions{Mesh: "test", Site: "plant", Gateways: n})
	if err != nil {
		t.Fatal(err)
	}
	return dir, mesh
}

// running is a node at work.
type running struct {
	*Node

	cancel context.CancelFunc
	done   chan error
	once   sync.Once
}

// start opens and runs a gateway until stop, or the end of the test.
func start(t testing.TB, dir string, o Options) *running {
	t.Helper()
	n, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Node: n, cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- n.Run(ctx) }()
	t.Cleanup(func() { r.stop(t) })
	select {
	case <-n.Ready():
	case err := <-r.done:
		t.Fatal(err)
	}
	return r
}

// stop ends a node that is to end well.
func (r *running) stop(t testing.TB) {
	t.Helper()
	r.once.Do(func() {
		r.cancel()
		if err := <-r.done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// startMesh runs all gateways of a mesh.
func startMesh(t testing.TB, dir string, n int) []*running {
	t.Helper()
	nodes := make([]*running, n)
	for i := range nodes {
		nodes[i] = start(t, filepath.Join(dir, gatewayName(i)), Options{})
	}
	return nodes
}

// records makes signed readings, all different.
func records(t testing.TB, mesh dag.MeshID, device, from, n int) [][]byte {
	t.Helper()
	raw := make([][]byte, n)
	for i := range raw {
		pack := senml.Reading(fmt.Sprintf("press-%d", device), "oil", "Cel", float64(from+i), dag.UnixMilli(1_700_000_000_000+from+i))
		payload, err := pack.EncodeCBOR()
		if err != nil {
			t.Fatal(err)
		}
		r, err := dag.SignRecord(mesh, dagtest.DeviceKey(device), dag.FormatSenMLCBOR, payload)
		if err != nil {
			t.Fatal(err)
		}
		raw[i] = r.Raw()
	}
	return raw
}

// accepted fails the test unless every receipt is good, and returns the ids.
func accepted(t testing.TB, receipts []Receipt) []dag.RecordID {
	t.Helper()
	ids := make([]dag.RecordID, len(receipts))
	for i, r := range receipts {
		if r.Err != nil {
			t.Fatalf("record %d: %v", i, r.Err)
		}
		ids[i] = r.ID
	}
	return ids
}

// finals waits until a node's log holds n records and returns them in order.
func finals(t testing.TB, n *Node, want int) []dag.RecordID {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var ids []dag.RecordID
	for run, err := range n.Events(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range run {
			if !e.Record.IsZero() {
				ids = append(ids, e.Record)
			}
		}
		if len(ids) >= want {
			return ids[:want]
		}
	}
	t.Fatalf("%s: %d of %d records are final after %v; status %+v", n.home.config.Name, len(ids), want, patience, n.Status())
	return nil
}

func TestMeshAgrees(t *testing.T) {
	dir, mesh := initMesh(t, 4)
	nodes := startMesh(t, dir, 4)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	const each = 50
	var submitting sync.WaitGroup
	for i, n := range nodes {
		raw := records(t, mesh, i, 0, each)
		submitting.Go(func() {
			for _, r := range raw {
				if got := n.Submit(ctx, dag.LaneReadings, [][]byte{r}); got[0].Err != nil {
					t.Errorf("%s: %v", n.Config().Name, got[0].Err)
				}
			}
		})
	}
	submitting.Wait()

	want := finals(t, nodes[0].Node, 4*each)
	for _, n := range nodes[1:] {
		got := finals(t, n.Node, 4*each)
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s has another record at %d: %v, want %v", n.Config().Name, i, got[i], want[i])
			}
		}
	}
	checkProof(t, nodes[3].Node, mesh, want[17])
}

// checkProof waits until a record is certified and verifies its proof.
func checkProof(t *testing.T, n *Node, mesh dag.MeshID, id dag.RecordID) {
	t.Helper()
	awaitStatus(t, n, "a certified checkpoint covers the log", func() bool {
		_, err := n.Proof(id)
		return err == nil
	})
	file, err := n.Proof(id)
	if err != nil {
		t.Fatal(err)
	}
	p, err := proof.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	report, err := proof.Verify(p, mesh, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Record.ID(); got != id {
		t.Errorf("proof is of record %v, want %v", got, id)
	}
}

// awaitStatus waits until something holds, which is looked at whenever the
// node's log has grown or was certified.
func awaitStatus(t testing.TB, n *Node, what string, holds func() bool) {
	t.Helper()
	late := time.After(patience)
	for {
		_, changed := n.progress.log()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("%s: not after %v: %s; status %+v", n.home.config.Name, patience, what, n.Status())
		}
	}
}
