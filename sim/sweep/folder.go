package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Folder holds what came of a sweep:
//
//	sweep.json                          name, id, build, number of points
//	scenario.yaml                       the text that the points were made of
//	points.jsonl                        the points, as ReadPoints reads them
//	points/000017-nodes=100/            one folder a job; the second run's ends in .again
//	points/000017-nodes=100/result.json its Outcome
//	points/000017-nodes=100/run/        what the run left
//	points/.partial-*                   under way, or of a process that was killed: then delete it
//	table.csv, table.parquet            written by Tables
//	queue/                              the embedded server's, while it is needed
//
// A job's folder appears whole or not at all. Delete one to have it run again.
type Folder struct {
	dir   string
	sweep *Sweep
}

// about is the file sweep.json.
type about struct {
	Name   string `json:"name"`
	ID     string `json:"id"`
	Build  string `json:"build"`
	Points int    `json:"points"`
}

// Open makes dir the folder of a sweep, or finds that it is already.
func Open(dir string, s *Sweep) (*Folder, error) {
	f := &Folder{dir: dir, sweep: s}
	there, err := readAbout(dir)
	switch {
	case err == nil:
		return f, s.matches(dir, there)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "run.json")); err == nil {
		return nil, fmt.Errorf("%s holds the results of one run: give another folder with --out", dir)
	}
	if err := os.MkdirAll(filepath.Join(dir, "points"), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the sweep: %w", err)
	}
	if err := writeWhole(f.scenarioFile(), []byte(s.Scenario)); err != nil {
		return nil, fmt.Errorf("write down the scenario: %w", err)
	}
	if err := f.writePoints(); err != nil {
		return nil, fmt.Errorf("write down the points: %w", err)
	}
	text, err := json.MarshalIndent(about{s.Name, s.ID(), s.Build, len(s.Points)}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode sweep.json: %w", err)
	}
	if err := writeWhole(filepath.Join(dir, "sweep.json"), append(text, '\n')); err != nil {
		return nil, fmt.Errorf("write down the sweep: %w", err)
	}
	return f, nil
}

// OpenAny opens the folder of whatever sweep dir holds.
func OpenAny(dir string) (*Folder, error) {
	there, err := readAbout(dir)
	if err != nil {
		return nil, fmt.Errorf("%s holds no sweep: %w", dir, err)
	}
	from, err := os.Open(filepath.Join(dir, "points.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("%s holds no sweep: %w", dir, err)
	}
	points, err := ReadPoints(from)
	if err = errors.Join(err, from.Close()); err != nil {
		return nil, fmt.Errorf("%s: %w", from.Name(), err)
	}
	scenario, err := os.ReadFile(filepath.Join(dir, scenarioName))
	if err != nil {
		return nil, fmt.Errorf("%s holds no sweep: %w", dir, err)
	}
	s, err := New(there.Name, there.Build, string(scenario), points)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if s.ID() != there.ID {
		return nil, fmt.Errorf("%s: sweep.json says %s, but points.jsonl makes it %s: one of them was changed; emit or run the sweep into a new folder", dir, there.ID, s.ID())
	}
	return &Folder{dir: dir, sweep: s}, nil
}

// matches says in what another sweep in the same folder differs.
func (s *Sweep) matches(dir string, there about) error {
	switch {
	case there.ID == s.ID():
		return nil
	case there.Build != s.Build:
		return &BuildError{Where: dir, Want: there.Build, Have: s.Build, Remedy: "use that build, or give another folder with --out"}
	}
	return fmt.Errorf("%s holds another sweep, %q of %d points: give another folder with --out, or the same scenario as before", dir, there.Name, there.Points)
}

// Dir returns the path of the folder.
func (f *Folder) Dir() string { return f.dir }

// Sweep returns whose folder it is.
func (f *Folder) Sweep() *Sweep { return f.sweep }

// QueueDir is where an embedded server of this sweep keeps its streams.
func (f *Folder) QueueDir() string { return filepath.Join(f.dir, "queue") }

// scenarioName is what the text that the points were made of is called wherever jobs find it.
const scenarioName = "scenario.yaml"

func (f *Folder) scenarioFile() string { return filepath.Join(f.dir, scenarioName) }

// JobDir returns the folder of a job.
func (f *Folder) JobDir(job int) string {
	index, again := f.sweep.place(job)
	name := fmt.Sprintf("%06d-%s", index, slug(f.sweep.Points[index].ID))
	if again {
		name += ".again"
	}
	return filepath.Join(f.dir, "points", name)
}

// Outcome reads how a job ended; ok is false if it is not there yet.
func (f *Folder) Outcome(job int) (o Outcome, ok bool, err error) {
	name := filepath.Join(f.JobDir(job), "result.json")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return o, false, nil
	}
	if err != nil {
		return o, false, fmt.Errorf("read an outcome: %w", err)
	}
	if err := strictJSON(text, &o); err != nil {
		return o, false, fmt.Errorf("%s: %w; delete the folder to run this point again", name, err)
	}
	if o.Sweep != f.sweep.ID() || o.Job != job {
		return o, false, fmt.Errorf("%s is of job %d of the sweep %s (build %s), not of job %d of %s (build %s): it was copied here by mistake; delete the folder",
			name, o.Job, o.Sweep, o.Build, job, f.sweep.ID(), f.sweep.Build)
	}
	return o, true, nil
}

