package dag

// Signer signs for one key, wherever its secret may be.
type Signer interface {
	Sign(message []byte) Signature
}

// NewSimulatedKey returns a key that signs with somebody else's rule, for
// simulated worlds only: there nothing is won by the cost of Ed25519. Its public
// half is whatever the caller says, it has no seed, and what it signs verifies
// under no Verifier but the simulation's own (see NewSimulatedVerifier).
//
// Nothing that runs in a plant may call it; a test of package sim looks.
func NewSimulatedKey(public PublicKey, signer Signer) PrivateKey {
	return PrivateKey{&secret{simulated: &simulatedKey{public, signer}}}
}

// simulatedKey is a key whose secret is not here.
type simulatedKey struct {
	public PublicKey
	signer Signer
}

// NewSimulatedVerifier returns a verifier that asks holds about each signature,
// one by one, and knows nothing of Ed25519: for simulated worlds only, like
// NewSimulatedKey. Everything else, such as which signatures a value must carry
// and under whose keys, is decided by the same code as for a real one.
func NewSimulatedVerifier(d *Domain, holds func(*Check) bool) *Verifier {
	return &Verifier{domain: d, holds: holds}
}

// runSimulated checks everything gathered by the simulation's rule.
func (v *Verifier) runSimulated(fail func(owner, PublicKey, error), errs []error) {
	for i := range v.checks {
		if errs[v.owners[i].item] == nil && !v.holds(&v.checks[i]) {
			fail(v.owners[i], v.checks[i].Key, ErrSignature)
		}
	}
}
