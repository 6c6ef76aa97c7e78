package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// The kinds of frames.
const (
	frameStart = iota + 1
	frameSteps
	frameEnd
)

// magic is the file's first line, without the version.
const (
	magic   = "floormesh recording "
	version = "1"
)

// headBytes is the size of a frame's head.
const headBytes = 12

// ErrTooLarge says that one Step, or a start, is larger than a recording may hold.
var ErrTooLarge = errors.New("larger than a recording can hold")

// Writer writes a recording. It is for one goroutine, buffers up to a frame, and
// after an error writes no more.
type Writer struct {
	out     io.Writer
	digests Digester
	steps   uint64 // appended
	first   uint64 // number of the first one buffered
	count   int    // buffered
	buf     []byte // Steps that are not written yet
	frame   []byte // reused
	written int64
	err     error
}

// Begin writes the head and what the Replica was started with.
func Begin(out io.Writer, s *Start) (*Writer, error) {
	w := &Writer{out: out, first: 1}
	w.write([]byte(magic + version + "\n"))
	raw := s.encode()
	if len(raw) > maxStartBytes {
		return nil, fmt.Errorf("%w: a start of %d bytes", ErrTooLarge, len(raw))
	}
	for more := true; more; {
		piece := raw[:min(len(raw), maxPieceBytes)]
		raw = raw[len(piece):]
		more = len(raw) > 0
		body := dagcbor.AppendUint(dagcbor.AppendArray(nil, 3), frameStart)
		w.emit(dagcbor.AppendBytes(appendFlag(body, !more), piece))
	}
	return w, w.err
}

// Append takes a Step.
func (w *Writer) Append(t *Taken) error {
	if w.err != nil {
		return w.err
	}
	digest, kinds := w.digests.Add(t.Outputs, t.Wake)
	w.buf = t.encode(w.buf, kinds, digest)
	w.count++
	w.steps++
	if len(w.buf) >= frameBytes {
		return w.Flush()
	}
	return nil
}

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	if w.count == 0 || w.err != nil {
		return w.err
	}
	body := dagcbor.AppendUint(dagcbor.AppendArray(w.frame[:0], 3), frameSteps)
	body = dagcbor.AppendArray(dagcbor.AppendUint(body, w.first), w.count)
	w.frame = append(body, w.buf...)
	w.emit(w.frame)
	w.buf, w.count, w.first = w.buf[:0], 0, w.steps+1
	if cap(w.frame) > 4*frameBytes { // of one large Step
		w.buf, w.frame = nil, nil
	}
	return w.err
}

// End writes what is buffered, and why there is no more.
func (w *Writer) End(reason string) error {
	if err := w.Flush(); err != nil {
		return err
	}
	body := dagcbor.AppendUint(dagcbor.AppendArray(nil, 3), frameEnd)
	w.emit(dagcbor.AppendText(dagcbor.AppendUint(body, w.steps), reason))
	return w.err
}

// Bytes returns how much was written, and Steps how many Steps were appended.
func (w *Writer) Bytes() int64 { return w.written }

// Steps returns how many Steps were appended.
func (w *Writer) Steps() uint64 { return w.steps }

func (w *Writer) emit(body []byte) {
	if len(body) > MaxFrameBytes {
		w.err = fmt.Errorf("%w: step %d with %d bytes", ErrTooLarge, w.steps, len(body))
		return
	}
	head := appendHead(make([]byte, 0, headBytes), body)
	w.write(head)
	w.write(body)
}

func (w *Writer) write(p []byte) {
	if w.err != nil {
		return
	}
	n, err := w.out.Write(p)
	w.written += int64(n)
	w.err = err
}

func appendHead(to, body []byte) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(body)))
	to = binary.BigEndian.AppendUint32(to, sum(body))
	return binary.BigEndian.AppendUint32(to, sum(to))
}

func sum(p []byte) uint32 { return crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) }
