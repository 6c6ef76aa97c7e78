package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/floormesh/floormesh/sim/adversary"
	"github.com/floormesh/floormesh/sim/scenario"
)

// UnsupportedError says what of a scenario the world cannot do yet.
type UnsupportedError struct {
	Key    string // of the scenario
	Why    string
	Remedy string
}

func (e *UnsupportedError) Error() string { return e.Key + ": " + e.Why }

// Hint returns what works instead.
func (e *UnsupportedError) Hint() string { return e.Remedy }

// supported returns an error for what would be ignored otherwise.
func supported(s *scenario.Scenario) error {
	for i := range s.Sites {
		p := &s.Sites[i]
		key := fmt.Sprintf("sites[%d]", i)
		if p.Observers > 0 {
			return &UnsupportedError{key + ".observers", "observers do not run yet", "--set " + key + ".observers=0"}
		}
	}
	if s.Protocol.Ordering != scenario.OrderingFloormesh {
		return &UnsupportedError{"protocol.ordering", fmt.Sprintf("%q does not run yet", s.Protocol.Ordering), "--set protocol.ordering=floormesh"}
	}
	if s.Roles.Device.Fidelity != scenario.FidelitySource {
		return &UnsupportedError{"roles.device.fidelity", fmt.Sprintf("%q does not run yet", s.Roles.Device.Fidelity), "--set roles.device.fidelity=source"}
	}
	return supportedEvents(s)
}

// supportedEvents looks at what happens: load, faults, liars, outputs.
func supportedEvents(s *scenario.Scenario) error {
	for i := range s.Load {
		if s.Load[i].Attested {
			return &UnsupportedError{fmt.Sprintf("load[%d].attested", i), "gateways do not sign for devices yet", "false: devices sign for themselves"}
		}
	}
	for i := range s.Faults {
		f := &s.Faults[i]
		key := fmt.Sprintf("faults[%d]", i)
		switch {
		case f.Disk == scenario.DiskLost:
			return &UnsupportedError{key + ".disk", `"lost" does not run yet`, `"kept" and "torn" do`}
		case f.Bandwidth != 0:
			return &UnsupportedError{key + ".bandwidth", "a clog cannot narrow links yet", `"extra" and "loss" work`}
		}
	}
	for i := range s.Adversaries {
		if kind := s.Adversaries[i].Kind; !slices.Contains(attacksThatRun(), string(kind)) {
			return &UnsupportedError{fmt.Sprintf("adversaries[%d].kind", i), fmt.Sprintf("%q does not run yet", kind), "there are " + strings.Join(attacksThatRun(), ", ")}
		}
	}
	if len(s.Outputs.Events) > 1 {
		return &UnsupportedError{"outputs.events[1]", "one window is written down at most", "join the windows to one"}
	}
	if len(s.Outputs.DAG) > 1 {
		return &UnsupportedError{"outputs.dag[1]", "one window is drawn at most", "join the windows to one"}
	}
	return nil
}

// attacksThatRun returns the attacks that do here what a scenario says of them.
// Those with settings of their own choose victims, skew, rate and lateness
// themselves so far: floorsim check has them lie.
func attacksThatRun() []string {
	settings := []scenario.Attack{
		scenario.AttackSelective, scenario.AttackCensor, scenario.AttackEclipse,
		scenario.AttackSkew, scenario.AttackSyncFlood, scenario.AttackLeaderLate,
	}
	return slices.DeleteFunc(adversary.Kinds(), func(kind string) bool {
		return slices.Contains(settings, scenario.Attack(kind))
	})
}

// hitsReplicas refuses what would break a processor, disk or clock of devices
// alone: they have none.
func hitsReplicas(s *scenario.Scenario, roster *scenario.Roster) error {
	hardware := []scenario.FaultKind{scenario.FaultSlow, scenario.FaultDiskSlow, scenario.FaultClockJump, scenario.FaultClockStop}
	for i := range s.Faults {
		if !slices.Contains(hardware, s.Faults[i].Kind) {
			continue
		}
		who, _ := roster.Struck(i, 0)
		if !slices.ContainsFunc(who, func(node int) bool { return roster.Role(node) != scenario.RoleDevice }) {
			return &UnsupportedError{
				fmt.Sprintf("faults[%d].who", i), fmt.Sprintf("%q hits devices only, which have neither processor nor disk nor clock here", s.Faults[i].Kind),
				"crash, churn, power, partition and clog hit devices; role: member for this one",
			}
		}
	}
	return nil
}
