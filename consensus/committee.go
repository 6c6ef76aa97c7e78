package consensus

import (
	"slices"

	"github.com/floormesh/floormesh/consensus/quorum"
	"github.com/floormesh/floormesh/dag"
)

// Committee is the members whose blocks count in one epoch. A member's position
// in Members is its dag.Author. Immutable; at most MaxMembers.
type Committee struct {
	Epoch   dag.EpochID
	Members []dag.PublicKey
}

// N returns how many members there are.
func (c *Committee) N() int { return len(c.Members) }

// F returns how many of them may be faulty.
func (c *Committee) F() int { return quorum.F(len(c.Members)) }

// Q returns how many of them are a quorum.
func (c *Committee) Q() int { return quorum.Q(len(c.Members)) }

// Index returns the author whose member key is key, and whether there is one.
// It reads up to N keys.
func (c *Committee) Index(key dag.PublicKey) (dag.Author, bool) {
	i := slices.Index(c.Members, key)
	if i < 0 {
		return 0, false
	}
	return dag.Author(i), true
}
