package cli

import (
	"encoding/json"
	"fmt"

	"github.com/floormesh/floormesh/sim"
)

type hashCommand struct {
	Seed  uint64 `required:"" help:"The seed."`
	Nodes int    `help:"Gateways in the mesh; 0 leaves it to the seed."`
}

// Run prints a seed's hash.
func (c *hashCommand) Run(s streams) error {
	r, err := sim.Run(sim.Draw(c.Seed, sim.Options{Nodes: c.Nodes}), nil)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.out, r.Hash)
	if r.Failed() {
		return errFailed
	}
	return nil
}

type planCommand struct {
	Seed  uint64 `required:"" help:"The seed."`
	Nodes int    `help:"Gateways in the mesh; 0 leaves it to the seed."`
}

// Run prints a seed's plan.
func (c *planCommand) Run(s streams) error {
	text, err := json.MarshalIndent(sim.Draw(c.Seed, sim.Options{Nodes: c.Nodes}), "", "  ")
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	fmt.Fprintf(s.out, "%s\n", text)
	return nil
}
