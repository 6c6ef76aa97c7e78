package dagcbor_test

import (
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ipfs/go-cid"
	"pgregory.net/rapid"

	"github.com/floormesh/floormesh/dag/dagcbor"
)

func TestDecodeRefuses(t *testing.T) {
	const link = "d82a582500017112202c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
	if err := dagcbor.Check(unhex(t, link)); err != nil {
		t.Fatalf("a good link: %v", err)
	}
	for _, c := range []struct{ name, hex string }{
		{"nothing", ""},
		{"trailing bytes", "0000"},
		{"truncated", "8201"},
		{"indefinite array", "9f01ff"},
		{"indefinite map", "bfff"},
		{"indefinite text", "7f6161ff"},
		{"indefinite bytes", "5f4161ff"},
		{"long int, one byte", "1801"},
		{"long int, two bytes", "190001"},
		{"long int, four bytes", "1a00000001"},
		{"long int, eight bytes", "1b0000000000000001"},
		{"long negative int", "3801"},
		{"long length of text", "780161"},
		{"long length of bytes", "580161"},
		{"long length of an array", "980101"},
		{"long length of a map", "b801616101"},
		{"half float", "f93c00"},
		{"single float", "fa3f800000"},
		{"NaN", "fb7ff8000000000000"},
		{"half NaN", "f97e00"},
		{"infinity", "fb7ff0000000000000"},
		{"negative infinity", "fbfff0000000000000"},
		{"undefined", "f7"},
		{"simple value", "e0"},
		{"simple value of two bytes", "f8ff"},
		{"break", "ff"},
		{"reserved length", "1c"},
		{"time tag", "c11a00000000"},
		{"bignum tag", "c249010000000000000000"},
		{"tag 24", "d8184101"},
		{"self-described", "d9d9f700"},
		{"tag 42 in two bytes", "d9002a" + link[4:]},
		{"tag 42 around text", "d82a6161"},
		{"tag 42 around nothing", "d82a40"},
		{"link without its zero", "d82a5824" + link[10:]},
		{"link of another multibase", "d82a582501" + link[10:]},
		{"link cut short", "d82a582400" + link[10:len(link)-2]},
		{"link with more behind", "d82a582600" + link[10:] + "00"},
		{"link with a long varint", "d82a58260001f10012" + link[16:]},
		{"duplicate key", "a2616101616102"},
		{"keys unsorted", "a2616201616102"},
		{"keys bytewise, not length-first", "a262616101616202"},
		{"int key", "a10101"},
		{"bytes key", "a1416101"},
		{"text not UTF-8", "61ff"},
		{"key not UTF-8", "a161ff01"},
		{"array claims too much", "9b0000000100000000"},
		{"map claims too much", "bb0000000100000000"},
		{"too deep", strings.Repeat("81", dagcbor.MaxDepth+1) + "00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := dagcbor.Decode(unhex(t, c.hex))
			if !errors.Is(err, dagcbor.ErrEncoding) {
				t.Errorf("got %v, %v; want ErrEncoding", v, err)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, v := range map[string]any{
		"NaN":             math.NaN(),
		"infinity":        math.Inf(1),
		"single float":    float32(1),
		"undefined link":  cid.Undef,
		"too large":       new(big.Int).Lsh(big.NewInt(1), 64),
		"too small":       new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(-1), 64), big.NewInt(1)),
		"struct":          struct{}{},
		"int keys":        map[int]any{1: 1},
		"text not UTF-8":  "\xff",
		"key not UTF-8":   map[string]any{"\xff": 1},
		"nested":          []any{[]any{math.NaN()}},
		"nested too deep": nest(dagcbor.MaxDepth + 2),
	} {
		if raw, err := dagcbor.Encode(v); !errors.Is(err, dagcbor.ErrEncoding) {
			t.Errorf("%s: got %x, %v; want ErrEncoding", name, raw, err)
		}
	}
}

func nest(depth int) any {
	var v any = "core"
	for range depth {
		v = []any{v}
	}
	return v
}

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "f6"},
		{[]byte(nil), "40"},
		{[]any(nil), "80"},
		{map[string]any(nil), "a0"},
		{uint64(math.MaxUint64), "1bffffffffffffffff"},
		{new(big.Int).Lsh(big.NewInt(-1), 64), "3bffffffffffffffff"},
		{1.5, "fb3ff8000000000000"},
		{math.Copysign(0, -1), "fb8000000000000000"},
		{map[string]any{"b": 1, "aa": 2, "a": 3}, "a3616103616201626161" + "02"},
	} {
		raw, err := dagcbor.Encode(c.v)
		if got := hex.EncodeToString(raw); err != nil || got != c.want {
			t.Errorf("%v: got %s, %v; want %s", c.v, got, err, c.want)
		}
	}
}

// TestRoundTrip: whatever can be written is read back as it was.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values(3).Draw(t, "value")
		raw, err := dagcbor.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		again, err := dagcbor.Decode(raw)
		if err != nil {
			t.Fatalf("%x: %v", raw, err)
		}
		if diff := cmp.Diff(v, again); diff != "" {
			t.Errorf("%x: %s", raw, diff)
		}
	})
}

func values(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.Int64().AsAny(),
		rapid.Uint64Range(1<<63, math.MaxUint64).AsAny(),
		rapid.Float64().AsAny(),
		rapid.String().AsAny(),
		rapid.SliceOf(rapid.Byte()).AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.SliceOfN(values(depth-1), 0, 4).AsAny(),
			rapid.MapOfN(rapid.String(), values(depth-1), 0, 4).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
