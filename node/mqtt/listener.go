package mqtt

import (
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// listener accepts connections for the library, in place of the library's own:
// it bounds their number, gives them a deadline until they have said CONNECT, and closes
// and awaits all of them, also those that never did.
type listener struct {
	accept net.Listener
	log    *slog.Logger

	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
	served sync.WaitGroup // connections
}

var _ listeners.Listener = (*listener)(nil)

func newListener(l net.Listener, log *slog.Logger) *listener {
	return &listener{accept: l, log: log, open: make(map[net.Conn]struct{})}
}

// ID implements listeners.Listener.
func (l *listener) ID() string { return "tcp" }

// Address implements listeners.Listener.
func (l *listener) Address() string { return l.accept.Addr().String() }

// Protocol implements listeners.Listener.
func (l *listener) Protocol() string { return "tcp" }

// Init implements listeners.Listener; the address is open already.
func (l *listener) Init(*slog.Logger) error { return nil }

// Serve implements listeners.Listener: it accepts until Close.
func (l *listener) Serve(establish listeners.EstablishFn) {
	for {
		c, err := l.accept.Accept()
		if err != nil {
			if l.wait() {
				l.log.Warn("mqtt connection not accepted", slog.Any("error", err))
				continue
			}
			return
		}
		if !l.add(c) {
			_ = c.Close()
			continue
		}
		go l.serve(c, establish)
	}
}

// wait pauses before accepting again, say for want of file descriptors. It
// reports false if the listener is closed.
func (l *listener) wait() bool {
	l.mu.Lock()
	closed := l.closed
	l.mu.Unlock()
	if closed {
		return false
	}
	time.Sleep(acceptPause)
	return true
}

// add takes c on, unless there are too many.
func (l *listener) add(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.open) >= maxConnections {
		return false
	}
	l.open[c] = struct{}{}
	l.served.Add(1)
	return true
}

// serve reads c until it ends. The library parses on this goroutine what
// anybody may send: should it panic, one connection ends and not the gateway.
func (l *listener) serve(c net.Conn, establish listeners.EstablishFn) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("mqtt library panicked", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		}
		_ = c.Close()
		l.mu.Lock()
		delete(l.open, c)
		l.mu.Unlock()
		l.served.Done()
	}()
	if err := c.SetDeadline(time.Now().Add(connectTimeout)); err != nil {
		return
	}
	if err := establish(l.ID(), c); err != nil {
		l.log.Debug("mqtt connection ended", slog.String("remote", c.RemoteAddr().String()), slog.Any("error", err))
	}
}

// Close implements listeners.Listener: it tells the clients that are connected,
// and closes all connections.
func (l *listener) Close(tell listeners.CloseFn) {
	l.mu.Lock()
	l.closed = true
	// Who does not read must not hold up the farewell.
	for c := range l.open {
		_ = c.SetDeadline(time.Now().Add(farewellTimeout))
	}
	l.mu.Unlock()
	_ = l.accept.Close()
	tell(l.ID())
	l.mu.Lock()
	for c := range l.open {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.served.Wait()
}
