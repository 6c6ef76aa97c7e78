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
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return withStreams(context.Background(), streams) },
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

func withStreams(ctx, streams context.Context) context.Context {
	return context.WithValue(ctx, streamsKey{}, streams)
}

// stopping returns a context that is done when the server stops; never without one.
func stopping(ctx context.Context) context.Context {
	if streams, ok := ctx.Value(streamsKey{}).(context.Context); ok {
		return streams
	}
	return context.Background()
}
