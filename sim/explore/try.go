package explore

import (
	"fmt"
	"io"
	"runtime"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/check"
)

// NoPanic is the property that is violated if the code under test panics.
const NoPanic = "no-panic"

// stackBytes is how much of a stack is kept: its top tells where.
const stackBytes = 8 << 10

// Try runs a plan, and writes down what happens if out is not nil. A panic of
// the code under test is a finding like any other.
func Try(plan sim.Plan, out io.Writer) (r *sim.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			stack := make([]byte, stackBytes)
			stack = stack[:runtime.Stack(stack, false)]
			r, err = &sim.Result{Seed: plan.Seed, Plan: &plan, Violations: []check.Violation{{
				Property: NoPanic, Node: -1, Detail: fmt.Sprintf("%v\n%s", p, stack),
			}}}, nil
		}
	}()
	return sim.Run(plan, out)
}
