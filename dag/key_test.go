package dag_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
)

// unusableKeys are the encodings of the eight points of small order, the
// non-canonical ones among them too, and others that no honest key has.
var unusableKeys = map[string]string{
	"order 1":                     "0100000000000000000000000000000000000000000000000000000000000000",
	"order 2":                     "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"order 4":                     "0000000000000000000000000000000000000000000000000000000000000000",
	"order 4, negative":           "0000000000000000000000000000000000000000000000000000000000000080",
	"order 8":                     "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"order 8, negative":           "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"order 8, other":              "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"order 8, other, negative":    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"order 1, non-canonical":      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"order 1, sign of zero":       "0100000000000000000000000000000000000000000000000000000000000080",
	"order 1, both":               "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"order 2, sign of zero":       "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"order 4, non-canonical":      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"order 4, non-canonical, -":   "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"y = 3, non-canonical":        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"no point":                    "0200000000000000000000000000000000000000000000000000000000000000",
	"largest y, non-canonical":    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"largest y, non-canonical, -": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

func TestKeyCheck(t *testing.T) {
	for name, text := range unusableKeys {
		key := publicKey(t, text)
		if err := key.Check(); !errors.Is(err, dag.ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", name, err)
		}
		if _, err := dag.ParsePublicKey(text); !errors.Is(err, dag.ErrKey) {
			t.Errorf("%s: parsed: %v, want ErrKey", name, err)
		}
	}
	for i := range 20 {
		key := dagtest.DeviceKey(i).Public()
		if err := key.Check(); err != nil {
			t.Errorf("device %d: %v", i, err)
		}
	}
}

func TestPublicKeyText(t *testing.T) {
	want := dagtest.DeviceKey(1).Public()
	text, err := want.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var got dag.PublicKey
	if err := got.UnmarshalText(text); err != nil || got != want {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"", want.String()[1:], strings.ToUpper(want.String()), "zz" + want.String()[2:]} {
		if _, err := dag.ParsePublicKey(bad); !errors.Is(err, dag.ErrEncoding) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestSign: RFC 8032 section 7.1, test 2, and agreement with the standard library.
func TestSign(t *testing.T) {
	seed := [32]byte(unhex(t, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
	key := dag.NewPrivateKey(seed)
	if got, want := key.Public().String(), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"; got != want {
		t.Errorf("public key %s, want %s", got, want)
	}
	const want = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
	if got := key.Sign([]byte{0x72}); hex.EncodeToString(got[:]) != want {
		t.Errorf("signature %x, want %s", got, want)
	}
	if key.Seed() != seed {
		t.Error("another seed came back")
	}
	standard := ed25519.NewKeyFromSeed(seed[:])
	message := []byte("agreed")
	if got := key.Sign(message); string(got[:]) != string(ed25519.Sign(standard, message)) {
		t.Error("the standard library signs otherwise")
	}
	signature := key.Sign(message)
	if err := key.Public().Verify(message, signature); err != nil {
		t.Error(err)
	}
	if err := key.Public().Verify([]byte("other"), signature); !errors.Is(err, dag.ErrSignature) {
		t.Errorf("another message: %v", err)
	}
}

func TestPrivateKeyIsNotPrinted(t *testing.T) {
	key := dagtest.DeviceKey(1)
	seed := key.Seed()
	decimal := fmt.Sprintf("%d %d %d %d", seed[0], seed[1], seed[2], seed[3])
	held, hidden := struct{ K dag.PrivateKey }{key}, struct{ k dag.PrivateKey }{key}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, v := range []any{key, &key, held, hidden, []dag.PrivateKey{key}} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, hex.EncodeToString(seed[:4])) || strings.Contains(text, decimal) {
				t.Errorf("%s prints the seed: %s", verb, text)
			}
		}
	}
}

func publicKey(t testing.TB, text string) dag.PublicKey {
	t.Helper()
	return dag.PublicKey(unhex(t, text))
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestWitnessedKey signs with a key that tells of it.
func TestWitnessedKey(t *testing.T) {
	key := dagtest.DeviceKey(1)
	var seen []dag.Signature
	witnessed := key.Witnessed(func(_ []byte, s dag.Signature) { seen = append(seen, s) })
	got, want := witnessed.Sign([]byte("x")), key.Sign([]byte("x"))
	if got != want || len(seen) != 1 || seen[0] != want {
		t.Errorf("signed %x and told of %x, want %x once", got, seen, want)
	}
}