// Outcomes reads all that is there, in the order of the jobs.
func (f *Folder) Outcomes() ([]Outcome, error) {
	var all []Outcome
	for job := range f.sweep.Jobs() {
		o, ok, err := f.Outcome(job)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, o)
		}
	}
	return all, nil
}

// Save writes the folder of a job: its outcome, and what fill puts into run/.
// A job that has a folder keeps it.
func (f *Folder) Save(o Outcome, fill func(dir string) error) (err error) {
	partial, err := f.partial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(partial)) }()
	if fill != nil {
		if err := fill(filepath.Join(partial, "run")); err != nil {
			return fmt.Errorf("keep the run of point %q: %w", o.ID, err)
		}
	}
	return f.settle(partial, o)
}

// partial makes the folder of a job that is under way, with an empty run/ in it.
func (f *Folder) partial() (string, error) {
	dir, err := os.MkdirTemp(filepath.Join(f.dir, "points"), ".partial-")
	if err == nil {
		err = errors.Join(os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "run"), 0o755))
	}
	if err != nil {
		return "", fmt.Errorf("make a folder for a point: %w", err)
	}
	return dir, nil
}

// settle gives a folder that is under way its outcome and its name.
func (f *Folder) settle(partial string, o Outcome) error {
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the outcome of point %q: %w", o.ID, err)
	}
	if err := writeWhole(filepath.Join(partial, "result.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("write the outcome of point %q: %w", o.ID, err)
	}
	err = os.Rename(partial, f.JobDir(o.Job))
	if errors.Is(err, fs.ErrExist) {
		return nil // somebody was quicker, with the same result
	}
	return err
}

func (f *Folder) writePoints() error {
	var text bytes.Buffer
	if err := WritePoints(&text, f.sweep.Points); err != nil {
		return err
	}
	return writeWhole(filepath.Join(f.dir, "points.jsonl"), text.Bytes())
}

func readAbout(dir string) (a about, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "sweep.json"))
	if err != nil {
		return a, err
	}
	if err := strictJSON(text, &a); err != nil {
		return a, fmt.Errorf("%s: %w", filepath.Join(dir, "sweep.json"), err)
	}
	return a, nil
}

// writeWhole writes a file that a crash leaves either as it was or whole.
func writeWhole(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".partial-")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), name)
}

// slug makes an id fit for the name of a folder on every system.
func slug(id string) string {
	const most = 60
	s := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._=,+", r) {
			return r
		}
		return '-'
	}, id)
	return strings.TrimRight(s[:min(len(s), most)], ".")
}
