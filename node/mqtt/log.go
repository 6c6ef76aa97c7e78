package mqtt

import (
	"context"
	"log/slog"
)

// libraryLog passes on what the library logs as DEBUG: it warns of every
// client's mistake, with the packet, which is nothing an operator acts on and
// which anybody could fill a disk with.
type libraryLog struct{ slog.Handler }

// Enabled implements slog.Handler.
func (l libraryLog) Enabled(ctx context.Context, _ slog.Level) bool {
	return l.Handler.Enabled(ctx, slog.LevelDebug)
}

// Handle implements slog.Handler.
func (l libraryLog) Handle(ctx context.Context, r slog.Record) error {
	r.Level = slog.LevelDebug
	return l.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (l libraryLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return libraryLog{l.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (l libraryLog) WithGroup(name string) slog.Handler { return libraryLog{l.Handler.WithGroup(name)} }
