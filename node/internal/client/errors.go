package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// UnreachableError says that nobody answered at a gateway's address.
type UnreachableError struct {
	URL string
	Err error
}

// Error implements error.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no gateway answers at %s: %v", e.URL, e.Err)
}

// Unwrap returns what went wrong.
func (e *UnreachableError) Unwrap() error { return e.Err }

// ProblemError is a gateway's refusal, a problem document (RFC 9457).
type ProblemError struct {
	Status int    `json:"status"` // the HTTP status code
	Title  string `json:"title"`
	Detail string `json:"detail"` // what is wrong and what to do

	// RetryAfter is how long the gateway asks to wait, 0 if it does not say.
	RetryAfter time.Duration `json:"-"`
	// Items answers a sequence of which nothing was accepted.
	Items []Receipt `json:"items"`
}

// Error implements error.
func (e *ProblemError) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("%s (HTTP %d)", e.Title, e.Status)
	}
	return e.Detail
}

// Passing reports whether the same request may succeed later.
func (e *ProblemError) Passing() bool { return passing(e.Status) }

// passing knows the statuses of what mends itself, or is mended by an operator
// while the sender keeps what it has.
func passing(status int) bool {
	switch status {
	case http.StatusServiceUnavailable, http.StatusInsufficientStorage, http.StatusConflict,
		http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusBadGateway, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// problem reads a refusal. What is no problem document, as from a proxy in
// between, is told by its status.
func problem(r *http.Response) error {
	p := &ProblemError{}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswerBytes))
	if err != nil || json.Unmarshal(body, p) != nil || p.Title == "" {
		p = &ProblemError{Title: "the gateway answered " + r.Status}
	}
	p.Status = r.StatusCode
	if seconds, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && seconds > 0 {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}
