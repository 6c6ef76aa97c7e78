package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
)

// profileFlags ask where a command's time and memory go.
type profileFlags struct {
	CPU    string `name:"cpuprofile" placeholder:"FILE" help:"Write where the time goes, for go tool pprof."`
	Memory string `name:"memprofile" placeholder:"FILE" help:"Write where the memory is at the end, for go tool pprof."`
}

// start begins what the flags ask for. The function that it returns ends it and
// writes the files, which are made now: what cannot be is said before a run.
func (p *profileFlags) start() (stop func() error, err error) {
	var ends []func() error
	for _, f := range []struct {
		path  string
		begin func(*os.File) (end func() error, err error)
	}{{p.CPU, profileTime}, {p.Memory, profileMemory}} {
		if f.path == "" {
			continue
		}
		file, err := os.Create(f.path)
		if err != nil {
			return nil, fmt.Errorf("profile: %w", err)
		}
		end, err := f.begin(file)
		if err != nil {
			return nil, fmt.Errorf("profile: %w", errors.Join(err, file.Close()))
		}
		ends = append(ends, func() error { return errors.Join(end(), file.Close()) })
	}
	return func() (err error) {
		for _, end := range ends {
			err = errors.Join(err, end())
		}
		if err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		return nil
	}, nil
}

func profileTime(file *os.File) (end func() error, err error) {
	return func() error { pprof.StopCPUProfile(); return nil }, pprof.StartCPUProfile(file)
}

// profileMemory writes where the memory is at the end.
func profileMemory(file *os.File) (end func() error, err error) {
	return func() error {
		runtime.GC() // so that it holds what is alive
		return pprof.Lookup("allocs").WriteTo(file, 0)
	}, nil
}
