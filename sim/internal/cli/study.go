package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/floormesh/floormesh/sim/internal/untrusted"
	"github.com/floormesh/floormesh/sim/result"
	"github.com/floormesh/floormesh/sim/result/report"
	"github.com/floormesh/floormesh/sim/scenario"
	"github.com/floormesh/floormesh/sim/sweep"
)

// isSweep reports whether a folder is that of a sweep and not of one run.
func isSweep(dir string) bool {
	return exists(filepath.Join(dir, "sweep.json"))
}

// reportSweep makes the HTML report of a sweep, beside its tables without a path.
func reportSweep(folder *sweep.Folder, path string) (string, error) {
	study, err := studyOf(folder)
	if err != nil {
		return "", err
	}
	if path == "" {
		path = filepath.Join(folder.Dir(), result.ReportFile)
	}
	return path, result.Replace(path, func(w io.Writer) error { return report.WriteStudy(w, study) })
}

// readStudy reads the folder of a sweep.
func readStudy(dir string) (*result.Study, error) {
	folder, err := sweep.OpenAny(dir)
	if err != nil {
		return nil, err
	}
	return studyOf(folder)
}

// studyOf lays the runs of a sweep side by side.
func studyOf(folder *sweep.Folder) (*result.Study, error) {
	s := folder.Sweep()
	outcomes, err := folder.Outcomes()
	if err != nil {
		return nil, err
	}
	study := &result.Study{Name: s.Name, Build: s.Build, Scenario: []byte(s.Scenario)}
	keys, err := keysOf(s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", folder.Dir(), err)
	}
	for _, key := range keys {
		var values []string
		for i := range s.Points {
			if v := valueOf(&s.Points[i], key); !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		study.Axes = append(study.Axes, result.NewAxis(key, values))
	}
	for i := range outcomes {
		o := &outcomes[i]
		if o.Again {
			continue
		}
		c := result.Case{ID: o.ID, Repeat: o.Repeat, Seed: o.Seed, State: string(o.State)}
		for _, key := range keys {
			c.Values = append(c.Values, valueOf(&s.Points[o.Index], key))
		}
		if len(o.Summary) > 0 {
			c.Brief = new(result.Brief)
			if err := json.Unmarshal(o.Summary, c.Brief); err != nil {
				return nil, &hinted{
					fmt.Errorf("the summary of point %q: %w", o.ID, untrusted.Explain(o.Summary, err)),
					"delete " + folder.JobDir(o.Job) + " to run this point again",
				}
			}
		}
		study.Cases = append(study.Cases, c)
	}
	whole, err := folder.Report()
	if err != nil {
		return nil, err
	}
	for _, d := range whole.Differences {
		study.Notes = append(study.Notes, d.String())
	}
	study.Notes = append(study.Notes, whole.String())
	study.Good = whole.Good()
	return study, nil
}

// repeatKey is what stands for an axis if nothing but the seed varies.
const repeatKey = "repeat"

// keysOf returns what was varied, in the order of the scenario.
func keysOf(s *sweep.Sweep) ([]string, error) {
	resolved, err := scenario.Read([]scenario.Source{{Name: "scenario.yaml", Text: s.Scenario}})
	if err != nil {
		return nil, err
	}
	if resolved.Sweep == nil {
		return nil, errors.New("its scenario.yaml has no sweep: it was changed")
	}
	if keys := axesOf(resolved.Sweep); len(keys) > 0 {
		return keys, nil
	}
	return []string{repeatKey}, nil
}

func valueOf(p *sweep.Point, key string) string {
	if v, ok := p.Axes[key]; ok || key != repeatKey {
		return v
	}
	return fmt.Sprint(p.Repeat)
}

// noRun explains the folder of a sweep to commands that want one run.
func noRun(dir string, err error) error {
	if !isSweep(dir) || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &hinted{fmt.Errorf("%s holds a sweep, not one run", dir), "name one of its runs, " + filepath.Join(dir, "points", "…", "run")}
}
