package cli

import (
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
// writes the files.
func (p *profileFlags) start() (stop func() error, err error) {
	if p.CPU == "" {
		return p.heap, nil
	}
	file, err := os.Create(p.CPU)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("profile: %w", err)
	}
	return func() error {
		pprof.StopCPUProfile()
		if err := file.Close(); err != nil {
			return fmt.Errorf("profile: %w", err)
		}
		return p.heap()
	}, nil
}

// heap writes where the memory is now.
func (p *profileFlags) heap() error {
	if p.Memory == "" {
		return nil
	}
	file, err := os.Create(p.Memory)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	runtime.GC() // so that it holds what is alive
	if err := pprof.Lookup("allocs").WriteTo(file, 0); err != nil {
		_ = file.Close()
		return fmt.Errorf("profile: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return nil
}
