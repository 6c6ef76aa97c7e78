package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node/internal/client"
	"github.com/floormesh/floormesh/node/internal/terminal"
)

// A gateway that is overloaded for a while takes part of a chunk, then nothing,
// then the rest: every record has its receipt in the end, in order.
func TestPublisherSendsAgainWhatWasNotTaken(t *testing.T) {
	records := make([]*dag.Record, 3)
	for i := range records {
		r, err := dag.SignRecord(dag.MeshID{}, dag.NewPrivateKey([32]byte{1}), dag.FormatSenMLJSON, []byte{byte('0' + i)})
		if err != nil {
			t.Fatal(err)
		}
		records[i] = r
	}
	const busy = `{"index":0,"title":"Overloaded","status":503,"detail":"wait"}`
	taken := func(i int) string { return fmt.Sprintf(`{"id":%q,"status":"stored"}`, records[i].ID()) }
	answers := []struct {
		status int
		body   string
	}{
		{http.StatusAccepted, "[" + taken(0) + "," + busy + "," + taken(2) + "]"},
		{http.StatusServiceUnavailable, `{"title":"Overloaded","status":503,"detail":"wait"}`},
		{http.StatusAccepted, "[" + taken(1) + "]"},
	}
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a := answers[asked]
		asked++
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(a.body))
	}))
	defer s.Close()
	p := &publisher{gateway: client.New(s.URL), retryFor: time.Minute, records: records}
	defer p.gateway.Close()
	if err := p.send(t.Context(), terminal.NewProgress(new(strings.Builder), "", 3)); err != nil {
		t.Fatal(err)
	}
	result := p.result()
	if asked != 3 || result.Accepted != 3 || len(result.Refused) != 0 {
		t.Errorf("after %d requests: %+v", asked, result)
	}
	for i, r := range records {
		if result.IDs[i] != r.ID() {
			t.Errorf("id %d is %s, want %s", i, result.IDs[i], r.ID())
		}
	}
}

func TestChunks(t *testing.T) {
	r, err := dag.SignRecord(dag.MeshID{}, dag.NewPrivateKey([32]byte{1}), dag.FormatSenMLJSON, make([]byte, dag.MaxPayloadBytes))
	if err != nil {
		t.Fatal(err)
	}
	p := &publisher{}
	for range 40 {
		p.records = append(p.records, r)
	}
	for start := 0; start < len(p.records); {
		end := p.chunk(start)
		if size := (end - start) * len(r.Raw()); end == start || size > client.MaxSequenceBytes {
			t.Fatalf("chunk from %d to %d has %d bytes", start, end, size)
		}
		start = end
	}
}
