package sweep

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// A Sweep is a list of points and the build that must run them. Make one with
// [New]; do not change it.
type Sweep struct {
	Name     string
	Build    string
	Scenario string // the text that the points were made of: what jobs elsewhere make them of again. Opaque here
	Points   []Point

	id    string
	again []int // points run twice, ascending
}

// New checks the points and makes a sweep of them. It keeps the slice.
func New(name, build, scenario string, points []Point) (*Sweep, error) {
	switch {
	case name == "" || len(name) > maxNameBytes:
		return nil, fmt.Errorf("the name of a sweep has 1 to %d bytes", maxNameBytes)
	case len(scenario) > maxScenarioBytes || !utf8.ValidString(scenario):
		return nil, fmt.Errorf("the scenario is a text of at most %d bytes", maxScenarioBytes)
	case build == "":
		return nil, errors.New("a sweep names the build that runs it")
	case len(points) == 0:
		return nil, errors.New("a sweep has at least one point")
	case len(points) > maxPoints:
		return nil, fmt.Errorf("%d points, a sweep has at most %d", len(points), maxPoints)
	}
	seen := make(map[string]int, len(points))
	for i := range points {
		if err := points[i].validate(); err != nil {
			return nil, fmt.Errorf("point %d: %w", i, err)
		}
		if first, ok := seen[points[i].ID]; ok {
			return nil, fmt.Errorf("points %d and %d are both called %q", first, i, points[i].ID)
		}
		seen[points[i].ID] = i
	}
	s := &Sweep{Name: name, Build: build, Scenario: scenario, Points: points}
	sums := s.identify()
	s.choose(sums)
	return s, nil
}

// ID names the sweep: 16 hex digits that follow from its build and points.
func (s *Sweep) ID() string { return s.id }

// Jobs returns how many jobs there are: points, and second runs after them.
func (s *Sweep) Jobs() int { return len(s.Points) + len(s.again) }

// Again returns which points are run twice, ascending.
func (s *Sweep) Again() []int { return slices.Clone(s.again) }

// place returns the point of a job, and whether it is its second run.
func (s *Sweep) place(job int) (point int, again bool) {
	if job < len(s.Points) {
		return job, false
	}
	return s.again[job-len(s.Points)], true
}

// second returns the job that runs a point again.
func (s *Sweep) second(point int) (job int, ok bool) {
	i, ok := slices.BinarySearch(s.again, point)
	return len(s.Points) + i, ok
}

// identify sets the id and returns the hash of each point.
func (s *Sweep) identify() [][]byte {
	whole := sha256.New()
	whole.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s.Build))))
	whole.Write([]byte(s.Build))
	sums := make([][]byte, len(s.Points))
	for i := range s.Points {
		sum := sha256.Sum256(s.Points[i].line())
		sums[i] = sum[:]
		whole.Write(sum[:])
	}
	s.id = hex.EncodeToString(whole.Sum(nil)[:8])
	return sums
}

// choose takes the one percent with the lowest hashes: the same points on every
// machine, and no pattern of the axes.
func (s *Sweep) choose(sums [][]byte) {
	order := make([]int, len(sums))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(bytes.Compare(sums[a], sums[b]), cmp.Compare(a, b))
	})
	s.again = order[:(len(sums)+99)/100]
	slices.Sort(s.again)
}
