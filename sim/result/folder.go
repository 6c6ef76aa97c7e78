package result

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"syscall"

	"github.com/floormesh/floormesh/sim/internal/untrusted"
)

// Names of files of a folder that are not tables.
const (
	summaryFile  = "run.json"
	scenarioFile = "scenario.yaml"
	// ReportFile is the report in a folder. It can be made again from the rest.
	ReportFile = "report.html"
)

// A FolderError says what is wrong with a results folder, where, and what to do.
type FolderError struct {
	Place  string // a file, with a row or key where it is known
	Err    error
	Remedy string
}

func (e *FolderError) Error() string { return e.Place + ": " + e.Err.Error() }

func (e *FolderError) Unwrap() error { return e.Err }

// Hint returns what to do about it.
func (e *FolderError) Hint() string { return e.Remedy }

// Write writes a run to a folder: as a whole, or not at all. A folder
// that is there and not empty is only replaced if it holds results and replace says so.
func Write(dir string, r *Run, replace bool) error {
	made, err := begin(dir, replace)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(made) }() // gone already if all went well
	if err := os.Chmod(made, 0o755); err != nil {
		return unwritable(dir, err)
	}
	if err := fill(made, r); err != nil {
		return unwritable(dir, err)
	}
	if err := settle(made, dir); err != nil {
		return unwritable(dir, err)
	}
	return nil
}

// fill writes all files; run.json last, for it names the others.
func fill(dir string, r *Run) error {
	summary := r.Summary
	summary.Files = map[string]File{}
	write := func(name string, content func(io.Writer) error) error {
		f, err := create(filepath.Join(dir, name), content)
		if err != nil {
			return fmt.Errorf("%s: %w", name, untrusted.Cause(err))
		}
		summary.Files[name] = f
		return nil
	}
	scenario := func(w io.Writer) error { _, err := w.Write(r.Scenario); return err }
	if err := write(scenarioFile, scenario); err != nil {
		return err
	}
	if !r.Asked.Nothing() {
		for _, w := range r.Asked {
			w.Nodes = append([]Node{}, w.Nodes...) // a list in any case
			summary.EventLog = append(summary.EventLog, w)
		}
	}
	for _, t := range tables() {
		if !t.always && summary.EventLog == nil {
			continue
		}
		if err := write(t.file, func(w io.Writer) error { return t.write(w, r) }); err != nil {
			return err
		}
	}
	if _, err := create(filepath.Join(dir, summaryFile), func(w io.Writer) error { return writeSummary(w, &summary) }); err != nil {
		return fmt.Errorf("%s: %w", summaryFile, untrusted.Cause(err))
	}
	return nil
}

func writeSummary(w io.Writer, s *Summary) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(s)
}

// create writes one file, durably, and returns its size and hash.
func create(path string, content func(io.Writer) error) (File, error) {
	f, err := os.Create(path)
	if err != nil {
		return File{}, err
	}
	sum := sha256.New()
	err = content(io.MultiWriter(f, sum))
	size, seekErr := f.Seek(0, io.SeekCurrent)
	err = errors.Join(err, seekErr, f.Sync(), f.Close())
	return File{Bytes: size, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

// Replace writes one file, as a whole or not at all.
func Replace(path string, content func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("write %s: %w", path, syscall.EISDIR)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, untrusted.Cause(err))
	}
	err = errors.Join(content(f), f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		return nil
	}
	_ = os.Remove(f.Name())
	if why := untrusted.Cause(err); !errors.Is(why, err) { // of the system, about a file that is gone
		return fmt.Errorf("write %s: %w", path, why)
	}
	return err
}

