package sim

import (
	"fmt"
	"slices"

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
	if s.Protocol.Ordering != scenario.OrderingFloormesh {
		return supportedByOthers(s)
	}
	return nil
}

// supportedByOthers refuses what only our own protocol can do.
func supportedByOthers(s *scenario.Scenario) error {
	other := s.Protocol.Ordering
	for i := range s.Sites {
		if p := &s.Sites[i]; p.Gateways > p.Committee {
			return &UnsupportedError{
				fmt.Sprintf("sites[%d].gateways", i), fmt.Sprintf("%d gateways of which %d are members: of %s every node is a member", p.Gateways, p.Committee, other),
				fmt.Sprintf("--set sites[%d].gateways=%d", i, p.Committee),
			}
		}
		if s.Sites[i].Observers > 0 && s.Roles.Observer.Fidelity == scenario.FidelityReplica {
			return &UnsupportedError{
				"roles.observer.fidelity", fmt.Sprintf("%q: of %s every node that is one is a member", scenario.FidelityReplica, other),
				"--set roles.observer.fidelity=follower",
			}
		}
	}
	for i := range s.Faults {
		if s.Faults[i].Disk == scenario.DiskLost {
			return &UnsupportedError{fmt.Sprintf("faults[%d].disk", i), fmt.Sprintf(`%s loses no store: "lost" does not run`, other), `"kept" and "torn" do`}
		}
	}
	for i := range s.Adversaries {
		if kind := s.Adversaries[i].Kind; kind != scenario.AttackSilent {
			return &UnsupportedError{
				fmt.Sprintf("adversaries[%d].kind", i), fmt.Sprintf("%q is an attack on floormesh's own messages, not on those of %s", kind, other),
				`"silent" works against both`,
			}
		}
	}
	return nil
}

// hitsHardware refuses what would break a processor, disk or clock of none but nodes that
// have no such thing: devices, and followers but for their processors.
func hitsHardware(s *scenario.Scenario, roster *scenario.Roster) error {
	for i := range s.Faults {
		f := &s.Faults[i]
		needs := []scenario.Fidelity{scenario.FidelityReplica}
		what := "neither disk nor clock"
		switch {
		case f.Kind == scenario.FaultSlow:
			needs, what = append(needs, scenario.FidelityFollower), "no processor"
		case f.Kind == scenario.FaultDiskSlow, f.Kind == scenario.FaultClockJump, f.Kind == scenario.FaultClockStop, f.Disk == scenario.DiskLost:
		default:
			continue
		}
		who, _ := roster.Struck(i, 0)
		if !slices.ContainsFunc(who, func(node int) bool { return slices.Contains(needs, s.Roles.Of(roster.Role(node)).Fidelity) }) {
			return &UnsupportedError{
				fmt.Sprintf("faults[%d].who", i), fmt.Sprintf("%q hits only nodes that have %s here", f.Kind, what),
				"crash, churn, power, partition and clog hit them; role: member for this one",
			}
		}
	}
	return nil
}
