package sim_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/floormesh/floormesh/sim"
)

// TestCryptoAgrees runs seeds with the oracle and with Ed25519, which must come to
// the same: the same kinds of events at the same nodes and instants, the same
// records in the same order, and nothing to complain about.
//
// The bytes of signatures are part of ids, and where a liar made two things of
// one place, or invented ids, the protocol chooses between them by id: the lower
// digest wins a tie of a lane's branches, and what is missing is asked for in the
// order of ids. Both choices are right, and what follows differs. With such liars
// only the checkers must be content both times.
func TestCryptoAgrees(t *testing.T) {
	// Those below make two blocks or batches of one place: one that their own
	// Replica knows, say, and one that the others do.
	twofold := []string{"blocks", "lanes", "acks", "rounds", "censor", "few-parents", "skew", "vote-withhold", "twins"}
	seeds := uint64(100)
	if testing.Short() {
		seeds = 8
	}
	compared := 0
	for seed := range seeds {
		plan := sim.Draw(seed, sim.Options{})
		chooses := slices.ContainsFunc(plan.Liars, func(l sim.LiarPlan) bool {
			return slices.Contains(twofold, l.Kind)
		})
		if !chooses {
			compared++
		}
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			plan.Crypto = sim.CryptoOracle
			cheap := run(t, plan)
			plan.Crypto = sim.CryptoReal
			dear := run(t, plan)
			if !chooses && cheap.Shape != dear.Shape {
				t.Errorf("shape %s with the oracle, %s with Ed25519; %d and %d events, %d and %d records",
					cheap.Shape, dear.Shape, cheap.Events, dear.Events, cheap.Records, dear.Records)
			}
			if cheap.Hash == dear.Hash {
				t.Error("both have one hash, so that the signatures are the same")
			}
		})
	}
	if !testing.Short() && compared < 50 {
		t.Errorf("compared the shapes of %d seeds only", compared)
	}
}

// TestUnknownCrypto: a plan that asks for what there is not is refused.
func TestUnknownCrypto(t *testing.T) {
	plan := plant(1, 4)
	plan.Crypto = "rot13"
	if _, err := sim.Run(plan, nil); err == nil || !strings.Contains(err.Error(), "rot13") {
		t.Errorf("got %v", err)
	}
}
