package validate

import (
	"testing"

	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/gossip"
)

// TestCasesHold runs what was published again.
func TestCasesHold(t *testing.T) {
	for _, c := range Cases() {
		r, err := c.Run()
		if err != nil {
			t.Fatal(err)
		}
		if !r.Holds {
			t.Errorf("%s: off by %d ‰, stated are %d ‰: %+v", r.Name, r.Worst, r.Bound, r.Values)
		}
		if (c.Bound == 0) != (c.Remark != "") {
			t.Errorf("%s: a case without a bound must say why, and only that", c.Name)
		}
		for _, p := range c.Parameters {
			if p.Source == "" {
				t.Errorf("%s: %s has no source", c.Name, p.Name)
			}
		}
	}
}

// TestErrorsAreSeen checks that a model that is off does not hold.
func TestErrorsAreSeen(t *testing.T) {
	c := waku(10_000, 80, [5]int64{376, 458, 518, 556, 627})
	c.skeleton.Near = engine.Constant(2 * c.skeleton.Near.Least())
	r, err := c.Run()
	if err != nil {
		t.Fatal(err)
	}
	if r.Holds || r.Worst < 400 {
		t.Errorf("with links twice as slow it is off by %d ‰ only", r.Worst)
	}
	c.skeleton.Params = gossip.Params{}
	if _, err := c.Run(); err == nil {
		t.Error("runs without parameters")
	}
}