// Read reads a folder that Write wrote, and refuses anything else.
func Read(dir string) (*Run, error) {
	r := &Run{}
	if err := readSummary(filepath.Join(dir, summaryFile), &r.Summary); err != nil {
		return nil, err
	}
	if err := r.Summary.validate(); err != nil {
		return nil, &FolderError{filepath.Join(dir, summaryFile), err, damaged}
	}
	path := filepath.Join(dir, scenarioFile)
	err := readFile(path, r.Summary.Files[scenarioFile], func(f *os.File, size int64) (err error) {
		if size > maxScenarioBytes {
			return fmt.Errorf("%d bytes, at most %d are read", size, maxScenarioBytes)
		}
		r.Scenario, err = io.ReadAll(f)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Asked = r.Summary.EventLog
	for _, t := range tables() {
		if !t.always && r.Summary.EventLog == nil {
			continue
		}
		path := filepath.Join(dir, t.file)
		err := readFile(path, r.Summary.Files[t.file], func(f *os.File, size int64) error { return t.read(f, size, r) })
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// damaged is the remedy for whatever was whole once.
const damaged = "the folder was changed or not copied whole: copy it again, or make it again by running its scenario with its seed"

// readSummary reads run.json. The schema is looked at first: another one may have other keys.
func readSummary(path string, s *Summary) error {
	text, err := untrusted.Read(path, maxSummaryBytes)
	if err != nil {
		return &FolderError{path, err, "name a folder that floorsim run wrote"}
	}
	var version struct {
		Schema *int   `json:"schema"`
		Build  string `json:"build"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		err = untrusted.Explain(text, err)
		return &FolderError{untrusted.Place(path, err), err, damaged}
	}
	if version.Schema == nil {
		return &FolderError{path, errors.New(`there is no "schema"`), "name a folder that floorsim run wrote"}
	}
	if *version.Schema != Schema {
		return &FolderError{
			path, fmt.Errorf("its schema is %d, this program reads %d", *version.Schema, Schema),
			fmt.Sprintf("use the build that wrote it, %q, or run its scenario again with this one", version.Build),
		}
	}
	if err := untrusted.JSON(text, s); err != nil {
		return &FolderError{untrusted.Place(path, err), err, damaged}
	}
	return nil
}

// validate refuses what no run can have left.
func (s *Summary) validate() error {
	switch {
	case len(s.Kinds) == 0 || len(s.Kinds) > maxKinds:
		return fmt.Errorf("%d kinds of messages", len(s.Kinds))
	case len(s.Roles) == 0 || len(s.Roles) > maxRoles:
		return fmt.Errorf("%d roles", len(s.Roles))
	case s.Duration < 0:
		return fmt.Errorf("a duration of %v", s.Duration)
	case s.Nodes <= 0 || s.Nodes > maxNodes:
		return fmt.Errorf("%d nodes", s.Nodes)
	case len(s.Faults) > maxFaults || len(s.Verdicts) > maxVerdicts:
		return fmt.Errorf("%d faults and %d verdicts, at most %d and %d", len(s.Faults), len(s.Verdicts), maxFaults, maxVerdicts)
	}
	return nil
}

// readFile checks size and hash of a file before anything looks into it.
func readFile(path string, want File, read func(f *os.File, size int64) error) error {
	f, _, err := untrusted.Open(path, math.MaxInt64)
	if err != nil {
		return &FolderError{path, err, damaged}
	}
	defer func() { _ = f.Close() }() // it was only read
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return &FolderError{path, untrusted.Cause(err), damaged}
	}
	if size != want.Bytes {
		return &FolderError{path, fmt.Errorf("it is %d bytes long, run.json says %d", size, want.Bytes), damaged}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want.SHA256 {
		return &FolderError{path, fmt.Errorf("its SHA-256 is %s, run.json says %s", got, want.SHA256), damaged}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := read(f, size); err != nil {
		return &FolderError{path, err, damaged}
	}
	return nil
}

// Export writes every table as a CSV file of the same name into a folder, and returns their paths.
func Export(dir string, r *Run) (paths []string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for _, t := range tables() {
		if !t.always && r.Asked.Nothing() {
			continue
		}
		path := filepath.Join(dir, t.file[:len(t.file)-len(".parquet")]+".csv")
		if err := Replace(path, func(w io.Writer) error { return t.csv(w, r) }); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}
