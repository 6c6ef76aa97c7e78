package twin

import (
	"context"
	"fmt"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/sim"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
)

// scenarioText writes the scenario that stands for a mesh of processes on a machine.
func (m *Machine) scenarioText(processes, rate int, duration time.Duration) string {
	return fmt.Sprintf(`# %[1]d gateways that are processes of one machine, as floorsim validate processes has measured it.
name: processes
duration: %[2]s
sites: [{name: machine, gateways: %[1]d, committee: %[1]d}]
roles:
  member:
    cores: %[3]d
    shared: true # by all processes
    speed: %[17]d%% # what else runs takes the rest
    disk: {fsync: %[4]s, jitter: %[5]s, read: 100us}
    clock: {skew: 0s, drift: 0ppm} # there is one
cpu: {sign: %[6]s, verify: %[7]s, verify-batched: %[8]s, hash: %[9]s, message: %[10]s, sync: %[11]s, record: 0s} # message: all that is not in the others
network:
  within: {preset: lan, latency: %[12]s, jitter: %[13]s} # loopback
load:
  - {name: readings, who: {role: member}, rate: %[14]d/s, per: site, size: %[15]dB}
checks: {settle: %[16]s, rest: 0s}
`,
		processes, duration, m.Cores, m.Fsync, 2*max(0, m.FsyncHalf-m.Fsync),
		m.Sign, m.Verify, m.Batched, m.Hash, m.Message, m.Sync,
		m.Trip, 2*max(0, m.TripHalf-m.Trip), rate, payloadBytes, settleTime, max(1, 100-m.Others/10))
}

// simulate runs a scenario and looks at it as at a real mesh.
func simulate(ctx context.Context, text string, processes int, m *Machine) (Mesh, error) {
	s, err := scenario.Read([]scenario.Source{{Name: "processes", Text: text}})
	if err != nil {
		return Mesh{}, fmt.Errorf("the scenario of this machine: %w", err)
	}
	x, err := sim.NewExperiment(s, 1)
	if err != nil {
		return Mesh{}, fmt.Errorf("the scenario of this machine: %w", err)
	}
	j := newJourneys(processes)
	x.Observe(func(node int, at time.Duration, in replica.Input, out []replica.Output) { j.step(node, at, in, out) })
	run, err := await(ctx, func() (*result.Run, error) { return x.Run("") })
	if err != nil {
		return Mesh{}, err
	}
	for _, v := range run.Summary.Failed() {
		return Mesh{}, fmt.Errorf("the simulated mesh violates %s: %s", v.Checker, v.Detail)
	}
	return simulatedMesh(run, j, m), nil
}

// await calls a function that cannot be interrupted. It goes on to its end, unheard,
// if ctx is done before.
func await[T any](ctx context.Context, do func() (T, error)) (made T, err error) {
	type outcome struct {
		made T
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		made, err := do()
		done <- outcome{made, err}
	}()
	select {
	case <-ctx.Done():
		return made, ctx.Err()
	case o := <-done:
		return o.made, o.err
	}
}
