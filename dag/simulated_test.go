package dag_test

import (
	"errors"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
)

// stamp signs with one byte over and over.
type stamp byte

func (s stamp) Sign([]byte) (to dag.Signature) {
	for i := range to {
		to[i] = byte(s)
	}
	return to
}

// TestSimulatedRule: a simulation decides about each signature, and about nothing else.
func TestSimulatedRule(t *testing.T) {
	ed25519 := dagtest.DeviceKey(1)
	key := dag.NewSimulatedKey(ed25519.Public(), stamp(7))
	if key.Public() != ed25519.Public() {
		t.Errorf("public half %v, want %v", key.Public(), ed25519.Public())
	}
	mesh, other := digest[dag.MeshID](1), digest[dag.MeshID](2)
	asked := 0
	v := dag.NewSimulatedVerifier(&dag.Domain{Mesh: mesh}, func(c *dag.Check) bool {
		asked++
		return c.Key == ed25519.Public() && c.Signature == stamp(7).Sign(nil)
	})
	items := []*dag.Record{
		dagtest.Reading(mesh, key, 1),
		dagtest.Reading(mesh, ed25519, 2), // Ed25519 means nothing there
		dagtest.Reading(other, key, 3),
		dagtest.Reading(mesh, dag.NewSimulatedKey(ed25519.Public(), stamp(8)), 4),
		dagtest.Reading(mesh, key, 5),
	}
	good, errs := dag.Verify(v, items)
	for i, want := range []error{nil, dag.ErrSignature, dag.ErrDomain, dag.ErrSignature, nil} {
		if !errors.Is(errs[i], want) {
			t.Errorf("item %d: %v, want %v", i, errs[i], want)
		}
	}
	if len(good) != 2 || good[0].Value() != items[0] || good[1].Value() != items[4] {
		t.Errorf("good are %v", good)
	}
	if asked != 4 {
		t.Errorf("asked about %d signatures, want 4: one item is of another mesh", asked)
	}
	if err := verifyOne(&dag.Domain{Mesh: mesh}, items[0]); !errors.Is(err, dag.ErrSignature) {
		t.Errorf("a real verifier says %v of a simulated signature", err)
	}
}
