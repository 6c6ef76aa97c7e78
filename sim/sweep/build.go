package sweep

import "fmt"

// A BuildError says that something belongs to another build of the simulator.
// Results of two builds do not belong into one table.
type BuildError struct {
	Where  string // what was looked at
	Want   string // the build it belongs to
	Have   string // the build that looked
	Remedy string
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("%s is of build %s, this is build %s: %s", e.Where, e.Want, e.Have, e.Remedy)
}
