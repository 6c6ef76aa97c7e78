package engine_test

import (
	"fmt"
	"time"

	"github.com/floormesh/floormesh/sim/engine"
)

const hop = engine.Instant(time.Millisecond)

// ring passes a token on from node to node; each partition counts on its own.
type ring struct{ nodes, passed int }

func (r *ring) Handle(c *engine.Partition, e engine.Event) {
	r.passed++
	c.Fold(uint64(e.Tag))
	next := engine.Node((int(e.Node) + 1) % r.nodes)
	c.Schedule(c.Now()+hop, next, engine.What{Kind: e.Kind, Tag: e.Tag + 1})
}

func Example() {
	var rings []*ring
	e, err := engine.New(engine.Config{
		Homes:     []int32{0, 0, 1, 1}, // two sites of two nodes
		Lookahead: hop,
		Workers:   2,
		Handler: func(int) engine.Handler {
			rings = append(rings, &ring{nodes: 4})
			return rings[len(rings)-1]
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	e.Schedule(0, 0, engine.What{Kind: 1})
	reason, err := e.Run(10 * hop)
	fmt.Println(reason, err)
	fmt.Println(e.Events(), "events:", rings[0].passed, "in one site,", rings[1].passed, "in the other")
	// Output:
	// reached the end given <nil>
	// 10 events: 6 in one site, 4 in the other
}
