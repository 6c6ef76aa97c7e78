package merkle

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrEntries means that bytes are not an entry bundle of the width asked for.
var ErrEntries = errors.New("malformed entry bundle")

// AppendEntry appends a leaf's data to an entry bundle: its length (2 bytes,
// big-endian), then the data. It panics beyond MaxEntryBytes: leaves are made by us.
func AppendEntry(bundle, data []byte) []byte {
	if len(data) > MaxEntryBytes {
		panic(fmt.Sprintf("merkle: entry of %d bytes", len(data)))
	}
	bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(data)))
	return append(bundle, data...)
}

// SplitEntries takes a bundle of exactly width entries apart. The results alias it.
func SplitEntries(bundle []byte, width int) ([][]byte, error) {
	if width < 1 || width > TileWidth {
		return nil, fmt.Errorf("%w: width %d", ErrEntries, width)
	}
	entries := make([][]byte, 0, width)
	for range width {
		if len(bundle) < 2 {
			return nil, fmt.Errorf("%w: ends after %d of %d entries", ErrEntries, len(entries), width)
		}
		n := int(binary.BigEndian.Uint16(bundle))
		if len(bundle) < 2+n {
			return nil, fmt.Errorf("%w: entry %d is cut short", ErrEntries, len(entries))
		}
		entries, bundle = append(entries, bundle[2:2+n:2+n]), bundle[2+n:]
	}
	if len(bundle) != 0 {
		return nil, fmt.Errorf("%w: %d bytes beyond %d entries", ErrEntries, len(bundle), width)
	}
	return entries, nil
}
