package check_test

import (
	"testing"

	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/dag/dagtest"
	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/protocol"
)

// vote is a message of another protocol.
type vote struct {
	protocol.Foreign

	by    dag.Author
	place protocol.Place
	to    dag.Digest
}

func (v *vote) Promise() (by dag.Author, place protocol.Place, to dag.Digest) {
	return v.by, v.place, v.to
}

// TestPromises: nobody who is honest binds itself twice in one place.
func TestPromises(t *testing.T) {
	at := func(r dag.Round) protocol.Place { return protocol.Place{Kind: protocol.Vote, Round: r} }
	proposed := protocol.Place{Kind: protocol.Block, Round: 1}
	for name, c := range map[string]struct {
		node   int
		second vote
		want   bool // violated
	}{
		"the same again":   {0, vote{by: 0, place: at(1), to: dag.Digest{1}}, false},
		"another":          {0, vote{by: 0, place: at(1), to: dag.Digest{2}}, true},
		"the next round":   {0, vote{by: 0, place: at(2), to: dag.Digest{2}}, false},
		"another sort":     {0, vote{by: 0, place: proposed, to: dag.Digest{2}}, false},
		"passed on":        {0, vote{by: 1, place: at(1), to: dag.Digest{2}}, false},
		"the liar's words": {2, vote{by: 2, place: at(1), to: dag.Digest{2}}, false},
	} {
		g, _, _ := dagtest.Genesis(3)
		s := check.New(g, []bool{true, true, false})
		for node := range 3 {
			s.Said(node, &vote{by: dag.Author(node), place: at(1), to: dag.Digest{1}})
		}
		s.Said(c.node, &c.second)
		if got := len(s.Violations()) > 0; got != c.want {
			t.Errorf("%s: violations %v", name, s.Violations())
		}
		for _, v := range s.Violations() {
			if v.Property != check.SignOnce {
				t.Errorf("%s: violates %s", name, v.Property)
			}
		}
	}
}
