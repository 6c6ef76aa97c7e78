package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/floormesh/floormesh/sim/internal/untrusted"
)

// A refuge keeps what took long to make and cannot be written where it was asked for: a disk that
// was empty enough at the start may be full hours later.
type refuge struct {
	name string // of the folder for it, after "floorsim-" and before a number
	talk io.Writer
	in   *bufio.Reader // of a person who can be asked; nil: there is none
}

// newRefuge returns a refuge that asks whoever sits at the terminal, if somebody does.
func newRefuge(s streams, name string) *refuge {
	r := &refuge{name: name, talk: s.talk}
	if f, is := s.in.(*os.File); is && terminal(f) {
		r.in = bufio.NewReader(f)
	}
	return r
}

// keep calls write with a folder until it succeeds: with dir, then with a new one among the temporary
// ones, then with what a person names. place is where it is at last, "" if nowhere. An error with a
// place says why it is not dir.
func (r *refuge) keep(dir string, write func(dir string) error) (place string, err error) {
	err = write(dir)
	if err == nil {
		return dir, nil
	}
	place, second := r.temporary(write)
	if second == nil {
		return place, &hinted{err, fmt.Sprintf("all of it is in %s; move that folder to a place that lasts", place)}
	}
	second = fmt.Errorf("nor in %s: %w", os.TempDir(), second)
	for r.in != nil {
		fmt.Fprintf(r.talk, "floorsim: %v; %v\nfloorsim: make room and press Enter to try again, or name another folder; end of input gives up: ", err, second)
		line, ended := r.in.ReadString('\n')
		if ended != nil {
			break
		}
		next := strings.TrimSpace(line)
		if next == "" || next == dir {
			if err = write(dir); err == nil {
				return dir, nil
			}
			continue
		}
		if second = write(next); second == nil {
			return next, nil
		}
	}
	return "", &hinted{
		fmt.Errorf("%w; %w", err, second),
		"make room, or set TMPDIR to a folder on a disk that has some; the same command gives the same again",
	}
}

// temporary writes to a new folder among the temporary ones.
func (r *refuge) temporary(write func(dir string) error) (place string, err error) {
	place, err = os.MkdirTemp("", "floorsim-"+r.name+"-")
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.Chmod(place, 0o755), write(place)); err != nil { //nolint:gosec // as private as any results
		return "", errors.Join(err, os.RemoveAll(place))
	}
	return place, nil
}

// writable finds out whether a folder, or the nearest one above it that is there, can be written to,
// before a search takes hours. It leaves nothing there.
func writable(dir string) error {
	at := filepath.Clean(dir)
	for !exists(at) && filepath.Dir(at) != at {
		at = filepath.Dir(at)
	}
	probe, err := os.MkdirTemp(at, ".floorsim-")
	if err == nil {
		err = os.Remove(probe)
	}
	if err == nil {
		return nil
	}
	return &hinted{fmt.Errorf("%s: it cannot be written: %w", dir, untrusted.Cause(err)), "name a folder that can be"}
}
