package dagcbor

import (
	"encoding/binary"
	"fmt"
	"math"
	"unicode/utf8"
)

// Reader walks over one encoding, accepting only shortest forms and definite
// lengths. Its first error sticks: later calls return zero values, so that a
// decoder reads straight down and asks Err once at the end. Byte strings alias
// the input. The zero Reader has nothing to read.
type Reader struct {
	raw []byte
	off int
	err error
}

// NewReader returns a reader over raw, which it does not copy.
func NewReader(raw []byte) *Reader { return &Reader{raw: raw} }

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Offset returns how many bytes were read.
func (r *Reader) Offset() int { return r.off }

// Since returns the bytes read since offset start, which must come from Offset.
func (r *Reader) Since(start int) []byte { return r.raw[start:r.off:r.off] }

// Done returns the first error, or one if bytes are left over.
func (r *Reader) Done() error {
	if r.err == nil && r.off != len(r.raw) {
		r.fail(ErrEncoding, "%d trailing bytes", len(r.raw)-r.off)
	}
	return r.err
}

// Fail records an error of the caller's, unless there was one before. It is
// wrapped with the offset.
func (r *Reader) Fail(err error) {
	if r.err == nil {
		r.err = fmt.Errorf("at byte %d: %w", r.off, err)
	}
}

// Uint reads an unsigned integer of at most limit.
func (r *Reader) Uint(limit uint64) uint64 {
	v := r.head(majorUint, "unsigned integer")
	if v > limit {
		r.fail(ErrLimit, "%d is over %d", v, limit)
		return 0
	}
	return v
}

// Int reads a signed integer.
func (r *Reader) Int() int64 {
	if r.err == nil && r.off < len(r.raw) && r.raw[r.off]&0xe0 == majorInt {
		v := r.head(majorInt, "integer")
		if v > math.MaxInt64 {
			r.fail(ErrLimit, "integer does not fit 64 bits")
			return 0
		}
		return -1 - int64(v)
	}
	return int64(r.Uint(math.MaxInt64))
}

// Bytes reads a byte string of at most limit bytes. It aliases the input.
func (r *Reader) Bytes(limit int) []byte {
	return r.take(r.head(majorBytes, "byte string"), limit)
}

// Exactly reads a byte string of exactly len(into) bytes and copies it.
func (r *Reader) Exactly(into []byte) {
	b := r.Bytes(len(into))
	if r.err == nil && len(b) != len(into) {
		r.fail(ErrEncoding, "%d bytes, want %d", len(b), len(into))
		return
	}
	copy(into, b)
}

// Text reads a text string of at most limit bytes, which must be valid UTF-8.
func (r *Reader) Text(limit int) string {
	b := r.take(r.head(majorText, "text string"), limit)
	if !utf8.Valid(b) {
		r.fail(ErrEncoding, "text is not UTF-8")
		return ""
	}
	return string(b)
}

// Array reads the header of an array of at most limit items. Each item takes
// at least one byte, so a count beyond the bytes left is refused: what is
// allocated by the count is bounded by the input.
func (r *Reader) Array(limit int) int {
	n := r.head(majorArray, "array")
	switch {
	case r.err != nil:
		return 0
	case n > uint64(limit):
		r.fail(ErrLimit, "%d items, at most %d", n, limit)
		return 0
	case n > uint64(len(r.raw)-r.off):
		r.fail(ErrEncoding, "%d items in %d bytes", n, len(r.raw)-r.off)
		return 0
	}
	return int(n)
}

// Tuple reads the header of an array of exactly n items.
func (r *Reader) Tuple(n int) {
	if got := r.head(majorArray, "array"); r.err == nil && got != uint64(n) {
		r.fail(ErrEncoding, "%d items, want %d", got, n)
	}
}

// Null reads null if it is next and reports whether it was.
func (r *Reader) Null() bool {
	if r.err != nil || r.off >= len(r.raw) || r.raw[r.off] != null {
		return false
	}
	r.off++
	return true
}

// Literal reads exactly these bytes.
func (r *Reader) Literal(want string) {
	if r.err != nil {
		return
	}
	if len(r.raw)-r.off < len(want) || string(r.raw[r.off:r.off+len(want)]) != want {
		r.fail(ErrEncoding, "want %x", want)
		return
	}
	r.off += len(want)
}

// Link reads a link as AppendLink writes it; links of other codecs or hashes are refused.
func (r *Reader) Link() (digest [32]byte) {
	r.Literal(linkPrefix)
	copy(digest[:], r.take(32, 32))
	return digest
}

// OptionalLink reads a link or null, for which it returns the zero digest. A
// link that names the zero digest is refused, since it has two encodings then.
func (r *Reader) OptionalLink() (digest [32]byte) {
	if r.Null() {
		return digest
	}
	digest = r.Link()
	if r.err == nil && digest == [32]byte{} {
		r.fail(ErrEncoding, "link to the zero digest")
	}
	return digest
}

// head reads an initial byte of the wanted major type with its argument.
func (r *Reader) head(major byte, want string) uint64 {
	if r.err != nil {
		return 0
	}
	if r.off >= len(r.raw) {
		r.fail(ErrEncoding, "ends where %s should be", want)
		return 0
	}
	b := r.raw[r.off]
	if b&0xe0 != major {
		r.fail(ErrEncoding, "%#02x where %s should be", b, want)
		return 0
	}
	info := b & 0x1f
	if info < 24 {
		r.off++
		return uint64(info)
	}
	return r.argument(info)
}

// argument reads the one, two, four or eight bytes after an initial byte.
func (r *Reader) argument(info byte) uint64 {
	if info > 27 {
		r.fail(ErrEncoding, "indefinite or reserved length")
		return 0
	}
	size := 1 << (info - 24)
	if len(r.raw)-r.off-1 < size {
		r.fail(ErrEncoding, "ends within a length")
		return 0
	}
	b := r.raw[r.off+1 : r.off+1+size]
	var v, least uint64
	switch size {
	case 1:
		v, least = uint64(b[0]), 24
	case 2:
		v, least = uint64(binary.BigEndian.Uint16(b)), 1<<8
	case 4:
		v, least = uint64(binary.BigEndian.Uint32(b)), 1<<16
	default:
		v, least = binary.BigEndian.Uint64(b), 1<<32
	}
	if v < least {
		r.fail(ErrEncoding, "%d is not in its shortest form", v)
		return 0
	}
	r.off += 1 + size
	return v
}

// take returns the next n bytes if there are as many and n is within limit.
func (r *Reader) take(n uint64, limit int) []byte {
	switch {
	case r.err != nil:
		return nil
	case n > uint64(limit):
		r.fail(ErrLimit, "%d bytes, at most %d", n, limit)
		return nil
	case n > uint64(len(r.raw)-r.off):
		r.fail(ErrEncoding, "ends within a string")
		return nil
	}
	start := r.off
	r.off += int(n)
	return r.raw[start:r.off:r.off]
}

func (r *Reader) fail(kind error, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("at byte %d: %w: %s", r.off, kind, fmt.Sprintf(format, args...))
	}
}
