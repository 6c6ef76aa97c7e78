package dag

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// PublicKey is an Ed25519 public key. Its text form is lower-case hex. Any 32
// bytes are a PublicKey; Check tells the usable ones.
type PublicKey [32]byte

// Signature is an Ed25519 signature.
type Signature [64]byte

// PrivateKey is an Ed25519 seed with its public half. The zero value is no key
// and cannot sign. Printing one, or a struct that holds one, never tells the
// seed: it lies behind two pointers, since fmt calls no methods of unexported
// fields, and with a verb that does not fit looks through one.
type PrivateKey struct{ secret *secret }

type secret struct {
	expanded  *[ed25519.PrivateKeySize]byte // never written after it is made
	simulated *simulatedKey                 // in its place, in simulated worlds only
	witness   func(message []byte, s Signature)
}

// NewPrivateKey derives the key of a 32-byte seed.
func NewPrivateKey(seed [32]byte) PrivateKey {
	expanded := [ed25519.PrivateKeySize]byte(ed25519.NewKeyFromSeed(seed[:]))
	return PrivateKey{&secret{expanded: &expanded}}
}

// Seed returns what NewPrivateKey made the key of: the secret itself. A
// simulated key has none, and panics.
func (k PrivateKey) Seed() [32]byte {
	if k.secret.simulated != nil {
		panic("the seed of a simulated key: " + k.Public().String())
	}
	return [32]byte(k.secret.expanded[:32])
}

// Public returns the public half; zero for the zero value.
func (k PrivateKey) Public() PublicKey {
	if k.secret == nil {
		return PublicKey{}
	}
	if k.secret.simulated != nil {
		return k.secret.simulated.public
	}
	return PublicKey(k.secret.expanded[32:])
}

// Witnessed returns the same key, which tells of every signature that it makes,
// before Sign returns it and on the goroutine that signs: so a recording can hold
// what was signed and need not hold the key. seen must not keep message.
func (k PrivateKey) Witnessed(seen func(message []byte, s Signature)) PrivateKey {
	return PrivateKey{&secret{k.secret.expanded, k.secret.simulated, seen}}
}

// Sign signs message as is (RFC 8032). Callers domain-separate.
func (k PrivateKey) Sign(message []byte) Signature {
	s := k.sign(message)
	if k.secret.witness != nil {
		k.secret.witness(message, s)
	}
	return s
}

func (k PrivateKey) sign(message []byte) Signature {
	if k.secret.simulated != nil {
		return k.secret.simulated.signer.Sign(message)
	}
	return Signature(ed25519.Sign(k.secret.expanded[:], message))
}

// Format prints the name of the key whatever the verb.
func (k PrivateKey) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "private key of %s", k.Public())
}

// Check refuses keys that are not canonical points or of small order, under
// which anything "verifies". Errors: ErrKey.
func (p PublicKey) Check() error {
	var (
		compressed = curve.CompressedEdwardsY(p)
		point      curve.EdwardsPoint
	)
	if _, err := point.SetCompressedY(&compressed); err != nil {
		return fmt.Errorf("%w %s: not a point", ErrKey, p)
	}
	if !compressed.IsCanonicalVartime() {
		return fmt.Errorf("%w %s: not canonical", ErrKey, p)
	}
	if point.IsSmallOrder() {
		return fmt.Errorf("%w %s: small order", ErrKey, p)
	}
	return nil
}

// Verify checks one signature by the rule a Verifier applies, without its
// cache and batches: for the odd signature outside the hot path. Errors:
// ErrKey, ErrSignature.
func (p PublicKey) Verify(message []byte, signature Signature) error {
	if err := p.Check(); err != nil {
		return err
	}
	if !ed25519.VerifyWithOptions(p[:], message, signature[:], zip215()) {
		return ErrSignature
	}
	return nil
}

// String returns lower-case hex.
func (p PublicKey) String() string { return hex.EncodeToString(p[:]) }

// IsZero reports whether p is all zeros, which is no usable key.
func (p PublicKey) IsZero() bool { return p == PublicKey{} }

// Compare orders bytewise: -1, 0 or 1.
func (p PublicKey) Compare(o PublicKey) int { return bytes.Compare(p[:], o[:]) }

// ParsePublicKey reads what String wrote and checks the key. Errors: ErrEncoding, ErrKey.
func ParsePublicKey(text string) (PublicKey, error) {
	d, err := parseHex(text)
	if err != nil {
		return PublicKey{}, describe("public key", err)
	}
	p := PublicKey(d)
	if err := p.Check(); err != nil {
		return PublicKey{}, err
	}
	return p, nil
}

// MarshalText implements encoding.TextMarshaler.
func (p PublicKey) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; it checks the key.
func (p *PublicKey) UnmarshalText(text []byte) error { return unmarshalText(p, text, ParsePublicKey) }
