package twin

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/plot"
)

// Write writes a comparison to a folder, which it makes if it is not there: the numbers,
// the scenario, and a figure of both distributions for each of the two that are
// spoken of most. It returns the files' paths.
func (c *Comparison) Write(dir string) (paths []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for _, file := range []struct {
		name    string
		content func(io.Writer) error
	}{
		{"comparison.json", c.writeJSON},
		{"scenario.yaml", func(w io.Writer) error { _, err := io.WriteString(w, c.Scenario); return err }},
		{"delivery.svg", c.figure(Delivered, plot.Propagation)},
		{"finality.svg", c.figure(Final, plot.LatencyCDF)},
	} {
		path := filepath.Join(dir, file.name)
		if err := result.Replace(path, file.content); err != nil {
			return paths, fmt.Errorf("write %s: %w", path, err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func (c *Comparison) writeJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(c)
}

// figure draws a stage's two distributions, under the name by which plot knows such a thing.
func (c *Comparison) figure(stage Stage, what string) func(io.Writer) error {
	name := result.Final.String()
	if what == plot.Propagation {
		name = "propagation of batch"
	}
	named := func(title string, m *Mesh) plot.Named {
		run := &result.Run{Distributions: []result.Distribution{distribution(name, m.Sample.Lengths[stage])}}
		return plot.Named{Name: title, Run: run}
	}
	return func(w io.Writer) error {
		return plot.Write(w, what, "svg", []plot.Named{named("processes", &c.Real), named("simulated", &c.Simulated)})
	}
}

// distribution counts lengths, which ascend. Of many it takes some, evenly: more steps
// than a figure is wide cannot be seen.
func distribution(name string, lengths []time.Duration) result.Distribution {
	d := result.Distribution{Name: name, Exact: true}
	step := (len(lengths) + figureSteps - 1) / figureSteps
	for rest := lengths; len(rest) > 0; {
		some := rest[:min(step, len(rest))]
		rest = rest[len(some):]
		v := max(0, int64(some[len(some)/2]))
		if n := len(d.Buckets); n > 0 && d.Buckets[n-1].Low == v {
			d.Buckets[n-1].Count += uint64(len(some))
			continue
		}
		d.Buckets = append(d.Buckets, result.Bucket{Low: v, High: v, Count: uint64(len(some))})
	}
	return d
}
