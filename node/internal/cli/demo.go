package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/floormesh/floormesh/node/internal/demo"
)

type demoCommand struct {
	Gateways int           `help:"How many gateways." default:"4"`
	For      time.Duration `help:"End after so long; else with Ctrl-C." placeholder:"D"`
	jsonFlag
}

// Run shows the demo.
func (c *demoCommand) Run(ctx context.Context, s *streams) error {
	options := demo.Options{Gateways: c.Gateways, For: c.For, Show: s.out}
	if c.JSON {
		options.Show = s.err
	}
	if err := options.Validate(); err != nil {
		return misused(err, "floormesh demo --gateways 4 --for 30s")
	}
	summary, err := demo.Run(ctx, options)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(s.out, summary); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(s.out, "%d readings accepted, final on the gateways: %v; lost: %d, repeated: %d\n",
			summary.Accepted, summary.Final, summary.Lost, summary.Repeated)
	}
	if !summary.OK() {
		return failed(fmt.Errorf("%d readings lost, %d in a log twice", summary.Lost, summary.Repeated), "this is a bug; please report it")
	}
	return nil
}
