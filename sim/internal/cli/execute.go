package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/sweep"
)

// pointScenario is what the scenario of a point says.
type pointScenario struct {
	Nodes int `json:"nodes"` // gateways in the mesh; 0 leaves it to the seed
}

// pointSummary is what a table shows of a run.
type pointSummary struct {
	Events         int     `json:"events"`
	Messages       int     `json:"messages"`
	Records        int     `json:"records"`
	Rounds         uint64  `json:"rounds"`
	Commits        int     `json:"commits"`
	SettleSeconds  float64 `json:"settle_seconds"`
	RestSeconds    float64 `json:"rest_seconds"`
	LatencySeconds float64 `json:"latency_seconds"`
	Violations     int     `json:"violations"`
}

// execute runs one point: what `floorsim check` does with its seed. The whole
// result is left as run.json.
func execute(_ context.Context, p sweep.Point, dir string, _ func(float64)) (sweep.Result, error) {
	var scenario pointScenario
	if p.Scenario != "" {
		decoder := json.NewDecoder(strings.NewReader(p.Scenario))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&scenario); err != nil {
			return sweep.Result{}, fmt.Errorf("scenario %q: %w: write {\"nodes\":4}", p.Scenario, err)
		}
	}
	if scenario.Nodes < 0 || scenario.Nodes > maxNodes {
		return sweep.Result{}, fmt.Errorf("%d gateways cannot be simulated: 1 to %d can, 0 leaves it to the seed", scenario.Nodes, maxNodes)
	}
	r, err := sim.Run(sim.Draw(p.Seed, sim.Options{Nodes: scenario.Nodes}), nil)
	if err != nil {
		return sweep.Result{}, err
	}
	var text bytes.Buffer
	printJSON(&text, r)
	if err := os.WriteFile(filepath.Join(dir, "run.json"), text.Bytes(), 0o644); err != nil {
		return sweep.Result{}, fmt.Errorf("keep the result: %w", err)
	}
	return summarise(r), nil
}

func summarise(r *sim.Result) sweep.Result {
	var text bytes.Buffer
	printJSON(&text, pointSummary{
		Events: r.Events, Messages: r.Messages, Records: r.Records,
		Rounds: r.Rounds, Commits: r.Commits,
		SettleSeconds: r.Settle.Seconds(), RestSeconds: r.Rest.Seconds(), LatencySeconds: r.Latency.Seconds(),
		Violations: len(r.Violations),
	})
	result := sweep.Result{Fingerprint: r.Hash, Summary: text.Bytes()}
	if r.Failed() {
		result.Violated = fmt.Sprint(r.Violations[0])
	}
	return result
}
