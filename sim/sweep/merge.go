package sweep

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Merge copies into f the jobs of another folder of the same sweep that f does
// not have, and returns how many. Jobs that both have must agree.
func (f *Folder) Merge(from *Folder) (copied int, err error) {
	if err := f.sweep.matches(f.dir, about{from.sweep.Name, from.sweep.ID(), from.sweep.Build, len(from.sweep.Points)}); err != nil {
		return 0, fmt.Errorf("merge %s: %w", from.dir, err)
	}
	for job := range f.sweep.Jobs() {
		theirs, there, err := from.Outcome(job)
		if err != nil {
			return copied, err
		}
		if !there {
			continue
		}
		ours, have, err := f.Outcome(job)
		if err != nil {
			return copied, err
		}
		if have {
			if d, differ := compare(&ours, &theirs); differ {
				return copied, fmt.Errorf("%v; they are in %s and %s", d, f.JobDir(job), from.JobDir(job))
			}
			continue
		}
		if err := f.Save(theirs, func(dir string) error { return copyTree(filepath.Join(from.JobDir(job), "run"), dir) }); err != nil {
			return copied, err
		}
		copied++
	}
	return copied, nil
}

// copyTree copies into a folder that is there and empty.
func copyTree(from, to string) error {
	return errors.Join(os.Remove(to), os.CopyFS(to, os.DirFS(from)))
}
