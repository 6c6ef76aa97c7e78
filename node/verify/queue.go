package verify

import (
	"slices"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sync/message"
)

// task is an item that waits.
type task[T dag.Signed] struct {
	item T
	cost int // signatures, about
	done func(dag.Verified[T], error)
}

// room is how much of MaxQueued a task takes. A larger one takes all of it.
func (t *task[T]) room() int64 { return int64(min(t.cost, MaxQueued)) }

// queue holds tasks in order of arrival.
type queue[T dag.Signed] struct {
	tasks []task[T]
	cost  int // of all
}

func (q *queue[T]) empty() bool { return len(q.tasks) == 0 }

func (q *queue[T]) push(t task[T]) {
	q.tasks = append(q.tasks, t)
	q.cost += t.cost
}

// take removes one worker's share: what waits divided by the workers, lest one
// worker does what two could, but no more than jointSignatures; at least one
// task if there is any.
func (q *queue[T]) take(workers int) []task[T] {
	share := min((q.cost+workers-1)/workers, jointSignatures)
	n, taken := 0, 0
	for n < len(q.tasks) && (n == 0 || taken+q.tasks[n].cost <= share) {
		taken += q.tasks[n].cost
		n++
	}
	if n == 0 {
		return nil
	}
	mine := slices.Clone(q.tasks[:n])
	q.tasks = slices.Delete(q.tasks, 0, n)
	q.cost -= taken
	return mine
}

// failAll removes every task, unverified.
func (q *queue[T]) failAll(err error) {
	for i := range q.tasks {
		q.tasks[i].done(dag.Verified[T]{}, err)
	}
	*q = queue[T]{}
}

// Signatures tells about how many signatures a message carries: what its
// verification costs. At least 1, for the work that comes with any message.
func Signatures(m message.Message) int {
	switch m := m.(type) {
	case *message.Blocks:
		return max(len(m.Blocks), 1)
	case *message.Batches:
		n := max(len(m.Batches), 1)
		for _, b := range m.Batches {
			n += len(b.Items)
		}
		return n
	case *message.Tips:
		n := 2
		if m.Certified != nil {
			n += len(m.Certified.Endorsements)
		}
		return n
	case *message.Commits:
		return 1 + len(m.Certified.Endorsements)
	case *message.Cosign, *message.WantBlocks, *message.WantBatches, *message.WantLane, *message.WantCommits:
		return 1
	}
	return 1
}
