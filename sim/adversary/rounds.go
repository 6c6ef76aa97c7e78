package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// rounds sends blocks of rounds that are long over and of rounds that are far
// away: who would jump after the latter, or keep everything he cannot place,
// would lose his place or his memory. It also claims such rounds in its tips.
type rounds struct {
	faithful

	self  Self
	seen  []*dag.Block // others' blocks, newest last
	limit int          // how many more it sends: enough to hurt
}

func newRounds(self Self) *rounds { return &rounds{self: self, limit: 400} }

// keptBlocks is how many blocks it remembers to refer to.
const keptBlocks = 64

// Hear implements Adversary.
func (a *rounds) Hear(_ replica.Instant, _ int, m message.Message) bool {
	if b, ok := m.(*message.Blocks); ok {
		a.seen = append(a.seen, b.Blocks...)
		if extra := len(a.seen) - keptBlocks; extra > 0 {
			a.seen = a.seen[extra:]
		}
	}
	return true
}

// Act implements Adversary.
func (a *rounds) Act(replica.Instant) []Speech {
	if len(a.seen) == 0 || a.limit == 0 {
		return nil
	}
	a.limit--
	known := a.seen[a.self.Rand.IntN(len(a.seen))]
	switch a.self.Rand.IntN(3) {
	case 0: // long over
		return a.say(&message.Blocks{Blocks: []*dag.Block{a.block(known, known.Round)}})
	case 1: // far away
		leap := dag.Round(1) << a.self.Rand.IntN(40)
		return a.say(&message.Blocks{Blocks: []*dag.Block{a.block(known, known.Round+leap)}})
	default:
		highest := make([]dag.Round, a.self.Members)
		for i := range highest {
			highest[i] = dag.Round(a.self.Rand.Uint64N(1 << 45))
		}
		return a.say(&message.Tips{Highest: highest})
	}
}

func (a *rounds) say(m message.Message) []Speech {
	return []Speech{{To: Everyone, Message: m}}
}

// block signs a block of a round whose parents look right: as many as a quorum,
// of the round before, the first its own.
func (a *rounds) block(like *dag.Block, round dag.Round) *dag.Block {
	body := dag.BlockBody{
		Epoch: like.Epoch, Round: round, Author: dag.Author(a.self.Seat),
		ClaimedAt: like.ClaimedAt,
	}
	if round > 1 {
		body.Parents = append(body.Parents, dag.BlockRef{Round: round - 1, Author: body.Author, ID: a.self.digest()})
		for author := range a.self.Members {
			if author != a.self.Seat {
				body.Parents = append(body.Parents, dag.BlockRef{Round: round - 1, Author: dag.Author(author), ID: a.self.digest()})
			}
		}
	}
	return dag.SignBlock(a.self.Domain.Ledger, body, a.self.MemberKey)
}
