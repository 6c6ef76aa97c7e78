package p2p

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

// ErrRefused says that a peer does not talk to us; the reason is its own.
var ErrRefused = errors.New("refused by peer")

// protocolVersion is what both sides of a stream must have in common. It counts
// changes of messages and frames that an older node would not understand.
const protocolVersion = 1

// hello opens a stream, and answers one. Encoding: the DAG-CBOR tuple [version,
// mesh id, epoch id, refusal], where refusal is "" unless the answer is no.
//
// Epochs may differ: a node that slept through the end of one asks for what it missed.
type hello struct {
	version uint64
	mesh    dag.MeshID
	epoch   dag.EpochID
	refusal string
}

func (h *hello) encode() []byte {
	to := dagcbor.AppendArray(nil, 4)
	to = dagcbor.AppendUint(to, h.version)
	to = dagcbor.AppendBytes(to, h.mesh[:])
	to = dagcbor.AppendBytes(to, h.epoch[:])
	return dagcbor.AppendText(to, h.refusal)
}

func decodeHello(raw []byte) (h hello, err error) {
	r := dagcbor.NewReader(raw)
	r.Tuple(4)
	h.version = r.Uint(dag.MaxCounter)
	r.Exactly(h.mesh[:])
	r.Exactly(h.epoch[:])
	h.refusal = r.Text(maxReasonBytes)
	if err := r.Done(); err != nil {
		return hello{}, fmt.Errorf("%w: hello: %w", errProtocol, err)
	}
	return h, nil
}

// objection says why two nodes cannot talk, "" if they can.
func (h *hello) objection(theirs *hello) string {
	switch {
	case theirs.version != h.version:
		return fmt.Sprintf("protocol version %d here, %d there: upgrade the older gateway", h.version, theirs.version)
	case theirs.mesh != h.mesh:
		return fmt.Sprintf("mesh %s here, %s there: they have different genesis files", h.mesh, theirs.mesh)
	default:
		return ""
	}
}

// greet says hello on a stream of ours and waits for the answer. Only then is
// it known that the peer admits us: its gater lets a refused dialer believe it is connected.
func (h *hello) greet(s io.ReadWriter) error {
	if _, err := s.Write(frame(h.encode())); err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	answer, err := readHello(bufio.NewReaderSize(s, 16))
	if err != nil {
		return fmt.Errorf("answer to hello: %w", err)
	}
	if answer.refusal != "" {
		return fmt.Errorf("%w: %s", ErrRefused, answer.refusal)
	}
	if why := h.objection(&answer); why != "" {
		return errors.New(why)
	}
	return nil
}

// welcome answers a hello on a stream of a peer's. An error says why not.
func (h *hello) welcome(r *bufio.Reader, w io.Writer) error {
	theirs, err := readHello(r)
	if err != nil {
		return err
	}
	answer := *h
	answer.refusal = h.objection(&theirs)
	if _, err := w.Write(frame(answer.encode())); err != nil {
		return fmt.Errorf("answer hello: %w", err)
	}
	if answer.refusal != "" {
		return fmt.Errorf("%w: %s", errRefusing, answer.refusal)
	}
	return nil
}

// errRefusing says that we do not talk to a peer.
var errRefusing = errors.New("refused a peer")

func readHello(r *bufio.Reader) (hello, error) {
	content, err := readFrame(r, maxHelloBytes)
	if err != nil {
		return hello{}, err
	}
	return decodeHello(content)
}
