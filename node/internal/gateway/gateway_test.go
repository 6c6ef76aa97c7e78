package gateway

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/floormesh/floormesh/node"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	dir := t.TempDir()
	mesh, err := node.Init(dir, node.InitOptions{Mesh: "test", Site: "plant", Gateways: 1})
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "gw1")

	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan Addrs, 1), make(chan error, 1)
	go func() { done <- Run(ctx, home, Options{Ready: func(a Addrs) { ready <- a }}) }()
	var addrs Addrs
	select {
	case addrs = <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	if addrs.MQTT == "" || len(addrs.P2P) == 0 {
		t.Errorf("addresses %+v, want one of each kind", addrs)
	}

	status := decode[struct {
		MeshID  string `json:"mesh_id"`
		Healthy bool   `json:"healthy"`
	}](t, request(t, http.MethodGet, addrs.HTTP+"/v1/status", ""))
	if status.MeshID != mesh.String() || !status.Healthy {
		t.Errorf("status %+v, want healthy in mesh %v", status, mesh)
	}
	const reading = `[{"bn":"press-7/","n":"oil","u":"Cel","v":61.5,"t":1700000000}]`
	answer := decode[struct{ ID, Status string }](t, request(t, http.MethodPost, addrs.HTTP+"/v1/records", reading))
	if answer.Status != "stored" || answer.ID == "" {
		t.Errorf("answer %+v, want a stored record", answer)
	}
	metrics := request(t, http.MethodGet, addrs.HTTP+"/metrics", "")
	if !strings.Contains(metrics, `floormesh_submitted_records_total{outcome="accepted"} 1`) {
		t.Errorf("metrics do not count the record:\n%s", metrics)
	}

	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestRunNeedsItsAddress(t *testing.T) {
	dir := t.TempDir()
	if _, err := node.Init(dir, node.InitOptions{Mesh: "test", Site: "plant", Gateways: 1}); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "gw1")
	path := filepath.Join(home, "config.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// An address of another network (RFC 5737).
	elsewhere := strings.Replace(string(text), "127.0.0.1:0\n  hosts", "192.0.2.1:9\n  hosts", 1)
	if err := os.WriteFile(path, []byte(elsewhere), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), home, Options{}); err == nil || !strings.Contains(err.Error(), "listen for http") {
		t.Errorf("got error %v, want one about the HTTP address", err)
	}
}

func request(t *testing.T, method, url, content string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if content != "" {
		request.Header.Set("Content-Type", "application/senml+json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
