package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/dag"
)

// ErrQuorum means that too few members cosigned a checkpoint.
var ErrQuorum = errors.New("checkpoint lacks its quorum")

// Certified is a checkpoint with cosignatures by ascending author, enough of them if it
// passed [dag.Verify].
type Certified struct {
	Checkpoint

	Endorsements []Endorsement
}

// Quorum returns how many of n members must cosign: n - (n-1)/3. Any two quorums
// share an honest member, and all honest members together are one.
func Quorum(n int) int { return n - (n-1)/3 }

// Certify puts cosignatures of one checkpoint together. They may come in any
// order, but not two by one author. Neither their number nor their signatures are
// checked. Its error is dag.ErrRule.
func Certify(cosignatures []*Cosignature) (*Certified, error) {
	if len(cosignatures) == 0 {
		return nil, fmt.Errorf("%w: no cosignatures", dag.ErrRule)
	}
	c := &Certified{Checkpoint: cosignatures[0].Checkpoint}
	for _, one := range cosignatures {
		if one.Checkpoint != c.Checkpoint {
			return nil, fmt.Errorf("%w: cosignatures of two checkpoints", dag.ErrRule)
		}
		c.Endorsements = append(c.Endorsements, *one.endorsement())
	}
	slices.SortFunc(c.Endorsements, func(a, b Endorsement) int { return cmp.Compare(a.Author, b.Author) })
	return c, c.checkOrder()
}

// CheckQuorum returns ErrQuorum unless at least q distinct authors cosigned. It
// looks at no signature.
func (c *Certified) CheckQuorum(q int) error {
	if err := c.checkOrder(); err != nil {
		return err
	}
	if got := len(c.Endorsements); got < q {
		return fmt.Errorf("%w: %d cosignatures, want %d", ErrQuorum, got, q)
	}
	return nil
}

// Checks implements dag.Signed. The checkpoint must be of the domain's ledger and
// epoch (dag.ErrDomain) and cosigned by distinct members in ascending order
// (dag.ErrRule, dag.ErrDomain), a quorum of them (ErrQuorum). Each signature must hold, those beyond
// a quorum too.
func (c *Certified) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	if err := c.inDomain(d); err != nil {
		return to, err
	}
	if err := c.CheckQuorum(Quorum(len(d.Members))); err != nil {
		return to, err
	}
	text := c.Text()
	for i := range c.Endorsements {
		var err error
		if to, err = c.Endorsements[i].check(d, text, to); err != nil {
			return to, err
		}
	}
	return to, nil
}

// checkOrder checks that authors ascend, so that none counts twice.
func (c *Certified) checkOrder() error {
	for i := 1; i < len(c.Endorsements); i++ {
		if last, next := c.Endorsements[i-1].Author, c.Endorsements[i].Author; next <= last {
			return fmt.Errorf("%w: cosignature of author %d after that of %d", dag.ErrRule, next, last)
		}
	}
	return nil
}
