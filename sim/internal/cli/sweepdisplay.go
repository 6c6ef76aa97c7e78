package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/floormesh/floormesh/sim/sweep"
)

// sweepDisplay shows how far a sweep is.
type sweepDisplay struct {
	*display
	title string
}

// shownRuns is how many runs under way are named.
const shownRuns = 4

func newSweepDisplay(talk io.Writer, quiet bool, folder *sweep.Folder) *sweepDisplay {
	s := folder.Sweep()
	return &sweepDisplay{newDisplay(talk, quiet), fmt.Sprintf("%s: %s, %d of them twice, into %s", s.Name, plural(len(s.Points), "point"), len(s.Again()), folder.Dir())}
}

func (d *sweepDisplay) status(s sweep.Status) {
	lines := []string{d.title, bar(float64(s.Done), float64(s.Jobs)) + " " + s.String() + "; " + s.Elapsed.Round(time.Second).String() + " so far"}
	for i, run := range s.Under {
		if i == shownRuns {
			lines = append(lines, fmt.Sprintf("  and %d more", len(s.Under)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("  %3.0f %%  %s", 100*run.Part, run.ID))
	}
	d.show(s.String(), lines...)
}
