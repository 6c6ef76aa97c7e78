package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/floormesh/floormesh/node"
)

// kind is one type of problem document. Its slug names it in the OpenAPI
// document's "x-problems", which is where a problem's type points.
type kind uint8

const (
	badRequest kind = iota
	badRecord
	crossOrigin
	notEntitled
	notFound
	badMethod
	timedOut
	notCertified
	tooLarge
	badType
	unknownHost
	internal
	overloaded
	unconfirmed
	stopped
	unhealthy
	diskFull
	kinds // how many there are
)

// describe returns a kind's slug, title and HTTP status.
func (k kind) describe() (slug, title string, status int) {
	switch k {
	case badRequest:
		return "bad-request", "The request is malformed", http.StatusBadRequest
	case badRecord:
		return "bad-record", "The record is not acceptable", http.StatusBadRequest
	case crossOrigin:
		return "cross-origin", "Not allowed for another site's page", http.StatusForbidden
	case notEntitled:
		return "not-entitled", "The signer may not write to this ledger", http.StatusForbidden
	case notFound:
		return "not-found", "Not found", http.StatusNotFound
	case badMethod:
		return "method-not-allowed", "Method not allowed", http.StatusMethodNotAllowed
	case timedOut:
		return "timed-out", "The request took too long to arrive", http.StatusRequestTimeout
	case notCertified:
		return "not-certified", "Not certified yet", http.StatusConflict
	case tooLarge:
		return "too-large", "The request is too large", http.StatusRequestEntityTooLarge
	case badType:
		return "unsupported-type", "The content type is not supported", http.StatusUnsupportedMediaType
	case unknownHost:
		return "unknown-host", "The host name is not known here", http.StatusMisdirectedRequest
	case overloaded:
		return "overloaded", "The gateway is overloaded", http.StatusServiceUnavailable
	case unconfirmed:
		return "unconfirmed", "Not known to be stored", http.StatusServiceUnavailable
	case stopped:
		return "stopped", "The gateway accepts no records", http.StatusServiceUnavailable
	case unhealthy:
		return "unhealthy", "The gateway is not healthy", http.StatusServiceUnavailable
	case diskFull:
		return "disk-full", "The gateway's disk is full", http.StatusInsufficientStorage
	case internal, kinds:
	}
	return "internal", "The gateway failed to answer", http.StatusInternalServerError
}

// typeURI is where a kind of problem is described: a reference relative to
// the gateway, so that it can be followed without a connection to the world.
func typeURI(slug string) string { return "/v1/openapi.json#/x-problems/" + slug }

// problem is an RFC 9457 problem document on its way out.
type problem struct {
	kind   kind
	detail string        // what is wrong and what to do
	retry  time.Duration // Retry-After, if positive
	header [2]string     // one header more, if set
	items  []byte        // a sequence's answers, a JSON array
}

// problemJSON is a problem document's form (RFC 9457 section 3).
type problemJSON struct {
	Type     string          `json:"type"`
	Title    string          `json:"title"`
	Status   int             `json:"status"`
	Detail   string          `json:"detail"`
	Instance string          `json:"instance"`
	Items    json.RawMessage `json:"items,omitempty"`
}

func newProblem(k kind, detail string) *problem { return &problem{kind: k, detail: detail} }

// write sends p as the answer to r.
func (p *problem) write(w http.ResponseWriter, r *http.Request) {
	slug, title, status := p.kind.describe()
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(p.retry/time.Second)))
	}
	if p.header[0] != "" {
		h.Set(p.header[0], p.header[1])
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	err := e.Encode(problemJSON{
		Type: typeURI(slug), Title: title, Status: status, Detail: p.detail,
		Instance: r.URL.EscapedPath(), Items: p.items,
	})
	if err != nil { // strings and our own array always encode
		http.Error(w, title, status)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a client that is gone needs no answer
}

// problemOf turns what a gateway said of a record into a problem.
func problemOf(err error) *problem {
	switch {
	case errors.Is(err, node.ErrNotFound):
		return newProblem(notFound, "no such record here; one that another gateway accepted arrives within moments")
	case errors.Is(err, node.ErrNotCertified):
		p := newProblem(notCertified, "no certified checkpoint covers it yet; ask again in a moment, once it is final")
		p.retry = retrySoon
		return p
	case errors.Is(err, node.ErrOverloaded):
		p := newProblem(overloaded, "too many records wait here; send this one again after a pause, or send more records in one application/cbor-seq request")
		p.retry = retrySoon
		return p
	case errors.Is(err, node.ErrNotEntitled):
		return newProblem(notEntitled, echo(err.Error())+"; enrol the signer's key in the mesh, or sign with an enrolled one")
	case errors.Is(err, node.ErrStopped):
		return stoppedProblem(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		p := newProblem(unconfirmed, "not known to be durable in time; send a signed record again, which is always safe, and look for a SenML reading at GET /v1/records before sending it again")
		p.retry = retrySoon
		return p
	default:
		return newProblem(badRecord, echo(err.Error()))
	}
}

// stoppedProblem tells a full disk, which the operator can mend without a look
// at the log, from the other reasons to stop.
func stoppedProblem(err error) *problem {
	p := newProblem(stopped, echo(err.Error())+"; send it to another gateway, and see this one's status and log")
	if isDiskFull(err) {
		p = newProblem(diskFull, "the gateway's disk is full and it accepts no records; send it to another gateway, make room on the disk and restart this one")
	}
	p.retry = retryLater
	return p
}

func isDiskFull(err error) bool {
	const windowsDiskFull, windowsHandleDiskFull = syscall.Errno(112), syscall.Errno(39)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	return runtime.GOOS == "windows" && (errors.Is(err, windowsDiskFull) || errors.Is(err, windowsHandleDiskFull))
}

// echo returns text fit to be repeated to a caller: bounded, and valid UTF-8.
func echo(text string) string {
	const maxErrorBytes = 4 * maxEchoBytes
	if len(text) > maxErrorBytes {
		text = text[:maxErrorBytes] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
