package sim_test

import (
	"testing"

	"github.com/floormesh/floormesh/sim"
)

// busy is a plant of seven under load on computers that are slower than ours.
func busy(cores, slower int) sim.Plan {
	p := plant(1, 7)
	p.Load.Records, p.Load.Group = 300, 8
	p.CPU = &sim.CPUPlan{Cores: cores, Slower: slower}
	return p
}

// TestWorkTakesTime: the slower the nodes and the fewer their cores, the later
// records become final. All of them do.
func TestWorkTakesTime(t *testing.T) {
	free := busy(1, 1)
	free.CPU = nil
	last := run(t, free)
	for _, c := range []struct{ cores, slower int }{{4, 1}, {4, 20}, {1, 20}} {
		p := busy(c.cores, c.slower)
		r := run(t, p)
		if r.Latency <= last.Latency {
			t.Errorf("%d cores, %d times slower: final after %v, with less work after %v", c.cores, c.slower, r.Latency, last.Latency)
		}
		if r.Records < p.Load.Records {
			t.Errorf("%d cores, %d times slower: %d records are final, of %d", c.cores, c.slower, r.Records, p.Load.Records)
		}
		last = r
	}
}

// TestWorkIsDeterministic: work is counted in the operations of the protocol, not
// in what they take here: the same with either crypto, and every time.
func TestWorkIsDeterministic(t *testing.T) {
	p := busy(2, 10)
	p.Faults = []sim.Fault{{Kind: sim.FaultCrash, From: at(1e8), To: at(2e8), Nodes: []int{3}}}
	first, second := run(t, p), run(t, p)
	if first.Hash != second.Hash {
		t.Errorf("hashes %s and %s", first.Hash, second.Hash)
	}
	p.Crypto = sim.CryptoReal
	if dear := run(t, p); dear.Shape != first.Shape {
		t.Errorf("shape %s with the oracle, %s with Ed25519", first.Shape, dear.Shape)
	}
}
