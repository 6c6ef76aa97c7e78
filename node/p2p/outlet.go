package p2p

import (
	"bufio"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// outlet is a stream of ours to a peer, on which the peer answers our hello and
// nothing more.
type outlet struct {
	t        *Transport
	stream   network.Stream
	queue    *queue
	packs    bool        // compress what pays
	pings    bool        // say the view when silent
	announce atomic.Bool // say the view next
}

// send queues an encoded message, which goes out with the next Flush.
func (o *outlet) send(raw []byte) {
	if dropped := o.queue.push(raw); dropped > 0 {
		o.t.count.droppedFull.Add(uint64(dropped))
	}
}

// flush wakes the writer if it has something to write.
func (o *outlet) flush() {
	if !o.queue.empty() {
		o.queue.signal()
	}
}

// announceView makes the outlet say whom this node is connected to.
func (o *outlet) announceView() {
	o.announce.Store(true)
	o.queue.signal()
}

// write writes what is queued until ctx is done or the stream fails. All that
// is queued at a time goes out in as few writes as possible.
func (o *outlet) write(ctx context.Context) error {
	w := bufio.NewWriterSize(&steadyWriter{o.stream, &o.t.count.bytesOut}, writeChunk)
	silence := time.NewTimer(pingAfter)
	defer silence.Stop()
	for {
		if err := o.writeQueued(w); err != nil {
			return err
		}
		if !o.queue.empty() {
			continue
		}
		if err := w.Flush(); err != nil {
			return err
		}
		silence.Reset(pingAfter)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-o.queue.ready:
		case <-silence.C:
			o.announce.Store(o.pings)
		}
	}
}

func (o *outlet) writeQueued(w *bufio.Writer) error {
	if o.announce.Swap(false) {
		if err := writeFrame(w, packView, o.t.view()); err != nil {
			return err
		}
	}
	frames := o.queue.take()
	for i, raw := range frames {
		frames[i] = nil // let go of what is written
		pack := packPlain
		if o.packs {
			pack, raw = o.t.packer.pack(raw)
		}
		if err := writeFrame(w, pack, raw); err != nil {
			return err
		}
	}
	o.t.count.messagesOut.Add(uint64(len(frames)))
	return nil
}

// watch waits until the peer ends the stream.
func (o *outlet) watch() error {
	var b [1]byte
	n, err := o.stream.Read(b[:])
	if n > 0 {
		return fmt.Errorf("%w: wrote to a stream of ours", errProtocol)
	}
	return fmt.Errorf("ended by peer: %w", err)
}

// steadyWriter writes in chunks, each of which must make progress in time. A
// deadline for the whole would kill a long answer over a slow link.
type steadyWriter struct {
	stream network.Stream
	count  *atomic.Uint64
}

// Write implements io.Writer.
func (w *steadyWriter) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		chunk := p[:min(len(p), writeChunk)]
		if err := w.stream.SetWriteDeadline(time.Now().Add(writeProgress)); err != nil {
			return written, err
		}
		n, err := w.stream.Write(chunk)
		w.count.Add(uint64(n))
		written += n
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}
