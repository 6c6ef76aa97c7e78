package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/floormesh/floormesh/sim/sweep"
)

// pointFlags say which points a sweep has.
type pointFlags struct {
	Points string `required:"" type:"existingfile" placeholder:"FILE" help:"The points: one JSON object a line, {\"id\":\"nodes=4,seed=1\",\"seed\":1,\"axes\":{\"nodes\":\"4\"},\"scenario\":\"{\\\"nodes\\\":4}\"}."`
	Name   string `help:"Name of the sweep; the file's without this."`
}

// source is where the points of a sweep come from. Everything below takes what
// it returns and nothing else.
func (f *pointFlags) source() sweep.Source { return lines(f.Points) }

// lines is a file of points.
type lines string

// Points reads the file.
func (l lines) Points() ([]sweep.Point, error) {
	file, err := os.Open(string(l))
	if err != nil {
		return nil, fmt.Errorf("read the points: %w", err)
	}
	points, err := sweep.ReadPoints(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", string(l), err)
	}
	return points, nil
}

// sweep reads the points and makes the sweep that this build runs.
func (f *pointFlags) sweep() (*sweep.Sweep, error) {
	build, err := buildID()
	if err != nil {
		return nil, err
	}
	points, err := f.source().Points()
	if err != nil {
		return nil, err
	}
	name := f.Name
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(f.Points), filepath.Ext(f.Points))
	}
	return sweep.New(name, build, points)
}
