package check

import "github.com/floormesh/floormesh/dag"

// pace checks that an honest member's rounds have no holes: jumping to where the
// others are is a livelock that shows only when the wrong messages are late. A
// member may leave rounds out when it goes on after a commit's leader, with a
// certificate or because its floor has passed it; then the window lies between.
func (s *Suite) pace(node int, b *dag.Block) {
	before := dag.Round(0)
	if len(b.Parents) > 0 && b.Parents[0].Author == b.Author {
		before = b.Parents[0].Round
	}
	if b.Round > before+1 && !s.history.leaders.has(uint64(b.Round-1)) && b.Round-before <= dag.Round(s.genesis.WindowRounds) {
		s.Failf(Pace, node, "goes from round %d to round %d, and no commit's leader is of round %d", before, b.Round, b.Round-1)
	}
}
