package p2p

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/node/verify"
	"github.com/floormesh/floormesh/sync/message"
)

// FuzzFrame gives a stream's bytes to everything behind the stream: frames,
// compression, views, decoding, verification. Whatever they are, it ends with
// the bytes' end or with blame.
func FuzzFrame(f *testing.F) {
	g, _, _ := dagtest.Genesis(4)
	packer, err := newPacker()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(packer.close)
	pool := verify.NewPool(g.Domain(), 1, rand.Reader)
	f.Cleanup(pool.Close)

	framed := func(pack byte, content []byte) []byte { return frame(append([]byte{pack}, content...)) }
	plain := message.Encode(nil, batches(f, g, 0, 30))
	_, packed := packer.pack(make([]byte, 2*minPackBytes))
	f.Add(framed(packPlain, plain))
	f.Add(framed(packZstd, packed))
	f.Add(append(framed(packView, []byte{0b1010}), framed(packPlain, message.Encode(nil, tips(3)))...))
	f.Add([]byte{0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte{0})

	f.Fuzz(func(t *testing.T, raw []byte) {
		inbox := newInbox()
		close(inbox.closed)
		tr := &Transport{
			genesis: g, domain: g.Domain(), pool: pool, packer: packer,
			handler: inbox, log: slog.New(slog.DiscardHandler),
		}
		in := newInlet(&remote{t: tr, key: dag.PublicKey{1}}, nil, true)
		r := bufio.NewReader(bytes.NewReader(raw))
		handed := make(chan struct{})
		go func() {
			defer close(handed)
			in.handOver(t.Context())
		}()
		var err error
		for err == nil {
			err = in.readOne(t.Context(), r)
		}
		close(in.pending)
		<-handed
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, errProtocol) {
			t.Fatalf("ended with %v", err)
		}
	})
}

func FuzzHello(f *testing.F) {
	h := hello{version: 1, mesh: dag.MeshID{1}, epoch: dag.EpochID{2}, refusal: "because"}
	f.Add(h.encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, err := decodeHello(raw)
		if err != nil {
			return
		}
		if again := h.encode(); !bytes.Equal(raw, again) {
			t.Fatalf("decoded %x, encodes to %x", raw, again)
		}
	})
}
