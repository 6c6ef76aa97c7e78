package api

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node"
)

// pageJSON is one page of records.
type pageJSON struct {
	Records []recordJSON `json:"records"`
	Next    string       `json:"next"` // "" on the last page
}

// list answers GET /v1/records.
func (a *api) list(w http.ResponseWriter, r *http.Request) *problem {
	q, p := parseQuery(r)
	if p != nil {
		return p
	}
	page, err := a.gateway.Records(q)
	if err != nil {
		return a.listProblem(err)
	}
	out := pageJSON{Records: make([]recordJSON, 0, len(page.Records)), Next: page.Next}
	for i := range page.Records {
		out.Records = append(out.Records, newRecordJSON(&page.Records[i]))
	}
	return respond(w, out)
}

// listProblem: limits and times have been checked, so what is left of a query
// to refuse is its cursor.
func (a *api) listProblem(err error) *problem {
	if errors.Is(err, node.ErrQuery) {
		return newProblem(badRequest, echo(err.Error())+"; leave the cursor out to start at the first page")
	}
	return a.lookupProblem("list records", err)
}

// record answers GET /v1/records/{id}: as JSON, or as the signed COSE message if
// that is what the caller accepts.
func (a *api) record(w http.ResponseWriter, r *http.Request) *problem {
	id, p := recordID(r)
	if p != nil {
		return p
	}
	v, err := a.gateway.Record(id)
	if err != nil {
		return a.lookupProblem("find record", err)
	}
	w.Header().Set("Vary", "Accept")
	if accepts(r, typeCOSE) {
		w.Header().Set("Content-Type", typeCOSE)
		w.Header().Set("Cache-Control", "max-age=31536000, immutable")
		_, _ = w.Write(v.Raw) // a client that is gone needs no answer
		return nil
	}
	return respond(w, newRecordJSON(v))
}

// accepts reports whether mediaType is the first that r asks for.
func accepts(r *http.Request, mediaType string) bool {
	first, _, _ := strings.Cut(r.Header.Get("Accept"), ",")
	first, _, _ = strings.Cut(first, ";")
	return strings.EqualFold(strings.TrimSpace(first), mediaType)
}

// proof answers GET /v1/records/{id}/proof.
func (a *api) proof(w http.ResponseWriter, r *http.Request) *problem {
	id, p := recordID(r)
	if p != nil {
		return p
	}
	file, err := a.gateway.Proof(id)
	if err != nil {
		return a.lookupProblem("cut proof", err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8") // c2sp.org/tlog-proof
	h.Set("Content-Disposition", `attachment; filename="`+id.String()+`.tlog-proof"`)
	h.Set("Cache-Control", "no-cache") // a later one stands on a later checkpoint
	_, _ = w.Write(file)               // a client that is gone needs no answer
	return nil
}

func recordID(r *http.Request) (dag.RecordID, *problem) {
	if _, p := parameters(r); p != nil {
		return dag.RecordID{}, p
	}
	id, err := dag.ParseRecordID(r.PathValue("id"))
	if err != nil {
		return id, newProblem(badRequest, "a record's id is a CID like bafkrei…, 59 characters, as submitting it answered: "+echo(err.Error()))
	}
	return id, nil
}

// lookupProblem tells what callers may cause from what they may not.
func (a *api) lookupProblem(doing string, err error) *problem {
	for _, known := range [...]error{node.ErrNotFound, node.ErrNotCertified, node.ErrOverloaded, node.ErrStopped} {
		if errors.Is(err, known) {
			return problemOf(err)
		}
	}
	return a.failed(doing, err)
}

// failed is for the gateway's own failures. The details are the operator's.
func (a *api) failed(doing string, err error) *problem {
	a.log.Error("request failed", slog.String("doing", doing), slog.Any("error", err))
	return newProblem(internal, "the gateway could not "+doing+"; its log says why")
}
