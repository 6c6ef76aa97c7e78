package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/senml"
	"github.com/floormesh/floormesh/node"
)

// request is one call of the API in tests.
type request struct {
	method, path, body string
	header             map[string]string
	reader             io.Reader // in place of body
}

func (q request) build() *http.Request {
	body := q.reader
	if body == nil {
		body = strings.NewReader(q.body)
	}
	r := httptest.NewRequest(q.method, "http://127.0.0.1"+q.path, body)
	for k, v := range q.header {
		r.Header.Set(k, v)
		if k == "Host" {
			r.Host = v
		}
	}
	return r
}

func (q request) send(h http.Handler) *http.Response { return serve(h, q.build()) }

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func post(mediaType, body string) request {
	return request{method: "POST", path: "/v1/records", body: body, header: map[string]string{"Content-Type": mediaType}}
}

func get(path string) request { return request{method: "GET", path: path} }

// late fails as a connection does whose deadline has passed.
type late struct{}

func (late) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// TestOpenAPI produces every answer that the document lists, and checks it
// against the document: status, content type, headers and schema.
func TestOpenAPI(t *testing.T) {
	known := newFake()
	raw := string(known.sign(1))
	id := mustRecord(t, known, raw).ID().String()
	none := dag.RecordID{1}.String()
	pack := `[{"bn":"press-7/","n":"oil","u":"Cel","v":61.5,"t":1700000000}]`
	cborPack, err := senml.Reading("press-8", "oil", "Cel", 3, 1_700_000_000_000).EncodeCBOR()
	if err != nil {
		t.Fatal(err)
	}
	stored := func(f *fakeGateway) { f.Submit(t.Context(), 0, [][]byte{[]byte(raw)}) }
	final := func(f *fakeGateway) { stored(f); f.finalise(); f.certified = true }
	broken := func(f *fakeGateway) { f.fail = errors.New("disk on fire") }
	busy := func(f *fakeGateway) { f.fail = node.ErrOverloaded }
	refuses := func(err error) func(*fakeGateway) { return func(f *fakeGateway) { f.refuse = err } }
	full := fmt.Errorf("%w: %w", node.ErrStopped, syscall.ENOSPC)

	cases := []struct {
		name    string
		path    string // in the document; "" if it is q's
		q       request
		gateway func(*fakeGateway)
		api     func(*api)
		status  int
		says    string // in the body
	}{
		{name: "signed", q: post("application/cose", raw), status: 202, says: `{"id":"` + id + `","status":"stored"}`},
		{name: "signed, with parameter", q: post(`application/cose; cose-type="cose-sign1"`, raw), status: 202},
		{name: "twice", q: post("application/cose", raw), gateway: final, status: 200, says: `"status":"final","known":true`},
		{name: "senml", q: post("application/senml+json", pack), status: 202},
		{name: "senml cbor", q: post("application/senml+cbor", string(cborPack)), status: 202},
		{name: "sequence", q: post("application/cbor-seq", raw+string(known.sign(2))), status: 202, says: `[{"id":"` + id},
		{name: "sequence, known", q: post("application/cbor-seq", raw), gateway: stored, status: 200},
		{name: "sequence, in part", q: post("application/cbor-seq", raw+"\x01"+string(known.sign(2))+"\xff\xff"), status: 202, says: `{"index":3,`},
		{name: "sequence, nothing good", q: post("application/cbor-seq", "\x01\x02\xff"), status: 400, says: `"items":[{"index":0,`},
		{name: "garbage", q: post("application/cose", "garbage"), status: 400, says: "encod"},
		{name: "wrong signature", q: post("application/cose", raw[:len(raw)-1]+"\x00"), status: 400, says: "signature"},
		{name: "bad pack", q: post("application/senml+json", `[{"n":"!","v":1}]`), status: 400, says: "bad name"},
		{name: "empty", q: post("application/cose", ""), status: 400, says: "empty"},
		{name: "bad class", q: request{method: "POST", path: "/v1/records?class=alarm", body: raw}, status: 400, says: `did you mean \"alarms\"?`},
		{name: "not entitled", q: post("application/cose", raw), gateway: refuses(node.ErrNotEntitled), status: 403, says: "enrol"},
		{name: "cross-origin", q: request{method: "POST", path: "/v1/records", body: raw, header: map[string]string{"Sec-Fetch-Site": "cross-site"}}, status: 403, says: "browser"},
		{name: "late body", q: request{method: "POST", path: "/v1/records", reader: late{}, header: map[string]string{"Content-Type": "application/cose"}}, status: 408},
		{name: "large", q: post("application/cose", strings.Repeat("x", maxRecordBytes+1)), status: 413},
		{name: "large, of unknown length", q: request{method: "POST", path: "/v1/records", reader: struct{ io.Reader }{strings.NewReader(strings.Repeat("x", maxPackBytes+1))}, header: map[string]string{"Content-Type": "application/senml+json"}}, status: 413},
		{name: "many", q: post("application/cbor-seq", strings.Repeat("\x01", maxSequenceItems+1)), status: 413, says: "several"},
		{name: "no type", q: request{method: "POST", path: "/v1/records", body: raw}, status: 415, says: "application/cbor-seq"},
		{name: "wrong type", q: post("text/csv", "1,2"), status: 415},
		{name: "compressed", q: request{method: "POST", path: "/v1/records", body: raw, header: map[string]string{"Content-Type": "application/cose", "Content-Encoding": "gzip"}}, status: 415},
		{name: "wrong host", q: request{method: "POST", path: "/v1/records", body: raw, header: map[string]string{"Host": "evil.example"}}, status: 421, says: "configuration"},
		{name: "gateway loses count", q: post("application/cose", raw), api: func(a *api) { a.gateway = forgetful{a.gateway} }, status: 500},
		{name: "gateway loses count of many", q: post("application/cbor-seq", raw), api: func(a *api) { a.gateway = forgetful{a.gateway} }, status: 500},
		{name: "overloaded", q: post("application/cose", raw), gateway: refuses(node.ErrOverloaded), status: 503, says: "pause"},
		{name: "sequence, overloaded", q: post("application/cbor-seq", raw+raw), gateway: refuses(node.ErrOverloaded), status: 503, says: `"items"`},
		{name: "bodies fill memory", q: post("application/cose", raw), api: func(a *api) { a.bodies = semaphore.NewWeighted(1) }, status: 503},
		{name: "stopped", q: post("application/cose", raw), gateway: refuses(node.ErrStopped), status: 503, says: "another gateway"},
		{name: "not durable in time", q: post("application/cose", raw), gateway: func(f *fakeGateway) { f.hang = true }, api: func(a *api) { a.submit = time.Millisecond }, status: 503, says: "again"},
		{name: "disk full", q: post("application/cose", raw), gateway: refuses(full), status: 507, says: "make room"},

		{name: "list", q: get("/v1/records"), gateway: final, status: 200, says: `"attested_by":null`},
		{name: "list nothing", q: get("/v1/records"), status: 200, says: `{"records":[],"next":""}`},
		{name: "list, misspelt", q: get("/v1/records?devices=x"), status: 400, says: `did you mean \"device\"?`},
		{name: "list, bad cursor", q: get("/v1/records?cursor=x"), status: 400, says: "leave the cursor out"},
		{name: "list, failing", q: get("/v1/records"), gateway: broken, status: 500},
		{name: "list, busy", q: get("/v1/records"), gateway: busy, status: 503},
		{name: "list, wrong host", q: request{method: "GET", path: "/v1/records", header: map[string]string{"Host": "evil.example:80"}}, status: 421},

		{name: "record", path: "/v1/records/{id}", q: get("/v1/records/" + id), gateway: final, status: 200, says: `"n":"press-7/oil"`},
		{name: "record as signed", path: "/v1/records/{id}", q: request{method: "GET", path: "/v1/records/" + id, header: map[string]string{"Accept": "application/cose"}}, gateway: stored, status: 200, says: raw},
		{name: "record, no id", path: "/v1/records/{id}", q: get("/v1/records/nonsense"), status: 400, says: "CID"},
		{name: "record, other codec", path: "/v1/records/{id}", q: get("/v1/records/" + dag.MeshID{1}.String()), status: 400},
		{name: "record, unknown", path: "/v1/records/{id}", q: get("/v1/records/" + none), status: 404},
		{name: "record, failing", path: "/v1/records/{id}", q: get("/v1/records/" + id), gateway: broken, status: 500},
		{name: "record, busy", path: "/v1/records/{id}", q: get("/v1/records/" + id), gateway: busy, status: 503},

		{name: "proof", path: "/v1/records/{id}/proof", q: get("/v1/records/" + id + "/proof"), gateway: final, status: 200, says: "tlog-proof"},
		{name: "proof, parameter", path: "/v1/records/{id}/proof", q: get("/v1/records/" + id + "/proof?x=1"), status: 400},
		{name: "proof, unknown", path: "/v1/records/{id}/proof", q: get("/v1/records/" + none + "/proof"), status: 404},
		{name: "proof, early", path: "/v1/records/{id}/proof", q: get("/v1/records/" + id + "/proof"), gateway: stored, status: 409},
		{name: "proof, failing", path: "/v1/records/{id}/proof", q: get("/v1/records/" + id + "/proof"), gateway: broken, status: 500},
		{name: "proof, busy", path: "/v1/records/{id}/proof", q: get("/v1/records/" + id + "/proof"), gateway: busy, status: 503},

		{name: "status", q: get("/v1/status"), status: 200, says: `"alarms":[]`},
		{name: "status, parameter", q: get("/v1/status?verbose=1"), status: 400, says: "none is taken"},

		{name: "events", q: request{method: "HEAD", path: "/v1/events?from=end"}, status: 200},
		{name: "events, failing", q: get("/v1/events?commits=true"), gateway: func(f *fakeGateway) { final(f); f.failEvent = errors.New("disk on fire") }, status: 200, says: "event: problem"},
		{name: "events, bad start", q: get("/v1/events?from=-1"), status: 400},
		{name: "events, bad commits", q: get("/v1/events?commits=1"), status: 400},
		{name: "events, bad id", q: request{method: "GET", path: "/v1/events", header: map[string]string{"Last-Event-ID": "x"}}, status: 400},
		{name: "events, too many", q: get("/v1/events"), api: func(a *api) { a.streams.Store(maxStreams) }, status: 503},

		{name: "document", q: get("/v1/openapi.json"), status: 200, says: `"openapi": "3.1.0"`},
		{name: "document, parameter", q: get("/v1/openapi.json?x"), status: 400},
		{name: "checkpoint", q: get("/checkpoint"), gateway: final, status: 200, says: "plant/hall-1\n2\n"},
		{name: "checkpoint, parameter", q: get("/checkpoint?x"), status: 400},
		{name: "checkpoint, early", q: get("/checkpoint"), status: 409},
		{name: "checkpoint, failing", q: get("/checkpoint"), api: func(a *api) { a.gateway = failing{a.gateway, errors.New("disk on fire")} }, status: 500},
		{name: "checkpoint, busy", q: get("/checkpoint"), api: func(a *api) { a.gateway = failing{a.gateway, node.ErrOverloaded} }, status: 503},
		{name: "tile", path: "/tile/{path}", q: get("/tile/0/000.p/1"), status: 200},
		{name: "tile, parameter", path: "/tile/{path}", q: get("/tile/0/000.p/1?x"), status: 400},
		{name: "tile, unknown", path: "/tile/{path}", q: get("/tile/9/000"), status: 404, says: "c2sp.org"},
		{name: "tile, long", path: "/tile/{path}", q: get("/tile/" + strings.Repeat("x", 1000)), status: 404},
		{name: "tile, failing", path: "/tile/{path}", q: get("/tile/0/000"), gateway: broken, status: 500},
		{name: "tile, busy", path: "/tile/{path}", q: get("/tile/0/000"), gateway: busy, status: 503},
		{name: "metrics", q: get("/metrics"), status: 200, says: "floormesh_http_request"},
		{name: "health", q: get("/healthz"), status: 200},
		{name: "health, bad", q: get("/healthz"), gateway: func(f *fakeGateway) { f.unhealthy = "no quorum; start more gateways" }, status: 503, says: "no quorum"},
	}
	s := newSchemas()
	seen := map[string]bool{}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFake()
			if c.gateway != nil {
				c.gateway(f)
			}
			resp := c.q.send(newHandler(f, c.api))
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.status {
				t.Fatalf("status %d, want %d: %s", resp.StatusCode, c.status, body)
			}
			if !strings.Contains(string(body), c.says) {
				t.Errorf("got %s, want it to contain %s", body, c.says)
			}
			path, _, _ := strings.Cut(c.q.path, "?")
			if c.path != "" {
				path = c.path
			}
			method := strings.ToLower(strings.ReplaceAll(c.q.method, "HEAD", "GET"))
			if err := s.checkResponse(path, method, c.q.method, resp, body); err != nil {
				t.Error(err)
			}
			seen[fmt.Sprintf("%s %s %d", method, path, c.status)] = true
		})
	}
	for path, item := range s.at("#/paths") {
		for method, op := range item.(map[string]any) {
			for status := range op.(map[string]any)["responses"].(map[string]any) {
				key := method + " " + path + " " + status
				if !seen[key] && status != "421" { // one check stands before all handlers
					t.Errorf("the document lists %s, and no case makes it", key)
				}
			}
		}
	}
}

