package check

import "github.com/floormesh/floormesh/consensus/replica"

// weighEvery is how many Steps of a node pass, and one more for each node that can
// have lanes, until what it holds is looked at again: that takes far less time.
const weighEvery = 64

// Weigh reports whether it is time to tell what a node holds.
func (s *Suite) Weigh(node int) bool {
	p := &s.nodes[node].pulse
	p.steps++
	return s.honest[node] && p.steps%(weighEvery+len(s.honest)) == 0
}

// Holds tells what a node holds, and the most that it may.
func (s *Suite) Holds(node int, now, most replica.Holdings) {
	for h := range now {
		if most[h] != replica.Unbounded && now[h] > most[h] {
			s.Failf(Memory, node, "holds %d %v, and at most %d are bearable", now[h], replica.Holding(h), most[h])
		}
	}
}

// HoldsAtRest tells what a node holds once the mesh rests: of what load makes
// grow, nothing any more.
func (s *Suite) HoldsAtRest(node int, now, most replica.Holdings) {
	s.Holds(node, now, most)
	for _, h := range passing() {
		if s.honest[node] && now[h] > 0 {
			s.Failf(Memory, node, "rests, and holds %d %v still", now[h], h)
		}
	}
	if s.evidence.liars {
		return // what a liar sent in vain stays, within its bounds
	}
	for _, h := range []replica.Holding{replica.HeldAhead, replica.HeldParkedInAll} {
		if now[h] > 0 {
			s.Failf(Memory, node, "rests, nobody lies, and it holds %d %v still", now[h], h)
		}
	}
}

// passing lists what is gone when all is final.
func passing() []replica.Holding {
	return []replica.Holding{
		replica.HeldBatches, replica.HeldPayload, replica.HeldWantedBlocks, replica.HeldWantedBatches,
		replica.HeldCommits, replica.HeldSubmitted, replica.HeldSubmittedBytes, replica.HeldOwn,
	}
}
