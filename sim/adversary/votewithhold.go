package adversary

import (
	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/consensus/order"
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
)

// voteWithhold leaves the leader's block out of its parents: it takes part in
// every round and never votes. With f of them a leader needs the vote of every
// honest member, and who misses one is left with slots that are neither
// committed nor skipped at once. Only where its block would lack its quorum
// without the leader does it vote.
type voteWithhold struct {
	faithful

	self   Self
	shown  *disguise
	leader leaders
}

func newVoteWithhold(self Self) *voteWithhold {
	a := &voteWithhold{self: self, leader: newLeaders(self)}
	a.shown = newDisguise(self, func(b *dag.BlockBody) {
		leader := a.leader.among(b)
		self.without(b, func(p dag.BlockRef) bool { return p.Round+1 == b.Round && p.Author == leader })
	})
	return a
}

// Say implements Adversary.
func (a *voteWithhold) Say(_ replica.Instant, s Speech) []Speech { return []Speech{a.shown.wear(s)} }

// leaders is what an adversary knows of who leads: the order, but not who is
// passed over at the moment. Who has no block in a round might be.
type leaders struct {
	epoch dag.EpochID
	nodes int
}

func newLeaders(self Self) leaders { return leaders{self.Domain.Epoch, self.Members} }

// among returns who leads the round before a block's, by its parents.
func (l leaders) among(b *dag.BlockBody) dag.Author {
	var absent consensus.Set
	for a := range l.nodes {
		absent.Add(dag.Author(a))
	}
	for _, p := range b.Parents {
		if p.Round+1 == b.Round {
			absent.Remove(p.Author)
		}
	}
	leader, ok := order.NewRotation(l.epoch, l.nodes, absent).Leader(b.Round - 1)
	if !ok {
		return dag.Author(l.nodes) // a first round has none
	}
	return leader
}
