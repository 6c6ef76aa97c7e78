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
		return &UnsupportedError{"protocol.ordering", fmt.Sprintf("%q does not run yet", s.Protocol.Ordering), "--set protocol.ordering=floormesh"}
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
