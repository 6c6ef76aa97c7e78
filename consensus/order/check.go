package order

import (
	"errors"
	"fmt"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/dag"
)

// Why CheckBlock refuses a block. Each names a rule; what breaks one can never
// become valid within the epoch.
var (
	// ErrEpoch says that the block belongs to another epoch.
	ErrEpoch = errors.New("block of another epoch")
	// ErrAuthor says that the block or a parent names an author the committee does not have.
	ErrAuthor = errors.New("author is not in the committee")
	// ErrParents says that the parents are not those a block of its round has.
	ErrParents = errors.New("parents do not fit the round")
)

// CheckBlock checks what makes a block valid in committee c, apart from its
// signature: every block but those of round 1 has parents of the round before
// by a quorum of distinct authors; the author's own previous block comes first
// and may be older.
func CheckBlock(c *consensus.Committee, b *dag.Block) error {
	if b.Epoch != c.Epoch {
		return fmt.Errorf("%w: %s, want %s", ErrEpoch, b.Epoch, c.Epoch)
	}
	if int(b.Author) >= c.N() {
		return fmt.Errorf("%w: %d of %d", ErrAuthor, b.Author, c.N())
	}
	if b.Round < 1 || b.Round == 1 && len(b.Parents) > 0 {
		return fmt.Errorf("%w: %d parents in round %d", ErrParents, len(b.Parents), b.Round)
	}
	var all, previous consensus.Set
	for i, p := range b.Parents {
		if int(p.Author) >= c.N() {
			return fmt.Errorf("%w: parent by %d of %d", ErrAuthor, p.Author, c.N())
		}
		own := i == 0 && p.Author == b.Author
		if all.Has(p.Author) || p.Round < 1 || p.Round >= b.Round || !own && (p.Author == b.Author || p.Round != b.Round-1) {
			return fmt.Errorf("%w: number %d, of round %d by author %d, in round %d by %d", ErrParents, i, p.Round, p.Author, b.Round, b.Author)
		}
		all.Add(p.Author)
		if p.Round == b.Round-1 {
			previous.Add(p.Author)
		}
	}
	if b.Round > 1 && previous.Count() < c.Q() {
		return fmt.Errorf("%w: %d authors of round %d, quorum %d", ErrParents, previous.Count(), b.Round-1, c.Q())
	}
	return nil
}
