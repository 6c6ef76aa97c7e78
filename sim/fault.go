package sim

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
)

// Fault kinds.
const (
	FaultCrash     = "crash"     // Nodes lose power at From and start again at To
	FaultPower     = "power"     // the same for the whole plant, at one instant
	FaultPartition = "partition" // Nodes and the others do not hear each other
	FaultDeaf      = "deaf"      // Nodes do not hear the others, who hear them; nobody is told
	FaultDelay     = "delay"     // every message takes up to Extra longer: the time before stabilisation
	FaultDisk      = "disk"      // syncs of Nodes take Extra longer
)

// Fault is something bad that lasts from From to To.
type Fault struct {
	Kind  string          `json:"kind"`
	From  replica.Instant `json:"from"`
	To    replica.Instant `json:"to"`
	Nodes []int           `json:"nodes,omitempty"` // ascending
	Extra time.Duration   `json:"extra,omitempty"`
}

// hits reports whether a node is among the fault's.
func (f *Fault) hits(node int) bool { return slices.Contains(f.Nodes, node) }

// drawFaults draws up to five faults that begin while there is load and end
// some time after it at the latest.
func drawFaults(rng *rand.Rand, p *Plan) []Fault {
	kinds := []string{FaultCrash, FaultCrash, FaultPower, FaultPartition, FaultPartition, FaultDeaf, FaultDelay, FaultDisk}
	faults := make([]Fault, 0, 5)
	for range rng.IntN(cap(faults) + 1) {
		f := Fault{Kind: kinds[rng.IntN(len(kinds))]}
		f.From = p.Load.Start + instant(between(rng, 0, p.Load.Spread+200*time.Millisecond))
		f.To = f.From + instant(drawLength(rng))
		f.Nodes = drawNodesOf(rng, p.Nodes, f.Kind)
		switch f.Kind {
		case FaultDelay:
			f.Extra = between(rng, time.Millisecond, time.Second)
		case FaultDisk:
			f.Extra = between(rng, 10*time.Millisecond, time.Second)
		}
		faults = append(faults, f)
	}
	faults = append(faults, drawSwizzle(rng, p)...)
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(a.From, b.From) })
	return faults
}

// drawLength draws how long a fault lasts: mostly about as long as a timeout,
// sometimes long enough for timeouts to have grown to their cap.
func drawLength(rng *rand.Rand) time.Duration {
	if rng.IntN(6) == 0 {
		return between(rng, 5*time.Second, 20*time.Second)
	}
	return between(rng, 5*time.Millisecond, 2*time.Second)
}

func drawNodesOf(rng *rand.Rand, nodes int, kind string) []int {
	most := nodes
	switch kind {
	case FaultPower, FaultDelay:
		return upTo(nodes)
	case FaultPartition, FaultDeaf:
		most = max(1, nodes-1)
	}
	some := rng.Perm(nodes)[:1+rng.IntN(most)]
	slices.Sort(some)
	return some
}

// drawSwizzle sometimes cuts every node off in turn and heals them in another
// order: FoundationDB's name for what finds more bugs than any one partition.
func drawSwizzle(rng *rand.Rand, p *Plan) []Fault {
	if p.Nodes < 3 || rng.IntN(8) != 0 {
		return nil
	}
	var faults []Fault
	step := instant(between(rng, 5*time.Millisecond, 300*time.Millisecond))
	heal := rng.Perm(p.Nodes)
	for i, node := range rng.Perm(p.Nodes) {
		from := p.Load.Start + step*replica.Instant(i)
		to := p.Load.Start + step*replica.Instant(p.Nodes+heal[i]+1)
		faults = append(faults, Fault{Kind: FaultPartition, From: from, To: to, Nodes: []int{node}})
	}
	return faults
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
