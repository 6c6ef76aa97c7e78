package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/floormesh/floormesh/node/internal/bench"
)

type benchCommand struct {
	Gateways int           `help:"How many gateways." default:"4"`
	Rate     string        `help:"Records per second, or max." default:"1000" placeholder:"R|max"`
	Devices  int           `help:"How many devices sign." default:"50"`
	Size     int           `help:"Bytes of a signed record." default:"200"`
	Duration time.Duration `help:"How long to send." default:"20s"`
	Kill     int           `help:"Kill so many gateways at a third of the time; if too few are left to agree, one is started again at two thirds." default:"0" placeholder:"K"`
	Idle     time.Duration `help:"Afterwards measure at rest for so long." default:"0s" placeholder:"D"`
	Dir      string        `help:"Where to keep the gateways' data meanwhile; the disk matters." type:"path" placeholder:"DIR"`
	Keep     bool          `help:"Leave the gateways' data and logs behind."`
	Record   string        `help:"Have every gateway record what happens to it, in DIR/gwK.rec, for floorsim replay. DIR must be empty or not there." type:"path" placeholder:"DIR"`
	jsonFlag
}

// Run measures.
func (c *benchCommand) Run(ctx context.Context, s *streams) error {
	rate := 0
	if c.Rate != "max" {
		n, err := strconv.Atoi(c.Rate)
		if err != nil || n < 1 {
			return misused(fmt.Errorf("--rate %q: want a number of records per second, or max", c.Rate), "floormesh bench --rate 1000")
		}
		rate = n
	}
	options := bench.Options{
		Gateways: c.Gateways, Rate: rate, Devices: c.Devices, Size: c.Size, Duration: c.Duration,
		Kill: c.Kill, Idle: c.Idle, Dir: c.Dir, Keep: c.Keep, Record: c.Record, Say: s.say,
	}
	if err := options.Validate(); err != nil {
		return misused(err, "run 'floormesh bench --help'")
	}
	result, err := bench.Run(ctx, options)
	if errors.Is(err, bench.ErrRecordings) {
		return failed(err, "name one that is empty, or not there")
	}
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(s.out, result); err != nil {
			return err
		}
	} else {
		fmt.Fprint(s.out, result)
	}
	if !result.OK() {
		return failed(fmt.Errorf("%d records lost, logs agree: %t", result.Lost, result.LogsAgree),
			"keep the gateways' data and logs with --keep, and report this with them")
	}
	return nil
}
