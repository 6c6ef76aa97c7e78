package merkle

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// TileSource is where a log's hashes come from, in a store or at a peer.
type TileSource interface {
	// Tile returns the first width hashes (32 bytes each) of a tile. The log
	// that is read has at least that many. The caller only reads the result, which must
	// not change afterwards.
	Tile(level int, index uint64, width int) ([]byte, error)
}

// NewTileHashReader returns a reader of the hashes of a log of size leaves, for
// [InclusionProof] and [ConsistencyProof]. Each call to ReadHashes asks src at most
// once per tile and checks nothing but the tiles' lengths. Where src is not to be trusted,
// use [tlog.TileHashReader] instead, which checks tiles against a root.
func NewTileHashReader(size uint64, src TileSource) tlog.HashReader {
	return &tileHashReader{size: size, source: src}
}

type tileHashReader struct {
	size   uint64
	source TileSource
}

// ReadHashes returns the hashes with the given stored hash indexes.
func (r *tileHashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	if r.size > MaxSize {
		return nil, fmt.Errorf("%w: %d", ErrSize, r.size)
	}
	end := tlog.StoredHashIndex(0, int64(r.size))
	read := make(map[Tile][]byte, 2)
	hashes := make([]tlog.Hash, 0, len(indexes))
	for _, index := range indexes {
		if index < 0 || index >= end {
			return nil, fmt.Errorf("%w: hash %d of a log of %d leaves", ErrSize, index, r.size)
		}
		h, err := r.readHash(index, read)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}

func (r *tileHashReader) readHash(index int64, read map[Tile][]byte) (tlog.Hash, error) {
	at := tlog.TileForIndex(TileHeight, index)
	tile, ok := TileOf(r.size, at.L, uint64(at.N))
	if !ok || tile.Width < at.W {
		return tlog.Hash{}, fmt.Errorf("%w: hash %d of a log of %d leaves", ErrSize, index, r.size)
	}
	data, ok := read[tile]
	if !ok {
		var err error
		if data, err = r.source.Tile(tile.Level, tile.Index, tile.Width); err != nil {
			return tlog.Hash{}, fmt.Errorf("read %s: %w", tile.Path(), err)
		}
		if len(data) != tile.Width*tlog.HashSize {
			return tlog.Hash{}, fmt.Errorf("read %s: %d bytes", tile.Path(), len(data))
		}
		read[tile] = data
	}
	at.W = tile.Width
	return tlog.HashFromTile(at, data, index)
}
