package message

import "github.com/floormesh/floormesh/dag"

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

// Checks implements dag.Signed: the certified checkpoint. Commits are unsigned:
// whoever uses them checks that they chain up to the checkpoint's commit.
func (m *Commits) Checks(d *dag.Domain, to []dag.Check) ([]dag.Check, error) {
	return m.Certified.Checks(d, to)
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
