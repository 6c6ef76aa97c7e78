// Package cli is the command line of floorsim.
//
// Exit codes: 0 all runs were fine or equal, 1 a run failed, two differ, or a model was off by more than
// stated, 2 the command could not be understood, 3 it could not be carried out.
package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes, which scripts may rely on.
const (
	exitFine   = 0
	exitFailed = 1 // a run violated a property, two runs differ, or a model passes its stated error
	exitUsage  = 2
	exitBroken = 3 // the command itself did not work
)

// errFailed says that a run failed or that two differ; everything has been said about it.
var errFailed = errors.New("a run failed")

// hinted is an error with advice.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() }

func (h *hinted) Unwrap() error { return h.err }

// Hint returns the advice.
func (h *hinted) Hint() string { return h.hint }

// streams are where commands write: results to out, talk to talk. in is read by
// few.
type streams struct {
	out, talk io.Writer
	in        io.Reader
}

type commands struct {
	Check    checkCommand    `cmd:"" help:"Run many seeds and check every property. Exit code 1 if one fails."`
	Fuzz     fuzzCommand     `cmd:"" help:"Search for plans that violate a property, make one small and write it down. Exit code 1 if there is one."`
	Bench    benchCommand    `cmd:"" help:"Measure how quick the simulator is."`
	Run      runCommand      `cmd:"" help:"Run a scenario and keep its results. Exit code 1 if a check failed."`
	Hash     hashCommand     `cmd:"" help:"Run one seed and print the hash of everything that happened."`
	Plan     planCommand     `cmd:"" help:"Print what a seed stands for: links, disks, clocks, liars, faults and load."`
	Report   reportCommand   `cmd:"" help:"Make the HTML report of a results folder."`
	Plot     plotCommand     `cmd:"" help:"Draw a figure of one run or of several, for a paper."`
	Picture  pictureCommand  `cmd:"" help:"Draw who told whom what and when, or a window of the DAG."`
	Export   exportCommand   `cmd:"" help:"Write the tables of a results folder as CSV."`
	Diff     diffCommand     `cmd:"" help:"Find the first event in which two runs differ. Exit code 1 if there is one."`
	Explain  explainCommand  `cmd:"" help:"Print a scenario with everything that it leaves unsaid, or say what is wrong with it."`
	Sweep    sweepCommand    `cmd:"" help:"Many runs: here, over workers on other machines, or as jobs for a cluster."`
	Worker   workerCommand   `cmd:"" help:"Run the points of a sweep that floorsim sweep serve offers."`
	Replay   replayCommand   `cmd:"" help:"Step through what a gateway has recorded and compare what comes out. Exit code 1 if it differs."`
	Validate validateCommand `cmd:"" help:"Print how far off the models are: against published measurements, and against ourselves as real processes. Exit code 1 if a stated bound is passed."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// exited carries an exit code out of kong, which wants to exit by itself after --help.
type exited int

// Main runs the command line and returns the exit code.
func Main(args []string, in io.Reader, out, talk io.Writer) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exited:
			code = int(r)
		default:
			panic(r)
		}
	}()
	var c commands
	parser, err := kong.New(&c,
		kong.Name("floorsim"),
		kong.Description("Runs meshes of gateways in virtual time, breaks what can break, and checks what must hold."),
		kong.Writers(out, talk),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.UsageOnError(),
	)
	if err != nil {
		return complain(talk, err, exitBroken)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return complain(talk, &hinted{err, usageOf(err)}, exitUsage)
	}
	if err := parsed.Run(streams{out, talk, in}); err != nil {
		if errors.Is(err, errFailed) {
			return exitFailed
		}
		return complain(talk, err, exitBroken)
	}
	return exitFine
}

// usageOf returns the command that explains the one that was not understood.
func usageOf(err error) string {
	if wrong, ok := errors.AsType[*kong.ParseError](err); ok && wrong.Context != nil {
		if command := wrong.Context.Selected(); command != nil {
			return "floorsim " + commandPath(command) + " --help"
		}
	}
	return "floorsim --help"
}

// commandPath returns a command's words.
func commandPath(command *kong.Node) string {
	path := command.Name
	for n := command.Parent; n != nil && n.Parent != nil; n = n.Parent {
		path = n.Name + " " + path
	}
	return path
}

// complain says what is wrong and, if known, what to do about it.
func complain(talk io.Writer, err error, code int) int {
	fmt.Fprintf(talk, "floorsim: error: %v\n", err)
	hints := hintsOf(err)
	if len(hints) == 0 && errors.Is(err, syscall.ENOSPC) {
		hints = []string{"make room there, or name another place; the same command gives the same again"}
	}
	for _, hint := range hints {
		fmt.Fprintf(talk, "floorsim: hint: %s\n", hint)
	}
	return code
}

// hintsOf returns the advice of an error, and of all that it joins.
func hintsOf(err error) (hints []string) {
	switch e := err.(type) { //nolint:errorlint // each step of the chain is looked at by itself
	case interface{ Hint() string }: // hinted, and the errors of results, sweeps and what the simulator cannot do
		return []string{e.Hint()}
	case interface{ Unwrap() error }:
		return hintsOf(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, joined := range e.Unwrap() {
			hints = append(hints, hintsOf(joined)...)
		}
	}
	return hints
}

type versionCommand struct{}

// release is the version of a release, which the linker sets (see Makefile).
var release string //nolint:gochecknoglobals // the linker sets nothing else

// Run prints the version.
func (versionCommand) Run(s streams) error {
	version := cmp.Or(release, "(devel)")
	if info, ok := debug.ReadBuildInfo(); ok && release == "" && info.Main.Version != "" {
		version = info.Main.Version
	}
	fmt.Fprintln(s.out, "floorsim", version)
	return nil
}
