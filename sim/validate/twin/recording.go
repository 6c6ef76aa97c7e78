package twin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/dag"
	"github.com/floormesh/floormesh/sim/replay"
)

// Errors that a caller may tell apart.
var (
	// ErrClock says that the machine's clock was set while gateways recorded.
	ErrClock = errors.New("the machine's clock was set during the run")
	// ErrRecording says that a recording does not hold a gateway's whole run.
	ErrRecording = errors.New("a gateway did not record its whole run")
	// ErrDiverged says that a gateway did not do what this program does.
	ErrDiverged = errors.New("a gateway did not do what the simulator's replicas do: is floormesh built of the same code?")
)

// readRecordings replays what a number of gateways have recorded. Errors: ErrClock,
// ErrRecording, ErrDiverged, those of replay.
func readRecordings(dir string, gateways int) (*journeys, error) {
	j := newJourneys(gateways)
	for i := range gateways {
		path := filepath.Join(dir, fmt.Sprintf("gw%d.rec", i+1))
		if err := j.read(i, path); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
	return j, nil
}

// read replays one gateway's recording.
func (j *journeys) read(gateway int, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	var wall wallClock
	result, err := replay.Run(file, replay.Options{
		Check: func(start *recording.Start) error {
			j.domain = start.Genesis.Domain()
			return nil
		},
		Trace: func(s *recording.Step, out []replica.Output, _ replica.Instant) {
			wall.read(s.Now, s.Wall)
			j.step(gateway, time.Duration(s.Now), s.Input, out)
		},
	})
	switch {
	case err != nil:
		return err
	case result.Divergence != nil:
		return fmt.Errorf("%w\n%s", ErrDiverged, result.Divergence)
	case !result.Whole || result.Ended != wholeEnd:
		return fmt.Errorf("%w: %q", ErrRecording, result.Ended)
	}
	j.gateways[gateway].work.signed = result.Signatures
	j.gateways[gateway].offset, err = wall.offset()
	return err
}

// wholeEnd is how a recording ends whose gateway was stopped in order.
const wholeEnd = "the gateway stopped"

// wallClock finds out how a gateway's monotonic clock, which begins anywhere, lies to the
// wall clock that all processes of a machine share. Each Step read the first, then the
// second, cut to milliseconds. So the second is behind by less than one; that another
// process ran in between only brings it forward. Of thousands of Steps, the one
// whose second reading lies lowest tells the difference to some microseconds.
type wallClock struct {
	least, late time.Duration // least differences of all Steps, and of those since some second
	second      replica.Instant
	steps       int
}

// read looks at a Step's readings.
func (c *wallClock) read(now replica.Instant, wall dag.UnixMilli) {
	d := time.Duration(wall)*time.Millisecond - time.Duration(now)
	if c.steps == 0 || d < c.least {
		c.least = d
	}
	if c.steps == 0 || now-c.second > replica.Instant(5*time.Second) {
		c.late, c.second = d, now
	}
	c.late = min(c.late, d)
	c.steps++
}

// offset returns what to add to the monotonic clock. Errors: ErrClock.
func (c *wallClock) offset() (time.Duration, error) {
	const slack = 100 * time.Millisecond // few Steps in the last seconds, on a busy machine
	if d := c.late - c.least; d > slack {
		return 0, fmt.Errorf("%w: by %s", ErrClock, d.Round(time.Millisecond))
	}
	return c.least + time.Millisecond, nil
}
