package oracle

import (
	"io"

	"github.com/floormesh/floormesh/dag"
)

// Real is Ed25519, as gateways use it.
type Real struct {
	// Random weighs the equations of batches (see dag.NewVerifier). All
	// verifiers read from it: with several workers it must be safe for them.
	Random io.Reader
	// Remember is how many checks each verifier remembers, twice over.
	Remember int
}

// Key implements Crypto.
func (r Real) Key(seed [32]byte) dag.PrivateKey { return dag.NewPrivateKey(seed) }

// Verifier implements Crypto.
func (r Real) Verifier(d *dag.Domain) *dag.Verifier {
	v := dag.NewVerifier(d, r.Random)
	v.Remember(r.Remember)
	return v
}