// checkResponse checks an answer against what the document says of it.
func (s schemas) checkResponse(path, method, sent string, resp *http.Response, body []byte) error {
	item, ok := s.at("#/paths")[path].(map[string]any)
	if !ok {
		return fmt.Errorf("the document has no path %s", path)
	}
	op, ok := item[method].(map[string]any)
	if !ok {
		return fmt.Errorf("the document has no %s %s", method, path)
	}
	listed, ok := op["responses"].(map[string]any)[fmt.Sprint(resp.StatusCode)].(map[string]any)
	if !ok {
		return fmt.Errorf("the document has no %d for %s %s", resp.StatusCode, method, path)
	}
	return s.checkListed(s.deref(listed), sent, resp, body)
}

func (s schemas) checkListed(listed map[string]any, sent string, resp *http.Response, body []byte) error {
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("content type: %w", err)
	}
	var media map[string]any
	for name, m := range listed["content"].(map[string]any) {
		if t, _, _ := mime.ParseMediaType(name); t == mediaType {
			media = m.(map[string]any)
		}
	}
	if media == nil {
		return fmt.Errorf("content type %s is not listed", mediaType)
	}
	if !strings.HasSuffix(mediaType, "json") || sent == "HEAD" {
		return nil
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if err := s.check(media["schema"].(map[string]any), v, ""); err != nil {
		return err
	}
	if mediaType != "application/problem+json" {
		return nil
	}
	p := v.(map[string]any)
	if int(p["status"].(float64)) != resp.StatusCode {
		return fmt.Errorf("problem says %v, status line %d", p["status"], resp.StatusCode)
	}
	slug := p["type"].(string)[strings.LastIndexByte(p["type"].(string), '/')+1:]
	if _, ok := s.document["x-problems"].(map[string]any)[slug]; !ok {
		return fmt.Errorf("problem type %s is not in the document", slug)
	}
	return nil
}

