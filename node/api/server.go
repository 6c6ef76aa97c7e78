package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"golang.org/x/net/netutil"
)

// Serve answers requests on l with h until ctx is done. Then event streams end,
// requests under way get a moment to finish, l is closed, and Serve returns nil. It returns
// earlier, with an error, if l fails. Slow clients and idle connections are cut off, and
// at most 1,024 connections are open at a time; more wait.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	// Not ctx itself: requests under way may finish, streams would not by themselves.
	streams, endStreams := context.WithCancel(context.WithoutCancel(ctx))
	defer endStreams()
	s := newServer(streams, h, log)

	failed := make(chan error, 1)
	go func() { failed <- s.Serve(netutil.LimitListener(l, maxConnections)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve http on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}

	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	endStreams()
	err := s.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	if ended := <-failed; err == nil && !errors.Is(ended, http.ErrServerClosed) {
		err = ended
	}
	if err != nil {
		return fmt.Errorf("stop http on %s: %w", l.Addr(), err)
	}
	return nil
}

// newServer sets every bound that net/http leaves open.
func newServer(streams context.Context, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           withStreams(streams, h),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       bodyTimeout,
		WriteTimeout:      answerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // clients' mistakes, mostly
	}
}

// streamsKey finds the context that ends event streams in a request's context.
type streamsKey struct{}

func withStreams(streams context.Context, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), streamsKey{}, streams.Done())))
	})
}

// stopping returns a channel that is closed when the server stops; nil without one.
func stopping(ctx context.Context) <-chan struct{} {
	done, _ := ctx.Value(streamsKey{}).(<-chan struct{})
	return done
}
