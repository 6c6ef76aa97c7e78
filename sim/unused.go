package sim

import (
	"fmt"
	"slices"

	"github.com/floormesh/floormesh/sim/scenario"
)

// Unused returns what a scenario says that changes nothing yet, in the words of its keys: what
// lies between sites. Their ledgers need nothing of each other's, so that nothing crosses.
func Unused(s *scenario.Scenario) (keys []string) {
	if len(s.Sites) < 2 && (len(s.Sites) == 0 || s.Sites[0].Count < 2) {
		return nil
	}
	if s.Network.Between != scenario.New().Network.Between {
		keys = append(keys, "network.between")
	}
	for i := range s.Sites {
		if s.Sites[i].Up != 0 {
			keys = append(keys, fmt.Sprintf("sites[%d].up", i))
		}
		if s.Sites[i].Down != 0 {
			keys = append(keys, fmt.Sprintf("sites[%d].down", i))
		}
	}
	roster := scenario.NewRoster(s)
	for i := range s.Faults {
		if betweenSites(s, roster, i) {
			keys = append(keys, fmt.Sprintf("faults[%d]", i))
		}
	}
	return keys
}

// betweenSites reports whether a fault cuts sites off from each other and nobody from
// its own site.
func betweenSites(s *scenario.Scenario, roster *scenario.Roster, fault int) bool {
	switch f := &s.Faults[fault]; {
	case f.Kind == scenario.FaultWANCut:
		return true
	case f.Kind != scenario.FaultPartition && f.Kind != scenario.FaultFlap, f.Repick, f.Who.Leaders > 0:
		return false // others do more, or strike somebody else the next time
	}
	who, against := roster.Struck(fault, 0)
	struck := make([]int, len(roster.Plants)) // how many of a site
	for _, node := range who {
		struck[roster.Plant(node)]++
	}
	if against == nil {
		for i, n := range struck {
			if p := &roster.Plants[i]; n > 0 && n < p.Members+p.Gateways+p.Observers+p.Devices {
				return false
			}
		}
		return true
	}
	return !slices.ContainsFunc(against, func(node int) bool { return struck[roster.Plant(node)] > 0 })
}
