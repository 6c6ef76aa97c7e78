package cli

import (
	"fmt"
	"strings"

	"github.com/floormesh/floormesh/sim/validate"
)

type validateCommand struct {
	Published publishedCommand `cmd:"" default:"withargs" help:"Run published measurements again (what validate alone does)."`
	Processes processesCommand `cmd:"" help:"Run a mesh of real processes here, and the same in the simulator."`
}

type publishedCommand struct {
	JSON    bool `name:"json" help:"Print one JSON object per case."`
	Sources bool `help:"Print where every parameter comes from."`
}

// Run runs every published measurement again and prints how far off it is.
func (c *publishedCommand) Run(s streams) error {
	failed := false
	var holds, fails []string
	for _, published := range validate.Cases() {
		result, err := published.Run()
		if err != nil {
			return err
		}
		failed = failed || !result.Holds
		if result.Holds && result.Bound > 0 {
			holds = append(holds, result.Name)
		} else {
			fails = append(fails, result.Name)
		}
		if c.JSON {
			printJSON(s.out, result)
			continue
		}
		c.print(s, published, result)
	}
	if !c.JSON {
		fmt.Fprintf(s.out, "The model holds for: %s.\n", strings.Join(holds, "; "))
		if len(fails) > 0 {
			fmt.Fprintf(s.out, "It does not hold for: %s.\n", strings.Join(fails, "; "))
		}
	}
	if failed {
		return errFailed
	}
	return nil
}

// print prints a case as a table.
func (c *publishedCommand) print(s streams, published *validate.Case, r *validate.Result) {
	fmt.Fprintf(s.out, "%s\n", r.Name)
	rows := [][]string{{"", "published", "simulated", "error"}}
	for _, v := range r.Values {
		rows = append(rows, []string{v.Name, fmt.Sprint(v.Published), fmt.Sprint(v.Simulated), percent(v.Error)})
	}
	for _, row := range rows {
		fmt.Fprintf(s.out, "  %-8s %10s %10s %8s\n", row[0], row[1], row[2], row[3])
	}
	switch {
	case r.Bound == 0:
		fmt.Fprintf(s.out, "  no bound is stated: %s\n", published.Remark)
	case r.Holds:
		fmt.Fprintf(s.out, "  holds: at most %s off, stated are %s\n", magnitude(r.Worst), magnitude(r.Bound))
	default:
		fmt.Fprintf(s.out, "  FAILS: %s off, stated are %s\n", magnitude(r.Worst), magnitude(r.Bound))
	}
	if c.Sources {
		fmt.Fprintf(s.out, "  published by: %s\n", published.Source)
		for _, p := range published.Parameters {
			fmt.Fprintf(s.out, "  %-12s %s (%s)\n", p.Name, p.Value, p.Source)
		}
	}
	fmt.Fprintln(s.out)
}

// percent writes thousandths with their sign.
func percent(permille int) string {
	if permille < 0 {
		return "-" + magnitude(-permille)
	}
	return "+" + magnitude(permille)
}

func magnitude(permille int) string { return fmt.Sprintf("%d.%d %%", permille/10, permille%10) }
