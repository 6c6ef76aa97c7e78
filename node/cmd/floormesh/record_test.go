package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/floormesh/floormesh/node/internal/fleet"
)

// TestARecordedGatewayReplays records a real gateway under load, kills it with
// kill -9, starts it again, stops it in good order, and has floorsim replay both lives.
func TestARecordedGatewayReplays(t *testing.T) {
	if testing.Short() {
		t.Skip("builds floorsim")
	}
	floorsim := filepath.Join(t.TempDir(), "floorsim")
	if text, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", floorsim, "../../../sim/cmd/floorsim").CombinedOutput(); err != nil {
		t.Fatalf("build floorsim: %v\n%s", err, text)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := fleet.New(fleet.Options{Dir: t.TempDir(), Gateways: 4, Executable: exe})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	g := f.Gateways[0]
	recordIn(t, g, "flight.rec")
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	loadFor(t, f, 2*time.Second, func() {
		if err := g.Kill(); err != nil {
			t.Error(err)
		}
	})
	if err := g.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	loadFor(t, f, 2*time.Second, func() {})
	if err := f.Stop(); err != nil {
		t.Error(err)
	}
	for file, end := range map[string]string{"flight.rec": "not reached", "flight-2.rec": "the gateway stopped"} {
		path := filepath.Join(g.Dir(), file)
		out, err := exec.CommandContext(t.Context(), floorsim, "replay", path).CombinedOutput()
		t.Logf("%s:\n%s", file, out)
		if err != nil || !strings.Contains(string(out), "outputs     as recorded") || !strings.Contains(string(out), "end         "+end) {
			t.Errorf("%s does not replay: %v", file, err)
		}
		holdsNoKey(t, g, path)
	}
}

// recordIn makes a gateway's configuration ask for a recording.
func recordIn(t *testing.T, g *fleet.Gateway, file string) {
	path := filepath.Join(g.Dir(), "config.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), `file: ""`, "file: "+file, 1)
	if changed == string(text) {
		t.Fatalf("%s has no record.file", path)
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// loadFor submits to every gateway, and does something shortly before the end.
func loadFor(t *testing.T, f *fleet.Fleet, d time.Duration, then func()) {
	ctx, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	var sending sync.WaitGroup
	for i, g := range f.Gateways {
		sending.Go(func() { sendUntil(ctx, t, f.Mesh, i, g) })
	}
	timer := time.NewTimer(d - d/8)
	defer timer.Stop()
	<-timer.C
	then()
	sending.Wait()
}

// holdsNoKey looks for the gateway's secrets in a file.
func holdsNoKey(t *testing.T, g *fleet.Gateway, path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s has %d bytes", path, len(raw))
	for _, name := range []string{"node.key", "member.key"} {
		text, err := os.ReadFile(filepath.Join(g.Dir(), name))
		if err != nil {
			t.Fatal(err)
		}
		seed, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, seed) || bytes.Contains(raw, bytes.TrimSpace(text)) {
			t.Errorf("%s holds %s", path, name)
		}
	}
}
