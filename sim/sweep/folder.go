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

	"github.com/floormesh/floormesh/sim/internal/untrusted"
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

// Open makes dir the folder of a sweep, or finds that it is already. It refuses a folder that
// holds anything else. Errors: *FolderError, *BuildError.
func Open(dir string, s *Sweep) (*Folder, error) {
	f := &Folder{dir: dir, sweep: s}
	there, err := readAbout(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err = f.begin(); err == nil {
			return f, nil
		}
		// Of several jobs that begin at a time, another may have been quicker than our look around.
		if again, absent := readAbout(dir); absent == nil {
			there, err = again, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return f, s.matches(dir, there)
}

// begin writes down what a sweep is, in a folder that is empty or where another began to.
func (f *Folder) begin() error {
	var points bytes.Buffer
	if err := WritePoints(&points, f.sweep.Points); err != nil {
		return fmt.Errorf("write down the points: %w", err)
	}
	s := f.sweep
	text, err := json.MarshalIndent(about{s.Name, s.ID(), s.Build, len(s.Points)}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", aboutName, err)
	}
	files := []struct {
		name string
		text []byte
	}{{scenarioName, []byte(s.Scenario)}, {pointsName, points.Bytes()}, {aboutName, append(text, '\n')}} // the last one makes it a sweep's
	own := map[string][]byte{}
	for _, file := range files {
		own[file.name] = file.text
	}
	if err := foreign(f.dir, own); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(f.dir, jobsName), 0o755); err != nil {
		return unwritable(f.dir, err)
	}
	for _, file := range files {
		if err := writeWhole(filepath.Join(f.dir, file.name), file.text); err != nil {
			return unwritable(f.dir, fmt.Errorf("%s: %w", file.name, untrusted.Cause(err)))
		}
	}
	return nil
}

// OpenAny opens the folder of whatever sweep dir holds.
func OpenAny(dir string) (*Folder, error) {
	there, err := readAbout(dir)
	if err != nil {
		return nil, noSweep(dir, err)
	}
	points, err := readPointsOf(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, scenarioName)
	scenario, err := untrusted.Read(path, maxScenarioBytes)
	if err != nil {
		return nil, &FolderError{path, err, damaged}
	}
	s, err := New(there.Name, there.Build, string(scenario), points)
	if err != nil {
		return nil, &FolderError{dir, err, damaged}
	}
	if s.ID() != there.ID {
		return nil, &FolderError{dir, fmt.Errorf("%s says %s, but %s makes it %s: one of them was changed", aboutName, there.ID, pointsName, s.ID()), damaged}
	}
	return &Folder{dir: dir, sweep: s}, nil
}

func readPointsOf(dir string) ([]Point, error) {
	path := filepath.Join(dir, pointsName)
	from, _, err := untrusted.Open(path, maxPoints*maxLineBytes)
	if err != nil {
		return nil, &FolderError{path, err, damaged}
	}
	points, err := ReadPoints(from)
	if err = errors.Join(err, from.Close()); err != nil {
		return nil, &FolderError{path, err, damaged}
	}
	return points, nil
}

// matches says in what another sweep in the same folder differs.
func (s *Sweep) matches(dir string, there about) error {
	switch {
	case there.ID == s.ID():
		return nil
	case there.Build != s.Build:
		return &BuildError{Where: dir, Want: there.Build, Have: s.Build, Remedy: "use that build, or give another folder with --out"}
	}
	return &FolderError{dir, fmt.Errorf("it holds another sweep, %q of %d points", there.Name, there.Points), "give another folder with --out, or the same scenario as before"}
}

// Dir returns the path of the folder.
func (f *Folder) Dir() string { return f.dir }

// Sweep returns whose folder it is.
func (f *Folder) Sweep() *Sweep { return f.sweep }

// QueueDir is where an embedded server of this sweep keeps its streams.
func (f *Folder) QueueDir() string { return filepath.Join(f.dir, "queue") }

// Names in a folder. scenarioName is what the text that the points were made of is called wherever
// jobs find it.
const (
	aboutName    = "sweep.json"
	scenarioName = "scenario.yaml"
	pointsName   = "points.jsonl"
	jobsName     = "points"
	partialName  = ".partial-" // begins the name of what is under way
)

func (f *Folder) scenarioFile() string { return filepath.Join(f.dir, scenarioName) }

// JobDir returns the folder of a job.
func (f *Folder) JobDir(job int) string {
	index, again := f.sweep.place(job)
	name := fmt.Sprintf("%06d-%s", index, slug(f.sweep.Points[index].ID))
	if again {
		name += ".again"
	}
	return filepath.Join(f.dir, jobsName, name)
}

// Outcome reads how a job ended; ok is false if it is not there yet.
func (f *Folder) Outcome(job int) (o Outcome, ok bool, err error) {
	dir := f.JobDir(job)
	name := filepath.Join(dir, "result.json")
	text, err := untrusted.Read(name, maxOutcomeBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return o, false, nil
	}
	remedy := "delete " + dir + " to run this point again"
	if err != nil {
		return o, false, &FolderError{name, err, remedy}
	}
	if err := strictJSON(text, &o); err != nil {
		return o, false, &FolderError{untrusted.Place(name, err), err, remedy}
	}
	if o.Sweep != f.sweep.ID() || o.Job != job {
		return o, false, &FolderError{name, fmt.Errorf("it is of job %d of the sweep %s (build %s), not of job %d of %s (build %s): it was copied here by mistake",
			o.Job, o.Sweep, o.Build, job, f.sweep.ID(), f.sweep.Build), "delete " + dir}
	}
	if err := o.validate(f.sweep.outcome(job)); err != nil {
		return o, false, &FolderError{name, err, remedy}
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
	dir, err := os.MkdirTemp(filepath.Join(f.dir, jobsName), partialName)
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

// readAbout reads what sweep a folder holds; the error of one that holds none is fs.ErrNotExist.
func readAbout(dir string) (a about, err error) {
	path := filepath.Join(dir, aboutName)
	text, err := untrusted.Read(path, maxAboutBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return a, err
	}
	if err != nil {
		return a, &FolderError{path, err, "name a folder"}
	}
	if err := strictJSON(text, &a); err != nil {
		return a, &FolderError{untrusted.Place(path, err), err, damaged}
	}
	return a, nil
}

// writeWhole writes a file that a crash leaves either as it was or whole.
func writeWhole(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), partialName)
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
