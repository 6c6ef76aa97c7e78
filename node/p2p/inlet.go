package p2p

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"golang.org/x/sync/semaphore"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/node/verify"
	"github.com/floormesh/floormesh/sync/message"
)

// errSilent says that nothing was heard of a peer for too long.
var errSilent = errors.New("silent for too long")

// inlet is a stream of a peer's to us. One goroutine reads and decodes. Messages
// of few signatures are what rounds wait for: they are verified and handed over
// where they are read, those that were read together in one equation. Large
// batches are verified by the verify.Pool and handed over by another goroutine,
// in order: while one waits for its signatures the next is being read, and what is
// small passes them. That saves two changes of goroutine for each block and
// small batch, and keeps rounds going while the pool is busy.
type inlet struct {
	remote *remote
	stream network.Stream
	urgent bool // the consensus stream, on which the peer gives signs of life

	verifier *dag.Verifier
	joint    joint

	room    *semaphore.Weighted // bytes read and not handed over
	pending chan arrival
}

// arrival is a message on its way through verification.
type arrival struct {
	result <-chan verify.Result
	bytes  int64
}

func newInlet(r *remote, s network.Stream, urgent bool) *inlet {
	return &inlet{
		remote: r, stream: s, urgent: urgent,
		verifier: r.t.pool.NewVerifier(),
		room:     semaphore.NewWeighted(maxInFlightBytes),
		pending:  make(chan arrival, maxInFlightMessages),
	}
}

// run answers the hello and then receives until the stream ends.
func (in *inlet) run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = in.stream.Reset() })()
	r := bufio.NewReaderSize(&steadyReader{in}, writeChunk)
	if err := in.welcome(r); err != nil {
		return err
	}
	handed := make(chan struct{})
	go func() {
		defer close(handed)
		in.handOver(ctx)
	}()
	var err error
	for err == nil {
		err = in.readOne(ctx, r)
	}
	in.handOverJoint()
	close(in.pending)
	<-handed
	return err
}

func (in *inlet) welcome(r *bufio.Reader) error {
	if err := in.stream.SetDeadline(time.Now().Add(helloTimeout)); err != nil {
		return err
	}
	if err := in.remote.t.hello.welcome(r, in.stream); err != nil {
		return err
	}
	return in.stream.SetDeadline(time.Time{})
}

// readOne reads one frame and sends what is in it on its way.
func (in *inlet) readOne(ctx context.Context, r *bufio.Reader) error {
	n, err := readLength(r, maxFrameBytes)
	if err != nil {
		return err
	}
	if err := in.acquire(ctx, int64(n)); err != nil {
		return err
	}
	content, err := readContent(r, n)
	if err != nil {
		return err
	}
	if err := in.unwrap(ctx, content, int64(n)); err != nil {
		return err
	}
	if in.joint.full() || !frameBuffered(r) {
		in.handOverJoint()
	}
	return nil
}

// acquire takes room. What was read together must not wait for itself.
func (in *inlet) acquire(ctx context.Context, n int64) error {
	if in.room.TryAcquire(n) {
		return nil
	}
	in.handOverJoint()
	return in.room.Acquire(ctx, n)
}

func (in *inlet) unwrap(ctx context.Context, content []byte, held int64) error {
	switch pack, content := content[0], content[1:]; pack {
	case packPlain:
		return in.start(ctx, content, held)
	case packZstd:
		return in.unpack(ctx, content, held)
	case packView:
		in.room.Release(held)
		return in.remote.setView(content)
	default:
		return fmt.Errorf("%w: frame packed as %d", errProtocol, pack)
	}
}

func (in *inlet) unpack(ctx context.Context, content []byte, held int64) error {
	size, err := unpackedSize(content)
	if err != nil {
		return err
	}
	if err := in.acquire(ctx, int64(size)); err != nil {
		return err
	}
	raw, err := in.remote.t.packer.unpack(content, size)
	if err != nil {
		return err
	}
	in.room.Release(held) // the packed form is garbage now
	return in.start(ctx, raw, int64(size))
}

// start decodes a message and starts its verification.
func (in *inlet) start(ctx context.Context, raw []byte, held int64) error {
	t := in.remote.t
	m, err := message.Decode(t.domain.Mesh, raw)
	if err != nil {
		return fmt.Errorf("%w: %w", errProtocol, err)
	}
	if carried, ok := m.(*message.Batches); ok {
		if carried = t.seen.fresh(carried, time.Now()); carried == nil {
			in.room.Release(held)
			return nil
		}
		m = carried
	}
	if in.joint.add(m, held) {
		return nil
	}
	in.handOverJoint() // it must not wait for the pool
	result, err := t.pool.Start(ctx, m)
	if err != nil {
		return err
	}
	select {
	case in.pending <- arrival{result, held}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// handOver gives verified messages to the handler, in the order they came.
func (in *inlet) handOver(ctx context.Context) {
	for a := range in.pending {
		result := <-a.result  // always comes: a pool that closes fails what waits
		if ctx.Err() == nil { // else the stream is over, the messages behind it too
			in.remote.take(result)
		}
		in.room.Release(a.bytes)
	}
}

func (r *remote) take(result verify.Result) {
	if result.Err != nil {
		r.turnAway(result.Err)
		return
	}
	r.pass([]dag.Verified[message.Message]{result.Message})
}

func (r *remote) pass(messages []dag.Verified[message.Message]) {
	r.t.count.messagesIn.Add(uint64(len(messages)))
	r.t.handler.Received(r.key, messages)
}

// turnAway blames a peer for what did not verify, unless it was not the peer's fault.
func (r *remote) turnAway(err error) {
	switch {
	case errors.Is(err, verify.ErrClosed), errors.Is(err, context.Canceled):
	case errors.Is(err, dag.ErrDomain): // of another epoch: late, but no offence
		r.t.log.Debug("message of elsewhere ignored", r.attr(), errAttr(err))
	default:
		r.blame(err)
	}
}

// steadyReader notes each sign of life, and gives up a peer that gives none.
type steadyReader struct{ in *inlet }

// Read implements io.Reader.
func (s *steadyReader) Read(p []byte) (int, error) {
	r := s.in.remote
	heard := r.lastHeard.Load()
	for quiet := 0; ; {
		if s.in.urgent {
			if err := s.in.stream.SetReadDeadline(time.Now().Add(quietTime)); err != nil {
				return 0, err
			}
		}
		n, err := s.in.stream.Read(p)
		if n > 0 {
			r.heard()
			r.t.count.bytesIn.Add(uint64(n))
			return n, err
		}
		if !s.in.urgent || !isTimeout(err) {
			return 0, err
		}
		// A long answer on the bulk stream can hold up the signs of life on
		// this one: whatever comes from the peer counts.
		if now := r.lastHeard.Load(); now != heard {
			heard, quiet = now, 0
		} else if quiet++; quiet == quietTimes {
			return 0, errSilent
		}
	}
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) || isNetTimeout(err) }

func isNetTimeout(err error) bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && timeout.Timeout()
}
