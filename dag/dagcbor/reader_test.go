package dagcbor_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// TestReaderReadsWhatAppendWrites also holds the two layers together: what the
// Append functions write is strict DAG-CBOR by the other's judgement.
func TestReaderReadsWhatAppendWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.Uint64().Draw(t, "uint")
		i := rapid.Int64().Draw(t, "int")
		b := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes")
		s := rapid.String().Draw(t, "text")
		var digest [32]byte
		copy(digest[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest"))

		raw := dagcbor.AppendArray(nil, 7)
		raw = dagcbor.AppendUint(raw, u)
		raw = dagcbor.AppendInt(raw, i)
		raw = dagcbor.AppendBytes(raw, b)
		raw = dagcbor.AppendText(raw, s)
		raw = dagcbor.AppendLink(raw, digest)
		raw = dagcbor.AppendNull(raw)
		raw = dagcbor.AppendArray(raw, 0)
		if err := dagcbor.Check(raw); err != nil {
			t.Fatalf("%x: %v", raw, err)
		}

		r := dagcbor.NewReader(raw)
		r.Tuple(7)
		if got := r.Uint(math.MaxUint64); got != u {
			t.Errorf("uint %d, want %d", got, u)
		}
		if got := r.Int(); got != i {
			t.Errorf("int %d, want %d", got, i)
		}
		if got := r.Bytes(300); !bytes.Equal(got, b) {
			t.Errorf("bytes %x, want %x", got, b)
		}
		if got := r.Text(math.MaxInt); got != s {
			t.Errorf("text %q, want %q", got, s)
		}
		if got := r.Link(); got != digest {
			t.Errorf("link %x, want %x", got, digest)
		}
		if got := r.OptionalLink(); got != [32]byte{} {
			t.Errorf("null link %x", got)
		}
		if got := r.Array(9); got != 0 {
			t.Errorf("array of %d, want 0", got)
		}
		if err := r.Done(); err != nil {
			t.Error(err)
		}
	})
}

func TestReaderRefuses(t *testing.T) {
	link := string(dagcbor.AppendLink(nil, [32]byte{1}))
	for _, c := range []struct {
		name string
		raw  string
		read func(r *dagcbor.Reader)
		want error
	}{
		{"empty", "", func(r *dagcbor.Reader) { r.Uint(9) }, dagcbor.ErrEncoding},
		{"not a uint", "\x20", func(r *dagcbor.Reader) { r.Uint(9) }, dagcbor.ErrEncoding},
		{"over the limit", "\x0a", func(r *dagcbor.Reader) { r.Uint(9) }, dagcbor.ErrLimit},
		{"long form of one byte", "\x18\x17", func(r *dagcbor.Reader) { r.Uint(99) }, dagcbor.ErrEncoding},
		{"long form of two", "\x19\x00\xff", func(r *dagcbor.Reader) { r.Uint(999) }, dagcbor.ErrEncoding},
		{"long form of four", "\x1a\x00\x00\xff\xff", func(r *dagcbor.Reader) { r.Uint(99999) }, dagcbor.ErrEncoding},
		{"long form of eight", "\x1b\x00\x00\x00\x00\xff\xff\xff\xff", func(r *dagcbor.Reader) { r.Uint(math.MaxUint64) }, dagcbor.ErrEncoding},
		{"cut within a length", "\x19\x01", func(r *dagcbor.Reader) { r.Uint(999) }, dagcbor.ErrEncoding},
		{"indefinite", "\x9f\xff", func(r *dagcbor.Reader) { r.Array(9) }, dagcbor.ErrEncoding},
		{"int beyond 64 bits", "\x3b\xff\xff\xff\xff\xff\xff\xff\xff", func(r *dagcbor.Reader) { r.Int() }, dagcbor.ErrLimit},
		{"uint beyond int", "\x1b\xff\xff\xff\xff\xff\xff\xff\xff", func(r *dagcbor.Reader) { r.Int() }, dagcbor.ErrLimit},
		{"string cut", "\x42a", func(r *dagcbor.Reader) { r.Bytes(9) }, dagcbor.ErrEncoding},
		{"string too long", "\x42ab", func(r *dagcbor.Reader) { r.Bytes(1) }, dagcbor.ErrLimit},
		{"vast string", "\x5b\xff\xff\xff\xff\xff\xff\xff\xff", func(r *dagcbor.Reader) { r.Bytes(math.MaxInt) }, dagcbor.ErrLimit},
		{"fixed string too short", "\x41a", func(r *dagcbor.Reader) { r.Exactly(make([]byte, 2)) }, dagcbor.ErrEncoding},
		{"text for bytes", "\x61a", func(r *dagcbor.Reader) { r.Bytes(9) }, dagcbor.ErrEncoding},
		{"not UTF-8", "\x61\xff", func(r *dagcbor.Reader) { r.Text(9) }, dagcbor.ErrEncoding},
		{"more items than bytes", "\x82\x00", func(r *dagcbor.Reader) { r.Array(9) }, dagcbor.ErrEncoding},
		{"too many items", "\x82\x00\x00", func(r *dagcbor.Reader) { r.Array(1) }, dagcbor.ErrLimit},
		{"tuple of another size", "\x82\x00\x00", func(r *dagcbor.Reader) { r.Tuple(3) }, dagcbor.ErrEncoding},
		{"link cut", link[:20], func(r *dagcbor.Reader) { r.Link() }, dagcbor.ErrEncoding},
		{"raw link", strings.Replace(link, "\x71", "\x55", 1), func(r *dagcbor.Reader) { r.Link() }, dagcbor.ErrEncoding},
		{"link to zero", string(dagcbor.AppendLink(nil, [32]byte{})), func(r *dagcbor.Reader) { r.OptionalLink() }, dagcbor.ErrEncoding},
		{"left over", "\x00\x00", func(r *dagcbor.Reader) { r.Uint(9) }, dagcbor.ErrEncoding},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := dagcbor.NewReader([]byte(c.raw))
			c.read(r)
			if err := r.Done(); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestReaderKeepsFirstError(t *testing.T) {
	r := dagcbor.NewReader([]byte{0x01, 0x02})
	r.Bytes(9)
	first := r.Err()
	if first == nil {
		t.Fatal("an integer was read as bytes")
	}
	r.Fail(errors.New("another"))
	if got := r.Uint(9) + uint64(r.Array(9)); got != 0 {
		t.Errorf("read %d after an error", got)
	}
	if got := r.Done(); got != first { //nolint:errorlint // the very same
		t.Errorf("got %v, want %v", got, first)
	}
}

func TestReaderAliasesWithoutRoom(t *testing.T) {
	raw := []byte{0x41, 'a', 0x41, 'b'}
	r := dagcbor.NewReader(raw)
	a := r.Bytes(9)
	_ = append(a, 'x')
	if raw[2] != 0x41 {
		t.Error("appending to what was read wrote into the input")
	}
}
