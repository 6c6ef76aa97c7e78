package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/floormesh/floormesh/sim/internal/untrusted"
	"github.com/floormesh/floormesh/sim/scenario"
	"github.com/floormesh/floormesh/sim/scenarios"
)

// scenarioFlags say which scenario a command is about.
type scenarioFlags struct {
	Scenario string   `arg:"" optional:"" help:"A scenario: a file, or a name of the library."`
	File     []string `short:"f" sep:"none" placeholder:"FILE" help:"Scenarios laid over it, the last on top."`
	Set      []string `sep:"none" placeholder:"KEY=VALUE" help:"Set one value, such as sites[0].gateways=100. Comes on top of all files."`
}

// document reads the files and settings.
func (f *scenarioFlags) document() (*scenario.Document, error) {
	names := f.File
	if f.Scenario != "" {
		names = append([]string{f.Scenario}, f.File...)
	}
	if len(names) == 0 {
		return nil, &hinted{errors.New("no scenario given"), "name one: a file, or one of the library: " + strings.Join(scenarios.Names(), ", ")}
	}
	d := new(scenario.Document)
	for _, name := range names {
		text, err := readScenario(name)
		if err != nil {
			return nil, err
		}
		d.Lay(scenario.Source{Name: name, Text: text})
	}
	for _, setting := range f.Set {
		d.Set(setting)
	}
	return d, nil
}

// readScenario reads a file or, if there is none of that name, from the library.
func readScenario(name string) (string, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		if text, libraryErr := scenarios.Read(name); libraryErr == nil {
			return text, nil
		}
		hint := "the library has " + strings.Join(scenarios.Names(), ", ")
		if near := scenario.Nearest(name, scenarios.Names()); near != "" {
			hint = "did you mean " + near + "?"
		}
		return "", &hinted{fmt.Errorf("there is neither a file nor a scenario of the library called %q", name), hint}
	}
	if err != nil {
		return "", &hinted{fmt.Errorf("%s: %w", name, untrusted.Cause(err)), "name a YAML file that can be read, or a scenario of the library: " + strings.Join(scenarios.Names(), ", ")}
	}
	defer file.Close() //nolint:errcheck // only read
	if info, err := file.Stat(); err == nil && info.IsDir() {
		hint := "a scenario is a YAML file"
		if own := filepath.Join(name, "scenario.yaml"); exists(own) {
			hint = own + " is the scenario of these results"
		}
		return "", &hinted{fmt.Errorf("%s is a folder, not a scenario", name), hint}
	}
	// One byte more than is allowed, so that the reader of scenarios says what is wrong.
	text, err := io.ReadAll(io.LimitReader(file, scenario.MaxSourceBytes+1))
	if err != nil {
		return "", &hinted{fmt.Errorf("%s: %w", name, untrusted.Cause(err)), "name a YAML file that can be read"}
	}
	return string(text), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// wrong says what is wrong with a scenario and where to look it up.
func wrong(err error) error {
	problems, ok := errors.AsType[*scenario.Problems](err)
	if !ok {
		return err
	}
	count := "1 problem"
	if n := len(problems.All) + problems.More; n > 1 {
		count = fmt.Sprintf("%d problems", n)
	}
	return &hinted{
		fmt.Errorf("the scenario has %s\n%w", count, err),
		"floorsim explain --comments one-plant shows every key with its meaning",
	}
}

type explainCommand struct {
	scenarioFlags
	Comments bool `help:"Write each key's meaning above it."`
	Points   bool `help:"List the runs of a sweep instead: index, id, seed, and what each sets."`
	Schema   bool `help:"Print the JSON Schema of scenario files instead, for editors."`
}

// Run prints a resolved scenario.
func (c *explainCommand) Run(s streams) error {
	if c.Schema {
		_, err := s.out.Write(scenario.Schema())
		return err
	}
	d, err := c.document()
	if err != nil {
		return err
	}
	if c.Points {
		return c.points(s, d)
	}
	resolved, err := d.Resolve()
	if err != nil {
		return wrong(err)
	}
	fmt.Fprint(s.out, scenario.Explain(resolved, c.Comments))
	return nil
}

func (c *explainCommand) points(s streams, d *scenario.Document) error {
	for p, err := range d.Points() {
		if err != nil {
			return wrong(err)
		}
		fmt.Fprintln(s.out, strings.TrimRight(fmt.Sprintf("%d\t%s\t%d\t%s", p.Index, p.ID, p.Scenario.Seed, strings.Join(p.Set, " ")), "\t"))
	}
	return nil
}
