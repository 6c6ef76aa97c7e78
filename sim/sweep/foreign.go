package sweep

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/floormesh/floormesh/sim/internal/untrusted"
)

// A FolderError says what is wrong with the folder of a sweep, where, and what to do.
type FolderError struct {
	Place  string // a folder or a file, with a line where it is known
	Err    error
	Remedy string
}

func (e *FolderError) Error() string { return e.Place + ": " + e.Err.Error() }

func (e *FolderError) Unwrap() error { return e.Err }

// Hint returns what to do about it.
func (e *FolderError) Hint() string { return e.Remedy }

// Remedies.
const (
	damaged   = "the folder was changed or not copied whole: copy it again, or run or emit the sweep into a new one"
	elsewhere = "give another folder with --out: one that is empty, does not exist yet, or holds this sweep"
)

// noSweep explains a folder that was to hold a sweep.
func noSweep(dir string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &FolderError{dir, errors.New("it holds no sweep: there is no " + aboutName), "name a folder that floorsim sweep run, serve, emit or point has made"}
}

// unwritable says that a folder cannot be written, and why.
func unwritable(dir string, err error) error {
	return &FolderError{dir, fmt.Errorf("it cannot be written: %w", untrusted.Cause(err)), "give a folder with --out that can be written, on a disk with room"}
}

// foreign refuses a folder that holds anything but what a process leaves that began the same sweep here
// and was killed: some of its files with the same text, and no job.
func foreign(dir string, own map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &FolderError{dir, untrusted.Cause(err), elsewhere}
	}
	refuse := func(name string) error {
		return &FolderError{dir, fmt.Errorf("there is something that is not of this sweep: %s", name), elsewhere}
	}
	for _, e := range entries {
		if e.Name() == "run.json" {
			return &FolderError{dir, errors.New("it holds the results of one run"), elsewhere}
		}
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch text, is := own[e.Name()]; {
		case strings.HasPrefix(e.Name(), partialName):
		case is:
			if there, err := untrusted.Read(path, int64(len(text))); err != nil || !bytes.Equal(there, text) {
				return refuse(e.Name())
			}
		case e.Name() == jobsName && e.IsDir():
			if jobs, err := os.ReadDir(path); err != nil || len(jobs) > 0 {
				return refuse(e.Name() + string(filepath.Separator))
			}
		default:
			return refuse(e.Name())
		}
	}
	return nil
}
