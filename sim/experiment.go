package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/floormesh/floormesh/sim/check"
	"github.com/floormesh/floormesh/sim/engine"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
)

// Experiment is one run of a scenario: a partition of the engine for each site.
// Sites say nothing to each other yet, so that what lies between them carries
// nothing.
type Experiment struct {
	scenario *scenario.Scenario
	roster   *scenario.Roster
	engine   *engine.Engine
	book     *result.Book
	sites    []*World
	watch    func(Tally) (more bool)
}

// sitesMeet is how often sites wait for each other, so that a failed check in one ends all.
const sitesMeet = engine.Instant(100 * time.Millisecond)

// NewExperiment builds the world of a resolved and valid scenario. Workers
// change no result. Errors: *UnsupportedError.
func NewExperiment(s *scenario.Scenario, workers int) (*Experiment, error) {
	if err := supported(s); err != nil {
		return nil, err
	}
	x := &Experiment{scenario: s, roster: scenario.NewRoster(s)}
	if err := hitsHardware(s, x.roster); err != nil {
		return nil, err
	}
	var err error
	config := x.config()
	windows, drawings := x.drawings()
	config.Windows, config.Events = windows, x.watches()
	if x.book, err = result.NewBook(config); err != nil {
		return nil, err
	}
	var homes []int32
	for i := range x.roster.Plants {
		if err := x.build(i, drawings[i]); err != nil {
			return nil, err
		}
		for range x.sites[i].seat + 1 {
			homes = append(homes, int32(i))
		}
	}
	x.engine, err = engine.New(engine.Config{
		Homes: homes, Lookahead: sitesMeet, Workers: workers,
		Handler: func(partition int) engine.Handler { return x.sites[partition] },
	})
	if err != nil {
		return nil, err
	}
	for _, w := range x.sites {
		w.late.crew = x.engine.Crew()
		x.engine.Schedule(0, w.base+engine.Node(w.seat), engine.What{Kind: founding})
	}
	return x, nil
}

// build makes the world of one plant.
func (x *Experiment) build(plant int, drawings []*drawing) error {
	p := &x.roster.Plants[plant]
	w, err := newSite(x.scenario, x.roster, plant, newNotes(x.book.Partition(plant), x.scenario, p.First))
	if err != nil {
		return err
	}
	for _, n := range w.nodes {
		if n.liar == nil {
			w.site.notes.honest++
		}
	}
	w.site.notes.drawings = drawings
	x.sites = append(x.sites, w)
	return nil
}

// config says what the book holds.
func (x *Experiment) config() result.Config {
	s := x.scenario
	roles := []scenario.Role{scenario.RoleMember, scenario.RoleGateway, scenario.RoleObserver, scenario.RoleDevice}
	c := result.Config{Interval: s.Outputs.Series, Kinds: kindNames(s.Protocol.Ordering), Partitions: len(x.roster.Plants)}
	for _, r := range roles {
		c.Roles = append(c.Roles, string(r))
	}
	for i := range x.roster.Plants {
		for role, r := range roles {
			_, count := x.roster.Plants[i].Range(r)
			for range count {
				c.Nodes = append(c.Nodes, result.Place{Role: uint8(role), Site: uint32(i)})
			}
		}
	}
	return c
}

// Progress returns how far the run is. Any goroutine may call it.
func (x *Experiment) Progress() engine.Progress { return x.engine.Progress() }

// Run runs the experiment to its end and returns all that it left but for what
// it cost where it ran.
func (x *Experiment) Run(build string) (*result.Run, error) {
	if err := x.advance(); err != nil {
		return nil, err
	}
	o := result.Outcome{
		Scenario: x.scenario.Name, Resolved: []byte(scenario.Explain(x.scenario, false)),
		Seed: x.scenario.Seed, Build: build, Events: x.engine.Events(), Faults: x.faults(),
	}
	for i, w := range x.sites {
		if w.err != nil {
			return nil, fmt.Errorf("site %s, after %v: %w", x.roster.Plants[i].Name, time.Duration(w.now), w.err)
		}
		o.End = max(o.End, result.Instant(w.now))
		w.site.reckonAll(w.now)
		x.engine.Fold(w.trace.sum)
	}
	o.Fingerprint = fmt.Sprintf("%016x", x.engine.Fingerprint())
	o.Verdicts = x.verdicts()
	return x.book.Close(o), nil
}

// verdicts returns what the checkers of all sites found.
func (x *Experiment) verdicts() (all []result.Verdict) {
	for _, property := range checked(x.scenario) {
		held := true
		for i, w := range x.sites {
			for _, v := range w.checks.Violations() {
				if v.Property != property {
					continue
				}
				held = false
				node := result.NoNode
				if v.Node >= 0 {
					node = result.Node(x.roster.Plants[i].First + v.Node)
				}
				all = append(all, result.Verdict{
					Checker: property, At: result.Instant(v.At), Node: node,
					Detail: x.roster.Plants[i].Name + ": " + v.Detail,
				})
			}
		}
		if held {
			detail := "in every site"
			if released := x.released(); released > 0 && property == check.Liveness {
				detail += fmt.Sprintf("; %d acknowledged records were lost with disks", released)
			}
			all = append(all, result.Verdict{Checker: property, Held: true, Node: result.NoNode, Detail: detail})
		}
	}
	return all
}

// released returns how many acknowledged records were lost with disks.
func (x *Experiment) released() (records int) {
	for _, w := range x.sites {
		records += w.checks.Released()
	}
	return records
}

// checked returns the properties that are checked.
func checked(s *scenario.Scenario) (properties []string) {
	for _, name := range scenario.Property("").Names() {
		if s.Checks.Checks(scenario.Property(name)) {
			properties = append(properties, name)
		}
	}
	return properties
}

// faults returns what broke, and when.
func (x *Experiment) faults() (all []result.Fault) {
	for i := range x.scenario.Faults {
		f := &x.scenario.Faults[i]
		for n := range f.Times {
			from := f.At + time.Duration(n)*f.Every
			fault := result.Fault{
				Kind: string(f.Kind), Label: f.Name, From: result.Instant(from),
				To: result.Instant(min(from+f.For, x.scenario.Duration)),
			}
			who, _ := x.roster.Struck(i, n)
			if f.Who.Leaders == 0 && len(who) <= maxNamed {
				for _, node := range who {
					fault.Nodes = append(fault.Nodes, result.Node(node))
				}
			}
			all = append(all, fault)
		}
	}
	slices.SortStableFunc(all, func(a, b result.Fault) int { return int(max(-1, min(1, a.From-b.From))) })
	return all
}

// maxNamed is how many nodes a fault may hit to be named one by one.
const maxNamed = 64
