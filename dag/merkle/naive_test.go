package merkle

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/floormesh/floormesh/dag"
)

// The naive twin: RFC 6962 section 2.1 as it is written there, over leaf data.

func naiveRoot(leaves [][]byte) dag.Digest {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	default:
		k := naiveSplit(n)
		left, right := naiveRoot(leaves[:k]), naiveRoot(leaves[k:])
		return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
	}
}

// naiveSplit returns the largest power of two smaller than n.
func naiveSplit(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

func naivePath(m int, leaves [][]byte) []dag.Digest {
	n := len(leaves)
	if n == 1 {
		return nil
	}
	k := naiveSplit(n)
	if m < k {
		return append(naivePath(m, leaves[:k]), naiveRoot(leaves[k:]))
	}
	return append(naivePath(m-k, leaves[k:]), naiveRoot(leaves[:k]))
}

func naiveConsistency(m int, leaves [][]byte) []dag.Digest { return naiveSubproof(m, leaves, true) }

func naiveSubproof(m int, leaves [][]byte, whole bool) []dag.Digest {
	n := len(leaves)
	if m == n {
		if whole {
			return nil
		}
		return []dag.Digest{naiveRoot(leaves)}
	}
	k := naiveSplit(n)
	if m <= k {
		return append(naiveSubproof(m, leaves[:k], whole), naiveRoot(leaves[k:]))
	}
	return append(naiveSubproof(m-k, leaves[k:], false), naiveRoot(leaves[:k]))
}

// testLeaves returns n leaves of different lengths, record leaves among them.
func testLeaves(n int) [][]byte {
	leaves := make([][]byte, n)
	for i := range leaves {
		leaves[i] = binary.BigEndian.AppendUint32(make([]byte, 60+i%3*40), uint32(i))
	}
	return leaves
}

// tileStore keeps what a store would: leaf hashes, and the roots of full tiles as
// the frontier reports them.
type tileStore struct {
	frontier Frontier
	levels   [][]byte
}

func (s *tileStore) append(leaf []byte) {
	h := LeafHash(leaf)
	s.put(0, h)
	s.frontier.Append(h, func(tile Tile, root dag.Digest) {
		if s.put(tile.Level+1, root) != tile.Index {
			panic("tile reported out of order")
		}
	})
}

func (s *tileStore) put(level int, h dag.Digest) (index uint64) {
	if len(s.levels) == level {
		s.levels = append(s.levels, nil)
	}
	s.levels[level] = append(s.levels[level], h[:]...)
	return uint64(len(s.levels[level])/32 - 1)
}

func (s *tileStore) Tile(level int, index uint64, width int) ([]byte, error) {
	if level >= len(s.levels) || (int(index)*TileWidth+width)*32 > len(s.levels[level]) {
		return nil, fmt.Errorf("no tile %d/%d of width %d", level, index, width)
	}
	return s.levels[level][index*TileWidth*32:][:width*32], nil
}

func (s *tileStore) reader(size uint64) tlog.HashReader { return NewTileHashReader(size, s) }
