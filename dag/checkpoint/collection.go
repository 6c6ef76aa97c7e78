package checkpoint

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
)

// Collection gathers members' cosignatures until a quorum of them certifies a
// checkpoint. The zero Collection is empty.
type Collection struct {
	kept []*Cosignature // at most MaxPerAuthor per author
}

// Add keeps a cosignature, and returns all of its checkpoint by now; nil if it is
// known. An author that signs too many loses its oldest; one that signs two for a
// size keeps both, as evidence.
func (l *Collection) Add(c *Cosignature) (same []*Cosignature) {
	oldest, count := -1, 0
	for i, other := range l.kept {
		if other.Checkpoint == c.Checkpoint {
			same = append(same, other)
		}
		if other.Author != c.Author {
			continue
		}
		if other.Checkpoint == c.Checkpoint {
			return nil
		}
		if count++; oldest < 0 || other.Size < l.kept[oldest].Size {
			oldest = i
		}
	}
	if count >= MaxPerAuthor {
		if c.Size <= l.kept[oldest].Size {
			return nil
		}
		l.kept = slices.Delete(l.kept, oldest, oldest+1)
	}
	l.kept = append(l.kept, c)
	return append(same, c)
}

// All returns what is kept, in the order in which it came; read only.
func (l *Collection) All() []*Cosignature { return l.kept }

// Forget drops those of checkpoints up to a commit.
func (l *Collection) Forget(upTo dag.CommitIndex) {
	l.kept = slices.DeleteFunc(l.kept, func(c *Cosignature) bool { return c.Commit <= upTo })
}
