package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/floormesh/floormesh/node"
)

// grammar is the command line; the tags are what "floormesh --help" says.
type grammar struct {
	Help helpFlag `help:"Show help." short:"h"`

	Init    initCommand    `cmd:"" help:"Found a mesh: genesis, keys and a directory for each gateway."`
	Run     runCommand     `cmd:"" help:"Run a gateway until it is told to stop (Ctrl-C)."`
	Status  statusCommand  `cmd:"" help:"Show how a gateway does."`
	Device  deviceCommand  `cmd:"" help:"Make and show device keys."`
	Publish publishCommand `cmd:"" help:"Sign readings with a device key and send them to a gateway."`
	Records recordsCommand `cmd:"" help:"List records, or follow them as they become final."`
	Prove   proveCommand   `cmd:"" help:"Fetch the file that proves a record final."`
	Verify  verifyCommand  `cmd:"" help:"Check a proof offline: valid, or which check failed."`
	Demo    demoCommand    `cmd:"" help:"Show a mesh at work on this machine: gateways die, are cut off, and agree."`
	Bench   benchCommand   `cmd:"" help:"Measure a mesh of gateways on this machine."`
	Version versionCommand `cmd:"" help:"Show the version of this program."`
}

// helpFlag shows help and ends.
type helpFlag bool

// BeforeReset implements kong's hook, which runs before anything is required.
func (helpFlag) BeforeReset(c *kong.Context) error {
	if err := c.PrintUsage(false); err != nil {
		return err
	}
	return errHelped
}

const description = `Floormesh: a mesh ledger for factory floors.

Gateways on the plant network take signed readings, and agree on one
tamper-evident order of them. Try 'floormesh demo'.

Exit codes: 0 done, 1 failed or not valid, 2 wrong usage, 3 no gateway answers,
4 not now (try again), 130 interrupted.`

// streams are what a command talks to.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// say tells a person something that is no result.
func (s *streams) say(format string, args ...any) { fmt.Fprintf(s.err, format+"\n", args...) }

// Main runs the command line args, without the program's name, and returns
// the exit code. SIGINT and SIGTERM ask a command to end in order; a second one
// ends the program at once.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		return explain(stderr, misused(errors.New("no command given"), "run 'floormesh demo' to see it at work, or 'floormesh --help' for the commands"))
	}
	if args[0] == "help" {
		args = append(args[1:len(args):len(args)], "--help")
	}
	ctx, stop := signalled()
	defer stop()

	s := &streams{in: stdin, out: stdout, err: stderr}
	parser, err := newParser(s, ctx)
	if err != nil {
		return explain(stderr, err)
	}
	command, err := parser.Parse(maskNumbers(args))
	if err != nil {
		return explain(stderr, usageError(args, err))
	}
	if err := command.Run(); err != nil {
		return explain(stderr, err)
	}
	return exitOK
}

// signalled returns a context that the first SIGINT or SIGTERM ends. From then
// on signals do what they always do, so that a second one kills.
func signalled() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func newParser(s *streams, ctx context.Context) (*kong.Kong, error) { //nolint:revive // ctx is a value to bind
	return kong.New(&grammar{},
		kong.Name("floormesh"),
		kong.Description(description),
		kong.NoDefaultHelp(),
		kong.Writers(s.out, s.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: helpColumns}),
		kong.Vars{
			"api":   defaultAPI(),
			"ports": fmt.Sprint(node.DefaultBasePort),
		},
		kong.Bind(s),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
}

// maskNumbers puts a blank before negative numbers, which would be taken for
// flags: no flag of ours begins with a digit.
func maskNumbers(args []string) []string {
	masked := make([]string, len(args))
	for i, arg := range args {
		masked[i] = arg
		if _, err := strconv.ParseFloat(arg, 64); err == nil && arg[0] == '-' {
			masked[i] = " " + arg
		}
	}
	return masked
}

// usageError turns what kong says into an error with the right command.
func usageError(args []string, err error) error {
	if _, ok := errors.AsType[*hintedError](err); ok || errors.Is(err, errHelped) {
		return err
	}
	text := strings.Join(strings.Fields(err.Error()), " ")
	return misused(errors.New(text), fmt.Sprintf("run 'floormesh %s--help'", commandOf(args)))
}

// commandOf returns the command that args name, with a space behind it.
func commandOf(args []string) string {
	switch args[0] {
	case "device":
		if len(args) > 1 && (args[1] == "new" || args[1] == "show") {
			return "device " + args[1] + " "
		}
		return "device "
	case "init", "run", "status", "publish", "records", "prove", "verify", "demo", "bench", "version":
		return args[0] + " "
	}
	return ""
}
