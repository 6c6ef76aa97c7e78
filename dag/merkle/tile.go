package merkle

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	// TileHeight is how many levels of the tree a tile spans (c2sp.org/tlog-tiles).
	TileHeight = 8
	// TileWidth is how many hashes a full tile, and leaves a full entry bundle, has.
	TileWidth = 1 << TileHeight
)

// ErrTilePath means that a path names no tile.
var ErrTilePath = errors.New("malformed tile path")

// Tile names a tile, or a bundle of entries. Tile Index of level L holds Width
// consecutive hashes of the tree's level 8·L, from number 256·Index. Width is 256 for
// a full tile and from 1 to 255 for a partial one, which a log has only at its right edge.
type Tile struct {
	Level   int // 0 for a bundle
	Index   uint64
	Width   int
	Entries bool // the bundle of leaf data instead of the leaves' hashes
}

// TileOf returns tile number index of a level, as wide as a log of size leaves
// has it. It reports false when the log has no such tile.
func TileOf(size uint64, level int, index uint64) (Tile, bool) {
	if size > MaxSize || level < 0 || level*TileHeight > 63 || index > MaxSize {
		return Tile{}, false
	}
	hashes, first := size>>(level*TileHeight), index*TileWidth
	if first >= hashes {
		return Tile{}, false
	}
	return Tile{Level: level, Index: index, Width: int(min(hashes-first, TileWidth))}, true
}

// In reports whether a log of size leaves has the tile, full or as this part of
// a wider one.
func (t Tile) In(size uint64) bool {
	widest, ok := TileOf(size, t.Level, t.Index)
	return ok && 0 < t.Width && t.Width <= widest.Width
}

// Path returns the tile's path below a log's prefix: tile/<L>/<N>[.p/<W>] or
// tile/entries/<N>[.p/<W>], where the index is written in groups of three digits,
// all but the last prefixed by x: 1234067 is x001/x234/067.
func (t Tile) Path() string {
	level := "entries"
	if !t.Entries {
		level = strconv.Itoa(t.Level)
	}
	index := fmt.Sprintf("%03d", t.Index%1000)
	for n := t.Index / 1000; n > 0; n /= 1000 {
		index = fmt.Sprintf("x%03d/%s", n%1000, index)
	}
	if t.Width == TileWidth {
		return "tile/" + level + "/" + index
	}
	return "tile/" + level + "/" + index + ".p/" + strconv.Itoa(t.Width)
}

// ParseTilePath parses what Path returns, and nothing else. Whether a log has
// the tile is for [Tile.In] to say. Its error is ErrTilePath.
func ParseTilePath(path string) (Tile, error) {
	t, ok := parseTilePath(path)
	// Path is the one spelling: signs, missing or extra zeroes do not survive this.
	if !ok || t.Path() != path {
		return Tile{}, fmt.Errorf("%w: %.80q", ErrTilePath, path)
	}
	return t, nil
}

func parseTilePath(path string) (t Tile, ok bool) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok || len(path) > maxTilePathBytes {
		return t, false
	}
	level, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return t, false
	}
	if t.Entries = level == "entries"; !t.Entries {
		n, err := strconv.ParseUint(level, 10, 6) // 0 to 63
		if err != nil {
			return t, false
		}
		t.Level = int(n)
	}
	index, width, partial := strings.Cut(rest, ".p/")
	if t.Width = TileWidth; partial {
		n, err := strconv.ParseUint(width, 10, TileHeight) // 0 to 255
		if err != nil || n == 0 {
			return t, false
		}
		t.Width = int(n)
	}
	for group := range strings.SplitSeq(index, "/") {
		n, err := strconv.ParseUint(strings.TrimPrefix(group, "x"), 10, 16)
		if err != nil || n > 999 {
			return t, false
		}
		if t.Index = t.Index*1000 + n; t.Index > MaxSize {
			return t, false
		}
	}
	return t, true
}
