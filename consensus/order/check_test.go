package order

import (
	"errors"
	"testing"

	"github.com/floormesh/floormesh/consensus"
	"github.com/floormesh/floormesh/dag"
)

func TestCheckBlock(t *testing.T) {
	c := &consensus.Committee{Epoch: dag.EpochID{7}, Members: make([]dag.PublicKey, 4)}
	p := func(r dag.Round, a dag.Author) dag.BlockRef { return ref(r, a, byte(r)) }
	three := []dag.BlockRef{p(4, 0), p(4, 1), p(4, 2)}
	for _, x := range []struct {
		name string
		b    dag.BlockBody
		want error
	}{
		{"round 1", dag.BlockBody{Round: 1, Author: 3}, nil},
		{"own previous and two others", dag.BlockBody{Round: 5, Author: 0, Parents: three}, nil},
		{"an older own previous and three others", dag.BlockBody{Round: 5, Author: 3, Parents: append([]dag.BlockRef{p(2, 3)}, three...)}, nil},
		{"no own previous", dag.BlockBody{Round: 5, Author: 3, Parents: three}, nil},
		{"another epoch", dag.BlockBody{Epoch: dag.EpochID{1}, Round: 1}, ErrEpoch},
		{"a stranger", dag.BlockBody{Round: 1, Author: 4}, ErrAuthor},
		{"a stranger's parent", dag.BlockBody{Round: 5, Author: 3, Parents: append([]dag.BlockRef{p(4, 4)}, three...)}, ErrAuthor},
		{"round 0", dag.BlockBody{}, ErrParents},
		{"parents in round 1", dag.BlockBody{Round: 1, Parents: []dag.BlockRef{p(0, 0)}}, ErrParents},
		{"no parents", dag.BlockBody{Round: 5}, ErrParents},
		{"below a quorum", dag.BlockBody{Round: 5, Parents: three[:2]}, ErrParents},
		{"an older own previous does not count", dag.BlockBody{Round: 5, Author: 0, Parents: []dag.BlockRef{p(3, 0), p(4, 1), p(4, 2)}}, ErrParents},
		{"an older parent of another", dag.BlockBody{Round: 5, Author: 0, Parents: append([]dag.BlockRef{p(4, 0), p(3, 3)}, three[1:]...)}, ErrParents},
		{"own previous not first", dag.BlockBody{Round: 5, Author: 1, Parents: three}, ErrParents},
		{"two by one author", dag.BlockBody{Round: 5, Author: 0, Parents: append([]dag.BlockRef{p(4, 0), ref(4, 1, 99)}, three[1:]...)}, ErrParents},
		{"a parent of its own round", dag.BlockBody{Round: 5, Author: 0, Parents: []dag.BlockRef{p(5, 0), p(4, 1), p(4, 2), p(4, 3)}}, ErrParents},
	} {
		if (x.b.Epoch == dag.EpochID{}) {
			x.b.Epoch = c.Epoch
		}
		if err := CheckBlock(c, &dag.Block{BlockBody: x.b}); !errors.Is(err, x.want) {
			t.Errorf("%s: got %v, want %v", x.name, err, x.want)
		}
	}
}
