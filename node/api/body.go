package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
)

// mediaTypes are the content types that POST /v1/records takes.
const (
	typeCOSE      = "application/cose"
	typeSenMLJSON = "application/senml+json"
	typeSenMLCBOR = "application/senml+cbor"
	typeSequence  = "application/cbor-seq"

	acceptPost = typeCOSE + ", " + typeSequence + ", " + typeSenMLJSON + ", " + typeSenMLCBOR
)

// contentType returns what r's body claims to be.
func contentType(r *http.Request) (string, *problem) {
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		p := newProblem(badType, "the body must not be compressed; send it without Content-Encoding")
		p.header = [2]string{"Accept-Encoding", "identity"}
		return "", p
	}
	given := r.Header.Get("Content-Type")
	if isTaken(given) { // as programs send it, without parameters
		return given, nil
	}
	if t, _, err := mime.ParseMediaType(given); err == nil && isTaken(t) {
		return t, nil
	}
	said := "the header Content-Type is missing"
	if given != "" {
		said = fmt.Sprintf("Content-Type %q is not taken here", echo(given))
	}
	p := newProblem(badType, said+"; send one of "+acceptPost)
	p.header = [2]string{"Accept-Post", acceptPost}
	return "", p
}

func isTaken(mediaType string) bool {
	switch mediaType {
	case typeCOSE, typeSequence, typeSenMLJSON, typeSenMLCBOR:
		return true
	}
	return false
}

// maxBody returns the longest body of a content type.
func maxBody(mediaType string) int64 {
	switch mediaType {
	case typeSequence:
		return maxSequenceBytes
	case typeCOSE:
		return maxRecordBytes
	default:
		return maxPackBytes
	}
}

// readBody reads at most limit bytes into memory of their own: records alias it
// for as long as they live. Memory is taken as bytes arrive, from what all
// requests share. The caller calls release when the request is done.
func (a *api) readBody(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, release func(), p *problem) {
	var held int64
	release = func() { a.bodies.Release(held) }
	if r.ContentLength > limit {
		return nil, release, tooLong(w, limit)
	}
	src := http.MaxBytesReader(w, r.Body, limit)
	for {
		if len(body) == cap(body) {
			size := nextSize(int64(cap(body)), r.ContentLength, limit)
			if !a.bodies.TryAcquire(size - held) {
				over := newProblem(overloaded, "too many requests are arriving at once; send this one again after a pause")
				over.retry = retrySoon
				return nil, release, over
			}
			held = size
			body = append(make([]byte, 0, size), body...)
		}
		n, err := src.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, release, readProblem(w, err, limit)
		}
	}
	if len(body) == 0 {
		return nil, release, newProblem(badRequest, "the body is empty; send a record")
	}
	return body, release, nil
}

// nextSize returns how large a body's buffer becomes: what its length claims if
// that is little, else twice what has arrived. One byte more than the limit
// leaves room to notice the end.
func nextSize(size, claimed, limit int64) int64 {
	if size == 0 {
		if 0 <= claimed && claimed < firstBodyBytes {
			return claimed + 1
		}
		return firstBodyBytes
	}
	return min(2*size, limit+1)
}

func readProblem(w http.ResponseWriter, err error, limit int64) *problem {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLong(w, limit)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return newProblem(timedOut, fmt.Sprintf("the body did not arrive within %s; send fewer records at a time", bodyTimeout))
	}
	return newProblem(badRequest, "the body ended early; send it again")
}

// tooLong also ends the connection: reading the rest only to reuse it would be
// what the sender of a huge body wants.
func tooLong(w http.ResponseWriter, limit int64) *problem {
	w.Header().Set("Connection", "close")
	return newProblem(tooLarge, fmt.Sprintf("the body is longer than %d bytes; send fewer or smaller records at a time", limit))
}
