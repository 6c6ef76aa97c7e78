package merkle

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/floormesh/floormesh/dag"
)

// ErrFrontier means that bytes are not the encoding of a frontier.
var ErrFrontier = errors.New("malformed log frontier")

// Frontier is a log's size and right edge: the roots of the perfect subtrees
// its leaves make up, largest first, one per one-bit of the size. That is all one
// needs to append leaves and to compute roots.
//
// The zero value is the empty log. A Frontier is a value: assigning it makes an
// independent copy (1.5 KiB).
type Frontier struct {
	size  uint64
	peaks [maxLevels]dag.Digest // peaks[l] is set if bit l of size is
}

// Append adds a leaf by its hash. For every tile that this leaf completes, lowest
// level first, it calls full (unless nil) with the tile and the root of its
// subtree, which is entry number tile.Index of the level above.
//
// Append costs two hashes on average and does not allocate. It panics when the
// log is at MaxSize.
func (f *Frontier) Append(leaf dag.Digest, full func(tile Tile, root dag.Digest)) {
	if f.size >= MaxSize {
		panic("merkle: append to a log of the greatest size")
	}
	position, h := f.size, leaf
	level := 0
	for ; position>>level&1 == 1; level++ {
		h = nodeHash(&f.peaks[level], &h)
		if height := level + 1; full != nil && height%TileHeight == 0 {
			full(Tile{Level: level / TileHeight, Index: position >> height, Width: TileWidth}, h)
		}
	}
	f.peaks[level] = h
	f.size++
}

// Size returns the number of leaves.
func (f *Frontier) Size() uint64 { return f.size }

// Root returns the log's root hash: at most 48 hashes are computed. The root of
// the empty log is SHA-256 of nothing.
func (f *Frontier) Root() dag.Digest {
	if f.size == 0 {
		return sha256.Sum256(nil)
	}
	level := bits.TrailingZeros64(f.size)
	root := f.peaks[level]
	for level++; f.size>>level != 0; level++ {
		if f.size>>level&1 == 1 {
			root = nodeHash(&f.peaks[level], &root)
		}
	}
	return root
}

// Encode returns the frontier's bytes: the size (8 bytes, big-endian), then its
// peaks, largest subtree first.
func (f *Frontier) Encode() []byte {
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, 8+32*bits.OnesCount64(f.size)), f.size)
	for level := len(f.peaks) - 1; level >= 0; level-- {
		if f.size>>level&1 == 1 {
			raw = append(raw, f.peaks[level][:]...)
		}
	}
	return raw
}

// DecodeFrontier parses what Encode returned. Nothing shows whether the peaks are
// those of any log: compare Root with one that is trusted.
func DecodeFrontier(raw []byte) (Frontier, error) {
	var f Frontier
	if len(raw) < 8 {
		return f, fmt.Errorf("%w: %d bytes", ErrFrontier, len(raw))
	}
	size, raw := binary.BigEndian.Uint64(raw), raw[8:]
	if size > MaxSize || len(raw) != 32*bits.OnesCount64(size) {
		return f, fmt.Errorf("%w: %d bytes of peaks for size %d", ErrFrontier, len(raw), size)
	}
	for level := len(f.peaks) - 1; level >= 0; level-- {
		if size>>level&1 == 1 {
			f.peaks[level], raw = dag.Digest(raw[:32]), raw[32:]
		}
	}
	f.size = size
	return f, nil
}
