package store

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
)

// Forget drops what nobody will ask for any more once a commit is executed and
// synced on every disk of the mesh: the batches that are final as of it, but the
// last of each lane, and the commits and certified checkpoints up to it, but those
// that [Memory.Restore] needs to give the statements of the recent last leaves.
// What was not synced stays, and no crash brings back what went.
func (m *Memory) Forget(index dag.CommitIndex, recent uint64) {
	index = min(index, m.syncedAt)
	for _, e := range m.after(m.forgotten) {
		if e.Commit.Index > index {
			break
		}
		for _, change := range e.Commit.Cut {
			m.forgetLane(change.Lane, change.Seq)
		}
		m.forgotten = e.Commit.Index
	}
	m.forgetCommits(index, recent)
	if at, _ := slices.BinarySearchFunc(m.certified, index+1, compareCertified); at > 1 {
		m.certified = slices.Delete(m.certified, 0, at-1)
	}
}

// forgetLane drops a lane's batches up to a seq, but the last.
func (m *Memory) forgetLane(id dag.LaneID, seq dag.Seq) {
	l := m.find(id)
	if l == nil || len(l.batches) == 0 {
		return
	}
	seq = min(seq, l.batches[len(l.batches)-1].Seq-1)
	n := len(l.batches) - len(l.from(seq+1))
	for _, b := range l.batches[:n] {
		m.batches.Delete(b.ID())
	}
	clear(l.batches[:n])
	l.batches = l.batches[n:]
}

// forgetCommits drops the commits up to one, but the last of all and those that
// put one of the recent last leaves into the log.
func (m *Memory) forgetCommits(index dag.CommitIndex, recent uint64) {
	n := len(m.executed) - len(m.after(index))
	if n == 0 {
		return
	}
	size := m.executed[n-1].Size
	for i, e := range m.executed[:n] {
		if e.Size+recent > size || i == len(m.executed)-1 {
			n = i
			break
		}
	}
	clear(m.executed[:n])
	m.executed = m.executed[n:]
}
