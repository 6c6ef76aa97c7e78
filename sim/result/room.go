package result

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/floormesh/floormesh/sim/internal/untrusted"
)

// Room finds out whether Write could write to a folder now, before a run takes hours.
func Room(dir string, replace bool) error {
	made, err := begin(dir, replace)
	if err != nil {
		return err
	}
	_, err = create(filepath.Join(made, "probe"), func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(make([]byte, probeBytes)))
		return err
	})
	if err = errors.Join(err, os.RemoveAll(made)); err != nil {
		return unwritable(dir, err)
	}
	return nil
}

// begin makes the folder in which files are written until they are whole. It lies beside dir, where it
// can take its name; or in dir, if that is there and empty: then it may be where a disk is
// mounted, or where somebody's shell is, so that nothing can take its place.
func begin(dir string, replace bool) (made string, err error) {
	empty, err := room(dir, replace)
	if err != nil {
		return "", err
	}
	parent := dir
	if !empty {
		parent = filepath.Dir(filepath.Clean(dir))
		err = os.MkdirAll(parent, 0o755)
	}
	if err == nil {
		made, err = os.MkdirTemp(parent, "."+filepath.Base(dir)+"-")
	}
	if err != nil {
		return "", unwritable(dir, err)
	}
	return made, nil
}

// unwritable says that a folder cannot be written, and why.
func unwritable(dir string, err error) error {
	return &FolderError{dir, fmt.Errorf("it cannot be written: %w", untrusted.Cause(err)), "name a folder that can be written, on a disk with room"}
}

// room reports whether a folder may be written to dir, and whether an empty one is there.
func room(dir string, replace bool) (empty bool, err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, &FolderError{dir, untrusted.Cause(err), "name a folder that does not exist yet"}
	case len(entries) == 0:
		return true, nil
	}
	if _, err := os.Stat(filepath.Join(dir, summaryFile)); err != nil {
		return false, &FolderError{dir, errors.New("there is something that is not a results folder"), "name a folder that does not exist yet"}
	}
	if !replace {
		return false, &FolderError{dir, errors.New("there are results already"), "name another folder with --out, or take the place of these with --replace"}
	}
	return false, nil
}

// settle moves what is finished to its place. What was there goes away last.
func settle(made, dir string) error {
	if filepath.Dir(made) == filepath.Clean(dir) {
		return unpack(made, dir)
	}
	old := made + ".old"
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(made, dir); err != nil {
		return errors.Join(err, os.Rename(old, dir))
	}
	return os.RemoveAll(old)
}

// unpack moves all files of a folder up into the one that it lies in, or none.
func unpack(made, dir string) error {
	entries, err := os.ReadDir(made)
	if err != nil {
		return err
	}
	// run.json comes last: without it the others are no results.
	if i := slices.IndexFunc(entries, func(e fs.DirEntry) bool { return e.Name() == summaryFile }); i >= 0 {
		entries = append(slices.Delete(slices.Clone(entries), i, i+1), entries[i])
	}
	for i, e := range entries {
		if err := os.Rename(filepath.Join(made, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			for _, moved := range entries[:i] {
				err = errors.Join(err, os.Remove(filepath.Join(dir, moved.Name())))
			}
			return err
		}
	}
	return os.Remove(made)
}
