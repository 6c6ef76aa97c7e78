package sim

import (
	"fmt"

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
	for i := range s.Faults {
		if s.Faults[i].Kind == scenario.FaultWANCut {
			keys = append(keys, fmt.Sprintf("faults[%d]", i))
		}
	}
	return keys
}
