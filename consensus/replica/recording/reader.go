package recording

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagcbor"
)

var (
	// ErrNoRecording says that a file is something else.
	ErrNoRecording = errors.New("no recording")
	// ErrVersion says that a recording is of a format that this build does not read.
	ErrVersion = errors.New("recording of another version")
	// ErrCorrupt says that a recording is not what was written.
	ErrCorrupt = errors.New("recording is corrupt")
	// ErrTorn says that a recording ends within a frame: its gateway was killed
	// or lost power while it wrote. Everything before is whole.
	ErrTorn = errors.New("recording ends within a frame")
)

// Reader reads a recording. It is for one goroutine.
type Reader struct {
	in       *bufio.Reader
	offset   int64 // of the next frame
	start    *Start
	steps    []*Step // of a frame that was read, not yet returned
	next     uint64  // number of the next Step to read
	ended    bool
	reason   string
	verifier *dag.Verifier
	mesh     dag.MeshID
}

// NewReader reads what the Replica was started with. Inputs pass verifier's
// rule: it is asked for once, with the domain of the genesis. The recorded gateway has checked every
// signature, so that a simulation's verifier that trusts will do. Errors:
// ErrNoRecording, ErrVersion, ErrCorrupt, ErrTorn, those of in.
func NewReader(in io.Reader, verifier func(*dag.Domain) *dag.Verifier) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(in, frameBytes), next: 1}
	if err := r.readMagic(); err != nil {
		return nil, err
	}
	var raw []byte
	for last := false; !last; {
		at := r.offset
		body, err := r.frame()
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w at byte %d, before its first step", ErrTorn, at)
		}
		if err != nil {
			return nil, err
		}
		d := dagcbor.NewReader(body)
		d.Tuple(3)
		if kind := d.Uint(frameEnd); kind != frameStart {
			d.Fail(fmt.Errorf("%w: frame of kind %d in the start", dag.ErrEncoding, kind))
		}
		last = d.Uint(1) == 1
		raw = append(raw, d.Bytes(maxPieceBytes)...)
		if err := d.Done(); err != nil {
			return nil, corrupt(at, err)
		}
		if len(raw) > maxStartBytes {
			return nil, corrupt(at, fmt.Errorf("%w: a start of %d bytes", dag.ErrLimit, len(raw)))
		}
	}
	s, err := decodeStart(raw)
	if err != nil {
		return nil, corrupt(int64(len(magic+version)+1), err)
	}
	r.start = s
	r.mesh, r.verifier = s.Genesis.ID(), verifier(s.Genesis.Domain())
	return r, nil
}

// Start returns what the Replica was started with.
func (r *Reader) Start() *Start { return r.start }

// Next returns the next Step, io.EOF after the last. Errors: ErrCorrupt, ErrTorn,
// with the byte at which the frame begins, and those of the file.
func (r *Reader) Next() (*Step, error) {
	for len(r.steps) == 0 {
		if r.ended {
			return nil, io.EOF
		}
		at := r.offset
		body, err := r.frame()
		if err != nil {
			return nil, err
		}
		if err := r.take(body); err != nil {
			return nil, corrupt(at, err)
		}
		if r.ended {
			if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
				return nil, corrupt(r.offset, errors.New("something follows the end"))
			}
		}
	}
	s := r.steps[0]
	r.steps = r.steps[1:]
	return s, nil
}

// Ended returns why the recording ended; false if it does not say, since its
// gateway was killed.
func (r *Reader) Ended() (reason string, ok bool) { return r.reason, r.ended }

// take takes a frame of Steps, or the last one.
func (r *Reader) take(body []byte) error {
	d := &stepReader{dagcbor.NewReader(body), r.mesh, r.verifier}
	d.Tuple(3)
	switch kind := d.Uint(frameEnd); kind {
	case frameSteps:
		if first := d.Uint(math.MaxUint64); first != r.next {
			d.Fail(fmt.Errorf("%w: step %d where step %d should be", dag.ErrRule, first, r.next))
		}
		n := d.Array(MaxFrameBytes)
		for range n {
			r.steps = append(r.steps, d.step(r.next))
			r.next++
			if err := d.Err(); err != nil {
				r.steps = nil
				return fmt.Errorf("step %d: %w", r.next-1, err)
			}
		}
	case frameEnd:
		if steps := d.Uint(math.MaxUint64); steps != r.next-1 {
			d.Fail(fmt.Errorf("%w: ends after step %d, of which %d are here", dag.ErrRule, steps, r.next-1))
		}
		r.reason, r.ended = d.Text(maxTextBytes), true
	default:
		d.Fail(fmt.Errorf("%w: frame of kind %d among the steps", dag.ErrEncoding, kind))
	}
	if err := d.Done(); err != nil {
		r.steps = nil
		return err
	}
	return nil
}

func (r *Reader) readMagic() error {
	line := make([]byte, 0, maxVersionBytes)
	for len(line) < maxVersionBytes && !bytes.HasSuffix(line, []byte{'\n'}) {
		b, err := r.in.ReadByte()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		line = append(line, b)
	}
	text, ok := strings.CutSuffix(string(line), "\n")
	found, isOurs := strings.CutPrefix(text, magic)
	if !ok || !isOurs {
		return fmt.Errorf("%w: it does not begin with %q", ErrNoRecording, magic)
	}
	if found != version {
		return fmt.Errorf("%w: version %q, this build reads %s", ErrVersion, found, version)
	}
	r.offset = int64(len(line))
	return nil
}

// frame reads a frame's body; io.EOF if there is none.
func (r *Reader) frame() ([]byte, error) {
	at := r.offset
	var head [headBytes]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		return nil, torn(at, err)
	}
	if sum(head[:8]) != binary.BigEndian.Uint32(head[8:]) {
		return nil, corrupt(at, errors.New("the frame's head does not match its checksum"))
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > MaxFrameBytes {
		return nil, corrupt(at, fmt.Errorf("%w: a frame of %d bytes", dag.ErrLimit, n))
	}
	// Grows with what is there, not with what the head says.
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r.in, int64(n)); errors.Is(err, io.EOF) {
		return nil, torn(at, io.ErrUnexpectedEOF)
	} else if err != nil {
		return nil, err
	}
	if sum(body.Bytes()) != binary.BigEndian.Uint32(head[4:]) {
		return nil, corrupt(at, errors.New("the frame does not match its checksum"))
	}
	r.offset += headBytes + int64(n)
	return body.Bytes(), nil
}

func corrupt(at int64, err error) error { return fmt.Errorf("%w at byte %d: %w", ErrCorrupt, at, err) }

// torn names an end within a frame; an end between two is none.
func torn(at int64, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w, which begins at byte %d", ErrTorn, at)
	}
	return err
}
