package dagcbor_test

import (
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// tuple has the shape of a batch header.
func tuple() []byte {
	raw := dagcbor.AppendArray(nil, 8)
	raw = dagcbor.AppendUint(raw, 1)
	raw = dagcbor.AppendBytes(raw, make([]byte, 32))
	raw = dagcbor.AppendBytes(raw, make([]byte, 32))
	raw = dagcbor.AppendUint(raw, 4)
	raw = dagcbor.AppendUint(raw, 1000)
	raw = dagcbor.AppendLink(raw, [32]byte{1})
	raw = dagcbor.AppendUint(raw, 1_700_000_000_000)
	return dagcbor.AppendBytes(raw, make([]byte, 32))
}

func BenchmarkReader(b *testing.B) {
	raw := tuple()
	b.ReportAllocs()
	var digest [32]byte
	for b.Loop() {
		r := dagcbor.NewReader(raw)
		r.Tuple(8)
		r.Uint(9)
		r.Exactly(digest[:])
		r.Exactly(digest[:])
		r.Uint(9)
		r.Uint(1 << 53)
		r.Link()
		r.Uint(1 << 53)
		r.Exactly(digest[:])
		if err := r.Done(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGeneric(b *testing.B) {
	raw := tuple()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dagcbor.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStruct is the library's quickest way: a mode made once, a struct, no
// comparison with the re-encoded bytes.
func BenchmarkStruct(b *testing.B) {
	type header struct {
		_       struct{} `cbor:",toarray"`
		Version uint64
		Ledger  [32]byte
		Key     [32]byte
		Number  uint32
		Seq     uint64
		Prev    cbor.RawMessage
		Time    int64
		Records [32]byte
	}
	raw := tuple()
	mode, err := cbor.DecOptions{IndefLength: cbor.IndefLengthForbidden}.DecMode()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var h header
		if err := mode.Unmarshal(raw, &h); err != nil {
			b.Fatal(err)
		}
	}
}
