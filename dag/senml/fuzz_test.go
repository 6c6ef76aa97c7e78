package senml

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{
		`[{"bn":"urn:dev:ow:10e2073a01080063:","bt":1276020076.001,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},{"n":"current","t":-5,"v":1.2}]`,
		`[{"bn":"d/"},{"n":"a","vs":"\u00e9\ud800"},{"n":"b","vb":false},{"n":"c","vd":"aGkgCg","ut":1},{"n":"d","s":1e-7}]`,
		`[{"n":"a","v":-0,"x":[{"y":null}],"z_":1}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) { fuzz(t, b, ParseJSON, Pack.EncodeJSON) })
}

func FuzzParseCBOR(f *testing.F) {
	for _, seed := range []string{
		"82a621686465766963652f373a22fb41d303a15b00106223614120050067766f6c7461676502fb405e066666666666a3006161062402f93e00",
		"84a20061610363c3a978a200616204f4a30061630842686907183ca200616405c48221196ab3",
		"81a30061610201616c83f6c11a514b67b0a10102",
	} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { fuzz(t, b, ParseCBOR, Pack.EncodeCBOR) })
}

// fuzz checks that what parses encodes, parses again to the same pack, and
// encodes again to the same bytes; and that it resolves.
func fuzz(t *testing.T, b []byte, parse func([]byte) (Pack, error), encode func(Pack) ([]byte, error)) {
	p, err := parse(b)
	if err != nil {
		return
	}
	encoded, err := encode(p)
	if errors.Is(err, ErrLimit) {
		return // escapes and wide floats may take a pack beyond its bound
	}
	if err != nil {
		t.Fatalf("parsed, but cannot be encoded: %v", err)
	}
	again, err := parse(encoded)
	if err != nil {
		t.Fatalf("encoded, but cannot be parsed: %v", err)
	}
	if diff := cmp.Diff(p, again); diff != "" {
		t.Fatalf("parse of encode (-want +got)\n%s", diff)
	}
	if encodedAgain, err := encode(again); err != nil || !bytes.Equal(encoded, encodedAgain) {
		t.Fatalf("encoded %q, then %q, %v", encoded, encodedAgain, err)
	}
	if _, err := p.Resolve(now); err != nil && !errors.Is(err, ErrTime) {
		t.Fatalf("parsed, but cannot be resolved: %v", err)
	}
}
