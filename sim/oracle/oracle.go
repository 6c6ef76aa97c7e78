package oracle

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/floormesh/floormesh/dag"
)

// Crypto is the signature scheme of a world.
type Crypto interface {
	// Key returns the key of a seed. Whoever has it can sign with it.
	Key(seed [32]byte) dag.PrivateKey
	// Verifier returns a verifier for one goroutine.
	Verifier(d *dag.Domain) *dag.Verifier
}

// Oracle makes keys and verifies what they signed. It is safe for several
// goroutines at once. Worlds of different seeds refuse each other's signatures.
type Oracle struct{ secret *secret }

// secret is what signatures are made with. It lies behind a pointer so that
// printing what holds an oracle shows an address.
type secret struct{ k0, k1 uint64 }

// New returns the oracle of a world.
func New(seed uint64) *Oracle {
	digest := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("floormesh/sim/oracle\x00"), seed))
	return &Oracle{&secret{
		k0: binary.LittleEndian.Uint64(digest[:]),
		k1: binary.LittleEndian.Uint64(digest[8:]),
	}}
}

// Key implements Crypto. The public half costs what it costs with Ed25519, some
// 20 µs.
func (o *Oracle) Key(seed [32]byte) dag.PrivateKey {
	public := dag.NewPrivateKey(seed).Public()
	return dag.NewSimulatedKey(public, &capability{public, o.secret})
}

// Verifier implements Crypto.
func (o *Oracle) Verifier(d *dag.Domain) *dag.Verifier {
	return dag.NewSimulatedVerifier(d, o.secret.holds)
}

// Format prints the oracle's name whatever the verb, never its secret.
func (o *Oracle) Format(f fmt.State, _ rune) { fmt.Fprint(f, "crypto oracle") }

// capability is the right to sign for one public key.
type capability struct {
	public dag.PublicKey
	secret *secret
}

// Sign implements dag.Signer.
func (c *capability) Sign(message []byte) dag.Signature { return c.secret.sign(&c.public, message) }

func (s *secret) holds(c *dag.Check) bool { return s.sign(&c.Key, c.Message) == c.Signature }

// sign spreads the function's 128 bits over the 64 bytes of a signature.
func (s *secret) sign(public *dag.PublicKey, message []byte) (to dag.Signature) {
	low, high := sipHash(s.k0, s.k1, public[:], message)
	for i := 0; i < len(to); i += 16 {
		binary.LittleEndian.PutUint64(to[i:], low)
		binary.LittleEndian.PutUint64(to[i+8:], high)
		low, high = low*spread+high, high*spread+low
	}
	return to
}

// spread is an odd number with bits all over, the fraction of the golden ratio.
const spread = 0x9e3779b97f4a7c15
