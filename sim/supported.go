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
	for i := range s.Sites {
		p := &s.Sites[i]
		key := fmt.Sprintf("sites[%d]", i)
		if p.Observers > 0 {
			return &UnsupportedError{key + ".observers", "observers do not run yet", "--set " + key + ".observers=0"}
		}
	}
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
