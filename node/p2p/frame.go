package p2p

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/floormesh/floormesh/sync/message"
)

// errProtocol says that a peer does not follow the protocol. It is blamed.
var errProtocol = errors.New("breaks the protocol")

// How a frame's content is packed: its first byte.
const (
	packPlain byte = iota // a message
	packZstd              // a message, compressed
	packView              // a view: see view.go
)

// readLength reads a frame's length: an unsigned LEB128 number in its shortest
// form, from 1 to limit.
func readLength(r io.ByteReader, limit int) (int, error) {
	n := 0
	for shift := 0; shift < 28; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if n |= int(b&0x7f) << shift; b >= 0x80 {
			continue
		}
		switch {
		case b == 0:
			return 0, fmt.Errorf("%w: frame length is empty or not in its shortest form", errProtocol)
		case n > limit:
			return 0, fmt.Errorf("%w: frame of %d bytes, at most %d", errProtocol, n, limit)
		}
		return n, nil
	}
	return 0, fmt.Errorf("%w: frame length does not end", errProtocol)
}

// readFrame reads a frame of at most limit bytes.
func readFrame(r *bufio.Reader, limit int) ([]byte, error) {
	n, err := readLength(r, limit)
	if err != nil {
		return nil, err
	}
	return readContent(r, n)
}

func readContent(r io.Reader, n int) ([]byte, error) {
	content := make([]byte, n)
	_, err := io.ReadFull(r, content)
	return content, err
}

// frame returns a small frame as it goes over the wire.
func frame(content []byte) []byte {
	return append(binary.AppendUvarint(nil, uint64(len(content))), content...)
}

// writeFrame writes a frame of a pack byte and content.
func writeFrame(w *bufio.Writer, pack byte, content []byte) error {
	var head [binary.MaxVarintLen32 + 1]byte
	n := binary.PutUvarint(head[:], uint64(1+len(content)))
	head[n] = pack
	if _, err := w.Write(head[:n+1]); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

// minPackBytes is the least message that compression is tried on: below it the
// headers eat what is won.
const minPackBytes = 1 << 10

// packer compresses messages. It is safe for concurrent use.
type packer struct {
	encoder *zstd.Encoder
	decoder *zstd.Decoder
}

func newPacker() (*packer, error) {
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	decoder, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(message.MaxBytes), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, errors.Join(err, encoder.Close())
	}
	return &packer{encoder, decoder}, nil
}

func (p *packer) close() {
	_ = p.encoder.Close() // nothing is written to it
	p.decoder.Close()
}

// pack compresses a message if that saves at least a tenth. Signatures and keys
// do not compress, and batches consist of them to a good part.
func (p *packer) pack(raw []byte) (pack byte, content []byte) {
	if len(raw) < minPackBytes {
		return packPlain, raw
	}
	packed := p.encoder.EncodeAll(raw, make([]byte, 0, len(raw)))
	if len(packed) > len(raw)-len(raw)/10 {
		return packPlain, raw
	}
	return packZstd, packed
}

// unpackedSize returns how long a compressed message says to be, so that room
// can be made for it before anything is allocated.
func unpackedSize(content []byte) (int, error) {
	var header zstd.Header
	if err := header.Decode(content); err != nil {
		return 0, fmt.Errorf("%w: zstd: %w", errProtocol, err)
	}
	if !header.HasFCS || header.FrameContentSize > message.MaxBytes {
		return 0, fmt.Errorf("%w: zstd content of unknown size or over %d bytes", errProtocol, message.MaxBytes)
	}
	return int(header.FrameContentSize), nil
}

// unpack decompresses a message of exactly size bytes.
func (p *packer) unpack(content []byte, size int) ([]byte, error) {
	raw, err := p.decoder.DecodeAll(content, make([]byte, 0, size))
	if err != nil {
		return nil, fmt.Errorf("%w: zstd: %w", errProtocol, err)
	}
	if len(raw) != size {
		return nil, fmt.Errorf("%w: zstd content of %d bytes, announced %d", errProtocol, len(raw), size)
	}
	return raw, nil
}
