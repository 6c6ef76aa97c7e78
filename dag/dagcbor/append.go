package dagcbor

import "encoding/binary"

// CBOR major types (RFC 8949 section 3.1), shifted into place.
const (
	majorUint  = 0 << 5
	majorInt   = 1 << 5
	majorBytes = 2 << 5
	majorText  = 3 << 5
	majorArray = 4 << 5
	null       = 0xf6
)

// AppendUint appends an unsigned integer in its shortest form.
func AppendUint(to []byte, v uint64) []byte { return appendHead(to, majorUint, v) }

// AppendInt appends a signed integer in its shortest form.
func AppendInt(to []byte, v int64) []byte {
	if v < 0 {
		return appendHead(to, majorInt, uint64(-(v + 1)))
	}
	return appendHead(to, majorUint, uint64(v))
}

// AppendBytes appends a byte string.
func AppendBytes(to, v []byte) []byte {
	return append(appendHead(to, majorBytes, uint64(len(v))), v...)
}

// AppendText appends a text string, which must be valid UTF-8.
func AppendText(to []byte, v string) []byte {
	return append(appendHead(to, majorText, uint64(len(v))), v...)
}

// AppendArray appends the header of an array of n items, which must follow.
func AppendArray(to []byte, n int) []byte { return appendHead(to, majorArray, uint64(n)) }

// AppendNull appends null.
func AppendNull(to []byte) []byte { return append(to, null) }

// AppendLink appends a link to the DAG-CBOR block with this SHA-256 digest:
// tag 42 around the identity-multibase byte 00 and the CID's binary form.
func AppendLink(to []byte, digest [32]byte) []byte {
	return append(append(to, linkPrefix...), digest[:]...)
}

// linkPrefix is what every link of ours begins with: tag 42, a byte string of
// 37 bytes, 00, CID version 1, codec dag-cbor (0x71), sha2-256 (0x12), 32 bytes.
const linkPrefix = "\xd8\x2a\x58\x25\x00\x01\x71\x12\x20"

func appendHead(to []byte, major byte, v uint64) []byte {
	switch {
	case v < 24:
		return append(to, major|byte(v))
	case v < 1<<8:
		return append(to, major|24, byte(v))
	case v < 1<<16:
		return binary.BigEndian.AppendUint16(append(to, major|25), uint16(v))
	case v < 1<<32:
		return binary.BigEndian.AppendUint32(append(to, major|26), uint32(v))
	default:
		return binary.BigEndian.AppendUint64(append(to, major|27), v)
	}
}
