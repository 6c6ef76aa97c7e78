package dag_test

import (
	"errors"
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
)

// TestRememberedChecks checks that a verifier that remembers judges as one that
// does not, good and bad signatures, the first time and later.
func TestRememberedChecks(t *testing.T) {
	g, _, members := dagtest.Genesis(4)
	d := g.Domain()
	v := dag.NewVerifier(d, dagtest.Random(1))
	v.Remember(2) // fewer than there are blocks
	var blocks []*dag.Block
	for round := range dag.Round(6) {
		body := dag.BlockBody{Epoch: d.Epoch, Round: 1, ClaimedAt: dag.UnixMilli(round)}
		key := members[0]
		if round%3 == 2 {
			key = members[1] // of another author
		}
		blocks = append(blocks, dag.SignBlock(d.Ledger, body, key))
	}
	for pass := range 3 {
		good, errs := dag.Verify(v, blocks)
		if len(good) != 4 {
			t.Errorf("pass %d: %d blocks are good, want 4", pass, len(good))
		}
		for i, err := range errs {
			if bad := i%3 == 2; bad != errors.Is(err, dag.ErrSignature) {
				t.Errorf("pass %d, block %d: error %v", pass, i, err)
			}
		}
	}
}
