package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/floormesh/floormesh/consensus/replica"
	"github.com/floormesh/floormesh/consensus/replica/recording"
	"github.com/floormesh/floormesh/sim/internal/untrusted"
	"github.com/floormesh/floormesh/sim/replay"
)

type replayCommand struct {
	File    string `arg:"" help:"What floormesh run --record wrote." type:"path"`
	Until   uint64 `placeholder:"STEP" help:"Stop after this step."`
	Verbose bool   `short:"v" help:"Print every step with what comes out."`
	Force   bool   `help:"Replay what another build has recorded."`
}

// errOtherBuild says that a recording is another build's.
var errOtherBuild = errors.New("recorded by another build")

// Run replays a recording.
func (c *replayCommand) Run(s streams) error {
	file, err := os.Open(c.File)
	if err != nil {
		return &hinted{fmt.Errorf("%s: %w", c.File, untrusted.Cause(err)), "name a file that floormesh run --record has written"}
	}
	defer file.Close() //nolint:errcheck // only read
	result, err := replay.Run(file, c.options(s))
	if result != nil {
		printReplay(s.out, result)
	}
	if errors.Is(err, recording.ErrTorn) && result != nil {
		fmt.Fprintf(s.talk, "floorsim: %v: the gateway was killed or lost power while it wrote; everything before is replayed\n", err)
		err = nil
	}
	if panicked, is := errors.AsType[*replay.PanicError](err); is && c.Verbose {
		fmt.Fprintf(s.out, "%s\n", panicked.Stack)
	}
	if err != nil {
		return c.explain(err, result)
	}
	if result.Divergence != nil {
		fmt.Fprint(s.out, result.Divergence)
		return errFailed
	}
	return nil
}

func (c *replayCommand) options(s streams) replay.Options {
	o := replay.Options{Until: c.Until, Stack: debug.Stack, Check: func(start *recording.Start) error { return c.compareBuilds(s.talk, start.Build, ownBuild()) }}
	if c.Verbose {
		o.Trace = func(step *recording.Step, out []replica.Output, _ replica.Instant) {
			fmt.Fprintf(s.out, "%d %s %s\n", step.Number, time.Duration(step.Now), replay.DescribeInput(step.Input))
			for _, output := range out {
				fmt.Fprintf(s.out, "    %s\n", replay.Describe(output))
			}
		}
	}
	return o
}

// compareBuilds refuses what other code has recorded, unless it is forced: the
// first divergence would be the change, or the next one.
func (c *replayCommand) compareBuilds(talk io.Writer, recorded, own string) error {
	switch recording.CompareBuilds(recorded, own) {
	case recording.Equal:
	case recording.Unknown:
		fmt.Fprintf(talk, "floorsim: warning: recorded by build %s, replayed by %s: whether both are of the same code is not known\n",
			nameOf(recorded), nameOf(own))
	case recording.Different:
		if !c.Force {
			return fmt.Errorf("%w: %s, and this is %s", errOtherBuild, nameOf(recorded), nameOf(own))
		}
		fmt.Fprintf(talk, "floorsim: warning: recorded by build %s, replayed by %s: what diverges may be what was changed\n",
			nameOf(recorded), nameOf(own))
	}
	return nil
}

func nameOf(build string) string {
	if build == "" {
		return "(unknown)"
	}
	return strconv.Quote(build)
}

// ownBuild names this program as floormesh names itself in a recording.
func ownBuild() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	return recording.BuildName(release, settings["vcs.revision"], settings["vcs.modified"] == "true", settings["-tags"])
}

// explain adds what can be done.
func (c *replayCommand) explain(err error, result *replay.Result) error {
	switch {
	case errors.Is(err, errOtherBuild):
		return &hinted{err, "use the floorsim of the gateway's release or revision, or replay with --force to see where they differ"}
	case errors.Is(err, recording.ErrNoRecording):
		return &hinted{fmt.Errorf("%s: %w", c.File, err), "name a file that floormesh run --record has written"}
	case errors.Is(err, recording.ErrVersion):
		return &hinted{fmt.Errorf("%s: %w", c.File, err), "use the floorsim of the gateway's release"}
	case errors.Is(err, recording.ErrCorrupt) && result != nil:
		return &hinted{
			fmt.Errorf("%s: %w", c.File, err),
			fmt.Sprintf("copy the file from the gateway again; the %d steps before are whole: --until %d", result.Steps, result.Steps),
		}
	case errors.Is(err, recording.ErrCorrupt), errors.Is(err, recording.ErrTorn):
		return &hinted{fmt.Errorf("%s: %w", c.File, err), "copy the file from the gateway again; without its start nothing can be replayed"}
	}
	if _, is := errors.AsType[*replay.PanicError](err); is {
		return &hinted{fmt.Errorf("%s: %w", c.File, err), "-v prints where; with the gateway's own build this is a bug of the ledger: keep the file and report it"}
	}
	return &hinted{fmt.Errorf("%s: %w", c.File, untrusted.Cause(err)), "name a file that floormesh run --record has written"}
}

// printReplay prints what a replay came to.
func printReplay(out io.Writer, r *replay.Result) {
	n := r.Inputs
	fmt.Fprintf(out, "gateway     %s of mesh %s, recorded from %s\n", r.Start.Gateway(), r.Start.Genesis.Mesh,
		time.UnixMilli(int64(r.Start.Wall)).UTC().Format(time.RFC3339))
	fmt.Fprintf(out, "steps       %d: %s\n", r.Steps, strings.Join([]string{
		count(n.Received, "messages"), count(n.Submitted, "submissions"), count(n.Persisted, "persisted"), count(n.Ticks, "ticks"),
		count(n.Loaded, "loaded"), count(n.Connected, "connected"), count(n.Disconnected, "disconnected"),
	}, ", "))
	fmt.Fprintf(out, "span        %s\n", r.Span)
	fmt.Fprintf(out, "round       %d\n", r.Round)
	fmt.Fprintf(out, "commits     %d, the last is %d\n", r.Commits, r.Commit)
	fmt.Fprintf(out, "records     %d\n", r.Records)
	fmt.Fprintf(out, "signatures  %d\n", r.Signatures)
	switch {
	case r.Whole:
		fmt.Fprintf(out, "end         %s\n", r.Ended)
	case r.Divergence == nil:
		fmt.Fprintf(out, "end         not reached\n")
	}
	if r.Divergence == nil {
		fmt.Fprintf(out, "outputs     as recorded\n")
	}
}

func count(n int, what string) string { return fmt.Sprintf("%d %s", n, what) }
