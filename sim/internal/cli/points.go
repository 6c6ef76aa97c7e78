package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/scenario"
	"github.com/floormesh/floormesh/sim/sweep"
)

// sweep makes the sweep that a scenario stands for, as this build runs it.
func (f *scenarioFlags) sweep() (*sweep.Sweep, error) {
	build, err := buildID()
	if err != nil {
		return nil, err
	}
	d, err := f.document()
	if err != nil {
		return nil, err
	}
	s, err := d.Resolve()
	if err != nil {
		return nil, wrong(err)
	}
	if s.Sweep == nil {
		return nil, &hinted{
			fmt.Errorf("the scenario %s is one run: it has no \"sweep:\" with axes or repeats", s.Name),
			"floorsim run for one run, or --set sweep.repeats=10; one of the library that has axes is committee-and-loss",
		}
	}
	axes := axesOf(s.Sweep)
	short := shortened(axes)
	var points []sweep.Point
	for p, err := range d.Points() {
		if err != nil {
			return nil, wrong(err)
		}
		points = append(points, point(p, s.Sweep, axes, short))
	}
	if len(points) == 0 {
		return nil, &hinted{errors.New("the constraints leave no point"), "floorsim explain --points with fewer of them shows what there would be"}
	}
	return sweep.New(s.Name, build, d.Text(), points)
}

// axesOf returns the keys of all axes.
func axesOf(s *scenario.Sweep) (keys []string) {
	for i := range s.Axes {
		keys = append(keys, s.Axes[i].Key...)
	}
	return keys
}

// shortened returns the last words of keys where these tell them apart.
func shortened(keys []string) []string {
	out := slices.Clone(keys)
	for i, key := range keys {
		word := result.LastWord(key)
		same := func(other string) bool { return result.LastWord(other) == word }
		if others := slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !same(k) }); len(others) == 1 {
			out[i] = word
		}
	}
	return out
}

// maxPointName is how long the name of a point may grow before its hash takes its place.
const maxPointName = 150

// point turns a point of a scenario into one of a sweep.
func point(p *scenario.Point, s *scenario.Sweep, axes, short []string) sweep.Point {
	out := sweep.Point{
		Seed: p.Scenario.Seed, Repeat: p.Repeat,
		Axes: make(map[string]string, len(axes)), Scenario: scenario.Explain(p.Scenario, false),
	}
	var parts []string
	for i, set := range p.Set {
		value := set[len(axes[i])+1:]
		out.Axes[axes[i]] = value
		parts = append(parts, short[i]+"="+value)
	}
	if s.Repeats > 1 || len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("repeat=%d", p.Repeat))
	}
	if out.ID = strings.Join(parts, ","); len(out.ID) > maxPointName {
		out.ID = p.ID + ",repeat=" + fmt.Sprint(p.Repeat)
	}
	return out
}
