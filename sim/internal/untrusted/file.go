// Package untrusted reads files that may hold anything: what was copied in part, made by another
// program, or meant to do harm. It opens nothing that has no end, reads no more than it is told, and
// says in words what is wrong and where.
package untrusted

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Open opens a file for reading, if it is one and not larger than most bytes. A pipe or a device is refused
// before it is opened: it might never answer. Errors do not repeat the path.
func Open(path string, most int64) (f *os.File, size int64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, Cause(err)
	}
	switch {
	case info.IsDir():
		return nil, 0, errors.New("it is a folder, not a file")
	case !info.Mode().IsRegular():
		return nil, 0, errors.New("it is a pipe or a device, not a file")
	case info.Size() > most:
		return nil, 0, fmt.Errorf("it has %d bytes, at most %d are read", info.Size(), most)
	}
	f, err = os.Open(path)
	return f, info.Size(), Cause(err)
}

// Read reads a file of at most so many bytes.
func Read(path string, most int64) ([]byte, error) {
	f, _, err := Open(path, most)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, most))
	return text, Cause(err)
}

// Cause is an error of the system without the path, which may be one that nobody asked for.
func Cause(err error) error {
	if e, is := errors.AsType[*fs.PathError](err); is {
		return e.Err
	}
	if e, is := errors.AsType[*os.LinkError](err); is {
		return e.Err
	}
	return err
}
