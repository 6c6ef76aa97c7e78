package dagcbor_test

import (
	"bytes"
	"testing"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

// FuzzDagCBOR: no panic; what decodes re-encodes to the same bytes.
func FuzzDagCBOR(f *testing.F) {
	for _, s := range []string{
		"f6", "00", "1bffffffffffffffff", "3bffffffffffffffff", "fb3ff8000000000000", "a2616101626161f5", "8301820203820405",
		"d82a582500017112202c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
		"a3636261720363666f6f0163666f6f02", "c11a514b67b0", "9fff", "d9d9f700",
	} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := dagcbor.Decode(raw)
		if err != nil {
			return
		}
		again, err := dagcbor.Encode(v)
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%x re-encoded as %x, %v", raw, again, err)
		}
	})
}

// FuzzReader: no panic, and the Reader accepts no byte string, integer or
// text that the generic layer refuses.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"00", "1818", "1801", "4161", "6161", "61ff", "820001", "f6"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, read := range map[string]func(r *dagcbor.Reader){
			"uint":  func(r *dagcbor.Reader) { r.Uint(1<<64 - 1) },
			"int":   func(r *dagcbor.Reader) { r.Int() },
			"bytes": func(r *dagcbor.Reader) { r.Bytes(1 << 20) },
			"text":  func(r *dagcbor.Reader) { r.Text(1 << 20) },
			"link":  func(r *dagcbor.Reader) { r.OptionalLink() },
		} {
			r := dagcbor.NewReader(raw)
			read(r)
			if r.Done() != nil {
				continue
			}
			if err := dagcbor.Check(raw); err != nil {
				t.Errorf("%s: read %x, which is refused: %v", name, raw, err)
			}
		}
	})
}
