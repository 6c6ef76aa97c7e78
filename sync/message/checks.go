package message

import (
	"fmt"

	"github.com/floormesh/floormesh/dag"
)

// Checks implements dag.Signed: every block's signature.
func (m *Blocks) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	return checkAll(d, to, m.Blocks)
}

// Checks implements dag.Signed: every batch's signature and those of its records.
func (m *Batches) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	return checkAll(d, to, m.Batches)
}

// Checks implements dag.Signed: the cosignature.
func (m *Cosign) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	return m.Cosignature.Checks(d, to)
}

// Checks implements dag.Signed: the block, the cosignature and the certified
// checkpoint. What else Tips says is a claim of its sender's, signed by nobody.
func (m *Tips) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	var err error
	if m.Newest != nil {
		if to, err = m.Newest.Checks(d, to); err != nil {
			return to, err
		}
	}
	if m.Cosignature != nil {
		if to, err = m.Cosignature.Checks(d, to); err != nil {
			return to, err
		}
	}
	if m.Certified != nil {
		return m.Certified.Checks(d, to)
	}
	return to, nil
}

// Checks implements dag.Signed; a request carries no signatures.
func (m *WantBlocks) Checks(_ *dag.Domain, to []dag.Check) ([]dag.Check, error) { return to, nil }

// Checks implements dag.Signed; a request carries no signatures.
func (m *WantBatches) Checks(_ *dag.Domain, to []dag.Check) ([]dag.Check, error) { return to, nil }

// Checks implements dag.Signed; a request carries no signatures.
func (m *WantLane) Checks(_ *dag.Domain, to []dag.Check) ([]dag.Check, error) { return to, nil }

// Checks implements dag.Signed; a request carries no signatures.
func (m *WantCommits) Checks(_ *dag.Domain, to []dag.Check) ([]dag.Check, error) { return to, nil }

// Checks implements dag.Signed: the certified checkpoint's. Commits are unsigned: they
// must chain up to the checkpoint's (dag.ErrRule), and be of its epoch (dag.ErrDomain).
func (m *Commits) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	if err := m.checkChain(d); err != nil {
		return to, err
	}
	return m.Certified.Checks(d, to)
}

func (m *Commits) checkChain(d *dag.Domain) error {
	for i, c := range m.Commits {
		switch {
		case c.Epoch != d.Epoch:
			return fmt.Errorf("commit %d: %w: of epoch %s", c.Index, dag.ErrDomain, c.Epoch)
		case i > 0 && (c.Prev != m.Commits[i-1].ID() || c.Index != m.Commits[i-1].Index+1):
			return fmt.Errorf("%w: commit %d does not follow commit %d", dag.ErrRule, c.Index, m.Commits[i-1].Index)
		}
	}
	if n := len(m.Commits); n > 0 && (m.Commits[n-1].ID() != m.Certified.CommitID || m.Commits[n-1].Index != m.Certified.Commit) {
		return fmt.Errorf("%w: commit %d is not the certified checkpoint's", dag.ErrRule, m.Commits[n-1].Index)
	}
	return nil
}

func checkAll[T dag.Signed](d *dag.Domain, to []dag.Check, items []T) ([]dag.Check, error) {
	for _, item := range items {
		var err error
		if to, err = item.Checks(d, to); err != nil {
			return to, err
		}
	}
	return to, nil
}
