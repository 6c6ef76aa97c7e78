package api

import (
	"encoding/binary"
	"math"
)

// splitSequence cuts a CBOR sequence (RFC 8742) into its items, which alias b. It
// returns also how many bytes could be read as items: len(b), unless an item
// is cut short, malformed, of indefinite length, or deeper than maxCBORDepth. It stops after limit items.
func splitSequence(b []byte, limit int) (items [][]byte, read int) {
	// One allocation for readings of the usual size, at most two more below.
	const usualItemBytes = 160
	items = make([][]byte, 0, min(limit, 1+len(b)/usualItemBytes))
	for read < len(b) && len(items) < limit {
		n, ok := itemBytes(b[read:])
		if !ok {
			break
		}
		items = append(items, b[read:read+n:read+n])
		read += n
	}
	return items, read
}

// itemBytes returns the length of the data item that b begins with (RFC 8949
// section 3). It goes through nested items with counters instead of recursion.
func itemBytes(b []byte) (n int, ok bool) {
	var left [maxCBORDepth]uint64 // items to come, by depth
	for depth := 0; ; {
		arg, size, ok := itemHead(b[n:])
		if !ok {
			return 0, false
		}
		major := b[n] >> 5
		n += size
		var inner uint64
		switch major {
		case 2, 3: // byte string, text string
			if arg > uint64(len(b)-n) {
				return 0, false
			}
			n += int(arg)
		case 4: // array
			inner = arg
		case 5: // map
			if arg > math.MaxInt64 {
				return 0, false
			}
			inner = 2 * arg
		case 6: // tag
			inner = 1
		}
		if inner > 0 {
			// Every item has a byte at least: what cannot fit need not be tried.
			if depth == maxCBORDepth || inner > uint64(len(b)-n) {
				return 0, false
			}
			left[depth] = inner
			depth++
			continue
		}
		for depth > 0 {
			if left[depth-1]--; left[depth-1] > 0 {
				break
			}
			depth--
		}
		if depth == 0 {
			return n, true
		}
	}
}

// itemHead reads an item's first bytes.
func itemHead(b []byte) (arg uint64, size int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	info := b[0] & 0x1f
	if info < 24 {
		return uint64(info), 1, true
	}
	if info > 27 { // reserved, or of indefinite length
		return 0, 0, false
	}
	width := 1 << (info - 24)
	if len(b) < 1+width {
		return 0, 0, false
	}
	var wide [8]byte
	copy(wide[8-width:], b[1:1+width])
	return binary.BigEndian.Uint64(wide[:]), 1 + width, true
}
