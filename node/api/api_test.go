package api

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/floormesh/floormesh/dag"
)

// TestNoPlainTextErrors: what http.ServeMux would say itself is a problem document, too.
func TestNoPlainTextErrors(t *testing.T) {
	h := New(newFake(), Options{})
	s := newSchemas()
	for _, c := range []struct {
		q      request
		status int
		allow  string
		says   string
	}{
		{q: request{method: "DELETE", path: "/v1/records"}, status: 405, allow: "GET, HEAD, OPTIONS, POST"},
		{q: request{method: "PUT", path: "/v1/status"}, status: 405, allow: "GET, HEAD, OPTIONS"},
		{q: request{method: "POST", path: "/tile/0/000"}, status: 405, allow: "GET, HEAD, OPTIONS"},
		{q: get("/v1/record"), status: 404, says: `did you mean \"/v1/records\"?`},
		{q: get("/"), status: 404, says: "openapi.json"},
		{q: get("/tile//000"), status: 404},
		{q: get("/tile/../v1/status"), status: 404},
		{q: get("/v1/records/"), status: 404},
	} {
		resp := c.q.send(h)
		body, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != c.status || resp.Header.Get("Allow") != c.allow || !strings.Contains(string(body), c.says) {
			t.Errorf("%s %s: status %d, allow %q: %s", c.q.method, c.q.path, resp.StatusCode, resp.Header.Get("Allow"), body)
		}
		listed := s.at("#/components/responses/NotFound")
		if err := s.checkListed(listed, c.q.method, resp, body); err != nil {
			t.Errorf("%s %s: %v", c.q.method, c.q.path, err)
		}
	}
	resp := request{method: "OPTIONS", path: "/v1/records"}.send(h)
	if resp.StatusCode != 204 || resp.Header.Get("Allow") != "GET, HEAD, OPTIONS, POST" {
		t.Errorf("OPTIONS: %d, allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
}

func TestHeaders(t *testing.T) {
	f := newFake()
	raw := string(f.sign(1))
	h := New(f, Options{})
	for _, c := range []struct {
		q          request
		name, want string
	}{
		{post("application/cose", raw), "Location", "/v1/records/" + mustRecord(t, f, raw).ID().String()},
		{post("text/plain", raw), "Accept-Post", acceptPost},
		{get("/tile/0/000.p/1"), "Cache-Control", "public, max-age=31536000, immutable"},
		{get("/v1/status"), "X-Content-Type-Options", "nosniff"},
		{get("/v1/status"), "Access-Control-Allow-Origin", ""},
		{get("/checkpoint"), "Retry-After", "1"},
	} {
		if got := c.q.send(h).Header.Get(c.name); got != c.want {
			t.Errorf("%s %s: %s is %q, want %q", c.q.method, c.q.path, c.name, got, c.want)
		}
	}
}

func TestPaging(t *testing.T) {
	f := newFake()
	h := New(f, Options{})
	var sequence []byte
	for i := range 25 {
		sequence = append(sequence, f.sign(i)...)
	}
	post("application/cbor-seq", string(sequence)).send(h)

	seen, cursor := map[dag.RecordID]bool{}, ""
	for range 3 {
		var page struct {
			Records []struct{ ID dag.RecordID }
			Next    string
		}
		resp := get("/v1/records?limit=10&cursor=" + cursor).send(h)
		if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			seen[r.ID] = true
		}
		cursor = page.Next
	}
	if len(seen) != 25 || cursor != "" {
		t.Errorf("three pages have %d of 25 records, next cursor %q", len(seen), cursor)
	}
}

func TestAttestedRecord(t *testing.T) {
	f := newFake()
	h := New(f, Options{})
	q := post("application/senml+json", `[{"bn":"press-7/","n":"oil","u":"Cel","v":61.5,"t":1700000000}]`)
	q.path += "?class=alarms"
	q.send(h)
	resp := get("/v1/records?device=press-7").send(h)
	body, _ := io.ReadAll(resp.Body)
	want := `"status":"stored","device":"press-7","attested_by":"gw1","time":"2023-11-14T22:13:20Z","content":[{"n":"press-7/oil","u":"Cel","v":61.5,"t":1700000000}],"format":112,"gateway":"gw1","leaf":null}],"next":""}`
	if !strings.HasSuffix(string(body), want+"\n") {
		t.Errorf("got %s\nwant …%s", body, want)
	}
	if len(f.classes) != 1 || f.classes[0] != dag.LaneAlarms {
		t.Errorf("classes %v, want alarms", f.classes)
	}
}

// TestEqualReadings: two equal values without a time are two readings.
func TestEqualReadings(t *testing.T) {
	h := New(newFake(), Options{})
	q := post("application/senml+json", `[{"bn":"press-7/","n":"oil","v":61.5}]`)
	first := q.send(h)
	second := q.send(h)
	if first.StatusCode != 202 || second.StatusCode != 202 {
		t.Errorf("status %d, then %d", first.StatusCode, second.StatusCode)
	}
}

func TestCounts(t *testing.T) {
	f, registry := newFake(), prometheus.NewRegistry()
	h := New(f, Options{Registry: registry})
	raw := string(f.sign(1))
	post("application/cbor-seq", raw+raw+"\x01").send(h)
	body, _ := io.ReadAll(get("/metrics").send(h).Body)
	for _, want := range []string{
		`floormesh_http_records_total{outcome="stored"} 1`,
		`floormesh_http_records_total{outcome="known"} 1`,
		`floormesh_http_records_total{outcome="refused"} 1`,
		`floormesh_http_requests_total{code="202",path="/v1/records"} 1`,
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestKnownHost(t *testing.T) {
	hosts := []string{"gw1.plant.example"}
	for host, want := range map[string]bool{
		"": true, "localhost": true, "localhost:8080": true, "127.0.0.1:8080": true, "[::1]:8080": true, "[fe80::1]": true,
		"gw1": true, "gw1:80": true, "gw1.local": true, "GW1.LAN.": true, "app.localhost:1": true,
		"gw1.plant.example:8080": true, "GW1.plant.example": true,
		"evil.example": false, "127.0.0.1.evil.example": false, "gw1.local.evil.example:80": false, "1.2.3": false,
	} {
		if got := knownHost(host, hosts); got != want {
			t.Errorf("knownHost(%q) = %v", host, got)
		}
	}
}

func TestCrossOrigin(t *testing.T) {
	f := newFake()
	h := New(f, Options{})
	for _, c := range []struct {
		header map[string]string
		status int
	}{
		{map[string]string{}, 202},
		{map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{map[string]string{"Origin": "https://evil.example"}, 403},
		{map[string]string{"Origin": "http://127.0.0.1"}, 200},
	} {
		q := post("application/cose", string(f.sign(1)))
		maps.Copy(q.header, c.header)
		if got := q.send(h).StatusCode; got != c.status {
			t.Errorf("%v: status %d, want %d", c.header, got, c.status)
		}
	}
}

// FuzzPost sends anything as any type: no panic, and only what the document lists.
func FuzzPost(f *testing.F) {
	fake := newFake()
	raw := fake.sign(1)
	f.Add("application/cose", "", raw)
	f.Add("application/cbor-seq", "class=alarms", append(raw, raw...))
	f.Add("application/cbor-seq", "", []byte("\x82\x01\x9f"))
	f.Add("application/senml+json", "", []byte(`[{"n":"a","v":1}]`))
	f.Add("application/senml+cbor", "x=%zz", []byte("\x81\xa2\x00\x61a\x02\x01"))
	f.Add("application/cose; a=b", "class=x;y", []byte{})
	s := newSchemas()
	h := New(fake, Options{})
	f.Fuzz(func(t *testing.T, mediaType, query string, body []byte) {
		q := request{method: "POST", path: "/v1/records", body: string(body)}
		r := q.build()
		r.Header.Set("Content-Type", mediaType)
		r.URL.RawQuery = query
		resp := serve(h, r)
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusInternalServerError {
			t.Errorf("internal error: %s", answer)
		}
		if err := s.checkResponse("/v1/records", "post", "POST", resp, answer); err != nil {
			t.Error(err)
		}
	})
}
