package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/floormesh/floormesh/node"
	"github.com/floormesh/floormesh/node/internal/client"
)

// Exit codes, see the package comment.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
	exitNotNow      = 4
	exitInterrupted = 130
)

// Errors that say how to exit. What is wrong stands in the result already.
var (
	errFailed = errors.New("failed")
	errHelped = errors.New("help was shown")
)

// hintedError is an error with what to do about it.
type hintedError struct {
	err  error
	hint string
	code int
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

// failed is an error of the work itself.
func failed(err error, hint string) error { return &hintedError{err, hint, exitFailed} }

// misused is an error of the command line.
func misused(err error, hint string) error { return &hintedError{err, hint, exitUsage} }

// explain says what is wrong and what to do, and returns the exit code.
func explain(stderr io.Writer, err error) int {
	if errors.Is(err, errHelped) {
		return exitOK
	}
	if errors.Is(err, errFailed) {
		return exitFailed
	}
	h := hinted(err)
	fmt.Fprintf(stderr, "floormesh: error: %s\n", oneLine(h.err))
	if h.hint != "" {
		fmt.Fprintf(stderr, "floormesh: hint: %s\n", h.hint)
	}
	return h.code
}

// oneLine joins what errors.Join put on lines of their own; what was quoted
// from a log keeps its lines.
func oneLine(err error) string {
	text := err.Error()
	if head, rest, found := strings.Cut(text, ":\n"); found {
		return strings.ReplaceAll(head, "\n", "; ") + ":\n" + strings.TrimRight(rest, "\n")
	}
	return strings.ReplaceAll(text, "\n", "; ")
}

// hinted finds the hint and the exit code of an error.
func hinted(err error) *hintedError {
	if own, ok := errors.AsType[*hintedError](err); ok {
		return &hintedError{err, own.hint, own.code}
	}
	if errors.Is(err, context.Canceled) {
		return &hintedError{errors.New("interrupted"), "", exitInterrupted}
	}
	if gone, ok := errors.AsType[*client.UnreachableError](err); ok {
		return &hintedError{err, unreachableHint(gone.URL), exitUnreachable}
	}
	if p, ok := errors.AsType[*client.ProblemError](err); ok {
		return problemHint(err, p)
	}
	switch {
	case errors.Is(err, node.ErrExists):
		return &hintedError{err, "run a gateway of it with 'floormesh run DIR/gw1', or name a directory that does not exist yet", exitFailed}
	case errors.Is(err, node.ErrLostStore):
		return &hintedError{err, "restore the gateway's data directory; never from an old copy", exitFailed}
	}
	return &hintedError{err, "", exitFailed}
}

func unreachableHint(url string) string {
	if url == defaultAPI() {
		return "start one with 'floormesh run DIR/gw1', or name another's address with --api URL or its directory with --api DIR/gwK"
	}
	return fmt.Sprintf("start that gateway, or name one that runs: --api %s, or --api DIR/gwK", defaultAPI())
}

// problemHint: a problem's detail says itself what to do, the cases that a
// command can help with aside.
func problemHint(err error, p *client.ProblemError) *hintedError {
	switch {
	case p.Status == http.StatusNotFound:
		return &hintedError{err, "list what this gateway has with 'floormesh records'", exitFailed}
	case p.Passing():
		return &hintedError{err, "run the same command again; 'floormesh status' shows how the gateway does", exitNotNow}
	}
	return &hintedError{err, "", exitFailed}
}
