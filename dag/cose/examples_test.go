package cose_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/dag/cose"
)

// example is a file of the COSE working group's collection.
type example struct {
	Title string
	Fail  bool
	Input struct {
		Plaintext string
		Sign0     *struct {
			Key       map[string]string
			External  string `json:"external"`
			Algorithm string `json:"alg"`
		}
	}
	Intermediates struct {
		ToBeSign string `json:"ToBeSign_hex"`
	}
	Output struct{ Cbor string }
}

// TestExamples reads every example that we have. A passing one must decode,
// give the signed bytes the file names, and verify under its key; a failing one
// must fail somewhere on that way. ES256 is verified here, by the standard
// library over our signed bytes, since the package itself must refuse it.
func TestExamples(t *testing.T) {
	for _, folder := range dataFolders(t, "cose") {
		files, err := filepath.Glob(filepath.Join(folder, "*", "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no examples (%v)", folder, err)
		}
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
				runExample(t, readExample(t, file))
			})
		}
	}
}

func runExample(t *testing.T, e *example) {
	raw := unhex(t, e.Output.Cbor)
	m, err := cose.Decode(raw)
	if e.Input.Sign0 == nil { // another structure
		if !errors.Is(err, cose.ErrMalformed) {
			t.Errorf("decoded as COSE_Sign1: %v", err)
		}
		return
	}
	if err != nil {
		if !e.Fail {
			t.Error(err)
		}
		return
	}
	if tagged := raw[0] == 0xd2; m.Tagged != tagged {
		t.Errorf("tagged: %v, want %v", m.Tagged, tagged)
	}
	toBeSigned := m.ToBeSigned(unhex(t, e.Input.Sign0.External))
	if !e.Fail {
		if want := unhex(t, e.Intermediates.ToBeSign); !bytes.Equal(toBeSigned, want) {
			t.Errorf("to be signed\n%x, want\n%x", toBeSigned, want)
		}
		if string(m.Payload) != e.Input.Plaintext {
			t.Errorf("payload %q, want %q", m.Payload, e.Input.Plaintext)
		}
		if string(m.KeyID()) != e.Input.Sign0.Key["kid"] {
			t.Errorf("key id %q, want %q", m.KeyID(), e.Input.Sign0.Key["kid"])
		}
	}
	if got := verifies(t, e, m, toBeSigned); got == e.Fail {
		t.Errorf("verifies: %v, want %v", got, !e.Fail)
	}
}

// verifies checks the signature with what fits the example's key.
func verifies(t *testing.T, e *example, m *cose.Message, toBeSigned []byte) bool {
	t.Helper()
	key := e.Input.Sign0.Key
	switch key["crv"] {
	case "Ed25519":
		err := m.Verify([32]byte(unhex(t, key["x_hex"])), unhex(t, e.Input.Sign0.External))
		if err != nil && !e.Fail {
			t.Error(err)
		}
		return err == nil
	case "Ed448":
		if err := m.Verify([32]byte{}, nil); !errors.Is(err, cose.ErrSignature) {
			t.Errorf("got %v, want ErrSignature", err)
		}
		return !e.Fail // not ours to tell
	}
	if err := m.Verify([32]byte{1}, nil); !errors.Is(err, cose.ErrAlgorithm) {
		t.Errorf("got %v, want ErrAlgorithm", err)
	}
	alg, err := m.Algorithm()
	if err != nil || alg != int64(-7) || key["crv"] != "P-256" {
		if !e.Fail {
			t.Skipf("algorithm %v on curve %s", alg, key["crv"])
		}
		return false
	}
	point := append([]byte{4}, coordinate(t, key, "x")...) // uncompressed
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(point, coordinate(t, key, "y")...))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(toBeSigned)
	if len(m.Signature) != 64 {
		return false
	}
	r, s := new(big.Int).SetBytes(m.Signature[:32]), new(big.Int).SetBytes(m.Signature[32:])
	return ecdsa.Verify(public, digest[:], r, s)
}

func coordinate(t *testing.T, key map[string]string, name string) []byte {
	t.Helper()
	if text, ok := key[name+"_hex"]; ok {
		return unhex(t, text)
	}
	b, err := base64.RawURLEncoding.DecodeString(key[name])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readExample(t *testing.T, file string) *example {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	e := new(example)
	if err := json.Unmarshal(raw, e); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return e
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