// newHandler returns what New does, after a change of the inside.
func newHandler(f *fakeGateway, change func(*api)) http.Handler {
	a := newAPI(f, Options{})
	if change != nil {
		change(a)
	}
	return a.handler()
}

// forgetful breaks the contract: it loses receipts.
type forgetful struct{ node.Gateway }

func (forgetful) Submit(context.Context, dag.LaneNumber, [][]byte) []node.Receipt { return nil }

// failing cannot find its checkpoint.
type failing struct {
	node.Gateway
	err error
}

func (f failing) Checkpoint() ([]byte, error) { return nil, f.err }

// TestDocumentHasEveryRoute compares paths and methods, both ways, and the
// kinds of problems.
func TestDocumentHasEveryRoute(t *testing.T) {
	s := newSchemas()
	var got, want []string
	for path, item := range s.at("#/paths") {
		for method := range item.(map[string]any) {
			want = append(want, method+" "+path)
		}
	}
	for _, e := range new(api).endpoints() {
		path := strings.ReplaceAll(e.path, "...", "")
		if e.get != nil {
			got = append(got, "get "+path)
		}
		if e.post != nil {
			got = append(got, "post "+path)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("registered %q, documented %q", got, want)
	}

	var slugs []string
	for k := range kinds {
		slug, title, status := k.describe()
		if title == "" || status < 400 {
			t.Errorf("problem %s: title %q, status %d", slug, title, status)
		}
		slugs = append(slugs, slug)
	}
	slices.Sort(slugs)
	if listed := slices.Sorted(maps.Keys(s.at("#/x-problems"))); !slices.Equal(slugs, listed) {
		t.Errorf("problems %q, documented %q", slugs, listed)
	}
}

// TestSchemaValidatorRefuses shows that the validator can fail.
func TestSchemaValidatorRefuses(t *testing.T) {
	s := newSchemas()
	for _, bad := range []string{
		`{"status":"stored"}`, `{"id":1,"status":"stored"}`, `{"id":"bafk","status":"stored"}`,
		`{"id":"` + dag.RecordID{}.String() + `","status":"gone"}`,
		`{"id":"` + dag.RecordID{}.String() + `","status":"stored","more":1}`, `[]`, `null`,
	} {
		var v any
		if err := json.Unmarshal([]byte(bad), &v); err != nil {
			t.Fatal(err)
		}
		if err := s.check(s.at("#/components/schemas/Receipt"), v, ""); err == nil {
			t.Errorf("%s passed", bad)
		}
	}
}

func mustRecord(t *testing.T, f *fakeGateway, raw string) *dag.Record {
	t.Helper()
	r, err := dag.DecodeRecord(f.mesh, bytes.Clone([]byte(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
