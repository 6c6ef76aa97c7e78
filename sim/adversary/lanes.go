package adversary

import (
	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// lanes forks its own lanes: several batches with one seq, each shown to a part
// of the mesh, and each branch goes on growing. Cuts by seq would let one part
// execute one branch and the rest another. With as many branches as nodes none
// has f+1 holders, and only who fetches what others list finds out why.
type lanes struct {
	faithful

	self     Self
	branches int
	twins    map[branch]*dag.Batch
	forked   map[dag.LaneID]bool
}

// branch is one story about a batch.
type branch struct {
	of  dag.BatchID // the true one
	arm int
}

// maxForks is how many lanes it forks before it behaves: its own Replica opens
// a new one after each, and every fork costs the mesh evidence and a hundred
// messages.
const maxForks = 6

func newLanes(self Self) *lanes {
	return &lanes{
		self: self, branches: []int{2, 2, 3, self.Nodes}[self.Rand.IntN(4)],
		twins: map[branch]*dag.Batch{}, forked: map[dag.LaneID]bool{},
	}
}

// Say implements Adversary.
func (a *lanes) Say(_ replica.Instant, s Speech) []Speech {
	m, ok := s.Message.(*message.Batches)
	if !ok {
		return []Speech{s}
	}
	out := a.self.each(s)
	for i := range out {
		shown := make([]*dag.Batch, len(m.Batches))
		for k, b := range m.Batches {
			shown[k] = b
			if arm := out[i].To % a.branches; arm != 0 && a.forks(b.Lane) {
				shown[k] = a.twin(b, arm)
			}
		}
		out[i].Message = &message.Batches{Batches: shown}
	}
	return out
}

// forks reports whether it forks a lane: an own one, and not one too many.
func (a *lanes) forks(lane dag.LaneID) bool {
	if lane.Key != a.self.NodeKey.Public() {
		return false
	}
	if len(a.forked) < maxForks {
		a.forked[lane] = true
	}
	return a.forked[lane]
}

// twin returns another branch's batch with the same seq. Its chain links
// twins, so that each branch is whole in itself.
func (a *lanes) twin(b *dag.Batch, arm int) *dag.Batch {
	at := branch{b.ID(), arm}
	if t := a.twins[at]; t != nil {
		return t
	}
	h := b.BatchHeader
	if t := a.twins[branch{h.Prev, arm}]; t != nil {
		h.Prev = t.ID()
	}
	t, err := dag.SignBatch(h, []*dag.Record{a.self.record()}, a.self.NodeKey)
	if err != nil {
		return b // nothing to fork here
	}
	a.twins[at] = t
	return t
}
